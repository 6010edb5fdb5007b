"""The domain and its graph."""

from __future__ import annotations

from typing import Final

import modulo
from modulo.canonical import JsonValue
from modulo.critics.plan import PddlProblem, PlanValidator
from modulo.domain import Domain
from modulo.errors import ProblemError

__all__ = ["DOMAIN", "PddlDomain", "graph"]

_EXAMPLE_DOMAIN: Final = """(define (domain switches)
  (:requirements :strips)
  (:predicates (on ?x) (off ?x))
  (:action turn-on :parameters (?x) :precondition (off ?x) :effect (and (on ?x) (not (off ?x)))))
"""
_EXAMPLE_PROBLEM: Final = """(define (problem two-switches)
  (:domain switches)
  (:objects a b)
  (:init (off a) (off b))
  (:goal (and (on a) (on b))))
"""


def graph(generator: modulo.Generator) -> modulo.Graph:
    """Generator and ``PlanValidator``."""
    result = modulo.Graph("pddl", problem_type=PddlProblem)
    planner = result.generator("planner", generator, prompt=_prompt)
    result.critic("valid_plan", PlanValidator(), reads=planner, backprompts=planner)
    return result


class PddlDomain(Domain[PddlProblem]):
    """Problems are JSON (``domain_pddl``, ``problem_pddl``); answers are plans."""

    name = "pddl"
    summary = "a plan for a PDDL domain and problem"
    problem_type = PddlProblem

    def graph(self, generator: modulo.Generator) -> modulo.Graph:
        """The domain's graph around a generator."""
        return graph(generator)

    def example(self) -> PddlProblem:
        """Two switches."""
        return PddlProblem(_EXAMPLE_DOMAIN, _EXAMPLE_PROBLEM)

    def read_problem(self, document: JsonValue) -> PddlProblem:
        """The two texts.

        Raises:
            ProblemError: They are not there, or are no PDDL.
        """
        match document:
            case {"domain_pddl": str(domain), "problem_pddl": str(problem)} if len(document) == 2:
                return PddlProblem(domain, problem)
        raise ProblemError('a planning problem is {"domain_pddl": TEXT, "problem_pddl": TEXT}')

    def read_candidate(self, document: JsonValue, problem: PddlProblem) -> str:
        """The text of a plan.

        Raises:
            ValueError: It is no text.
        """
        if not isinstance(document, str):
            raise ValueError("a plan is a text")
        return document


def _prompt(problem: PddlProblem) -> str:
    return (
        "Find a plan. Answer with one action in parentheses a line and nothing else.\n\n"
        f"{problem.domain_pddl}\n\n{problem.problem_pddl}"
    )


DOMAIN = PddlDomain()
"""As entry points name it."""
