"""Problems that several tests read plans by."""

from __future__ import annotations

from typing import Final

from modulo.critics.plan import PddlProblem
from modulo.domains.planning.blocks import DOMAIN_PDDL, generate

__all__ = ["BLOCKS", "NOTHING_TO_DO", "PLAN", "TEMPORAL"]

BLOCKS: Final = generate(blocks=3, seed=0)[0]
"""a stands on c; c is to stand on b."""

PLAN: Final = "(unstack a c)\n(put-down a)\n(pick-up c)\n(stack c b)"
"""A plan of BLOCKS."""

NOTHING_TO_DO: Final = PddlProblem(
    DOMAIN_PDDL,
    "(define (problem done) (:domain blocksworld-4ops) (:objects a)"
    " (:init (handempty) (ontable a) (clear a)) (:goal (ontable a)))",
)

TEMPORAL: Final = PddlProblem(
    """(define (domain lamps) (:requirements :durative-actions)
      (:predicates (on ?x) (off ?x))
      (:durative-action switch :parameters (?x) :duration (= ?duration 2)
        :condition (at start (off ?x)) :effect (and (at start (not (off ?x))) (at end (on ?x)))))""",
    "(define (problem two) (:domain lamps) (:objects a b) (:init (off a) (off b)) (:goal (and (on a) (on b))))",
)
