"""The domain."""

from __future__ import annotations

import random
from typing import Final

from modulo.critics.plan import PddlProblem
from modulo.domains.planning import PlanningDomain, plain_prompt
from modulo.domains.planning.blocks import generate
from modulo.domains.planning.specimens import PlanSpecimens

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

    def specimens(self) -> PlanSpecimens:
        """Switches and blocks."""
        return PlanSpecimens(_drawn)


def _drawn(rng: random.Random) -> tuple[PddlProblem, str]:
    if rng.random() < 0.5:
        return generate(blocks=rng.randint(2, 4), seed=rng.randrange(2**32))
    names = [f"s{number}" for number in range(rng.randint(2, 6))]
    wanted = rng.sample(names, rng.randint(1, len(names)))
    problem = (
        f"(define (problem switches-{len(names)}) (:domain switches) (:objects {' '.join(names)})\n"
        f"  (:init {' '.join(f'(off {name})' for name in names)})\n"
        f"  (:goal (and {' '.join(f'(on {name})' for name in wanted)})))\n"
    )
    return PddlProblem(_EXAMPLE_DOMAIN, problem), "\n".join(f"(turn-on {name})" for name in wanted)


DOMAIN = PddlDomain()
