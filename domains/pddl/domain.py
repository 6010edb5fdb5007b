"""The domain."""

from __future__ import annotations

from typing import Final

from modulo.critics.plan import PddlProblem
from modulo.domains.planning import PlanningDomain, plain_prompt

__all__ = ["DOMAIN", "PddlDomain"]

_EXAMPLE_DOMAIN: Final = """\
(define (domain switches)
  (:requirements :strips)
  (:predicates (on ?x) (off ?x))
  (:action turn-on :parameters (?x) :precondition (off ?x) :effect (and (on ?x) (not (off ?x)))))
"""
_EXAMPLE_PROBLEM: Final = """\
(define (problem two-switches)
  (:domain switches)
  (:objects a b)
  (:init (off a) (off b))
  (:goal (and (on a) (on b))))
"""


class PddlDomain(PlanningDomain):
    """Any planning problem in PDDL."""

    name = "pddl"
    summary = "a plan for a PDDL domain and problem"
    default_prompt = "pddl"

    def example(self) -> PddlProblem:
        """Two switches."""
        return PddlProblem(_EXAMPLE_DOMAIN, _EXAMPLE_PROBLEM)

    def natural_prompt(self, problem: PddlProblem) -> str:
        """What actions need and do, in words, and how to answer.

        Raises:
            ProblemError: Actions do more than make facts true or false.
        """
        return plain_prompt(problem)


DOMAIN = PddlDomain()
