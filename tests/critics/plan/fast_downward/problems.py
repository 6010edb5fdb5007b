"""Small problems for planners."""

from __future__ import annotations

from modulo.critics.plan import PddlProblem

__all__ = ["IMPOSSIBLE", "SLIDES", "parity", "problem"]


def problem(
    actions: str,
    *,
    init: str,
    goal: str,
    predicates: str = "(p) (q) (r) (at ?x) (near ?x ?y)",
    domain: str = "",
    objects: str = "a b c",
    metric: str = "",
    requirements: str = "",
) -> PddlProblem:
    """A problem with some predicates and three objects."""
    requirements = f":adl :action-costs :derived-predicates :fluents {requirements}"
    return PddlProblem(
        f"(define (domain d) (:requirements {requirements})\n{domain}\n(:predicates {predicates})\n{actions})",
        f"(define (problem q) (:domain d) (:objects {objects}) (:init {init}) (:goal {goal}) {metric})",
    )


def parity(size: int) -> PddlProblem:
    """A problem without a plan: lights are switched two at a time, and one alone shall be on.

    Each light can be on, so no heuristic sees the reason. Half of 2 to the power of ``size`` states are reachable.
    """
    switch = "(when (at {0}) (not (at {0}))) (when (not (at {0})) (at {0}))"
    return problem(
        "(:action switch :parameters (?x ?y) :precondition (not (= ?x ?y))"
        f" :effect (and {switch.format('?x')} {switch.format('?y')}))",
        init="",
        goal="(and (at o0) (forall (?x) (or (= ?x o0) (not (at ?x)))))",
        objects=" ".join(f"o{n}" for n in range(size)),
    )


SLIDES = problem(
    "(:action move :parameters (?x ?y) :precondition (and (at ?x) (near ?x ?y)) :effect (and (at ?y) (not (at ?x))))",
    init="(at a) (near a b) (near b c)",
    goal="(at c)",
)
"""Two steps lead from a to c."""

IMPOSSIBLE = problem(
    "(:action move :parameters (?x ?y) :precondition (and (at ?x) (near ?x ?y)) :effect (and (at ?y) (not (at ?x))))",
    init="(at a) (near a b) (near b c)",
    goal="(and (at a) (at c))",
)
"""Nobody is at two places."""
