"""Short ways to judge plans in tests."""

from __future__ import annotations

from typing import Any

from modulo.critics.plan import PddlProblem, PlanValidator
from modulo.critique import Critique

__all__ = ["codes", "domain", "judge", "problem", "verdict"]


def domain(body: str, requirements: str = "") -> str:
    """A domain with some sections."""
    return f"(define (domain d) {requirements} {body})"


def problem(init: str = "", goal: str = "(and)", objects: str = "", rest: str = "") -> str:
    """A problem with some sections."""
    return f"(define (problem p) (:domain d) (:objects {objects}) (:init {init}) (:goal {goal}) {rest})"


def judge(domain_pddl: str, problem_pddl: str, plan: object, **settings: Any) -> Critique:
    """What the validator says of a plan."""
    validator = PlanValidator(**{"reports": "all", **settings})
    return validator.critique(PddlProblem(domain_pddl, problem_pddl), plan)  # type: ignore[arg-type]


def verdict(domain_pddl: str, problem_pddl: str, plan: object, **settings: Any) -> str:
    """Its verdict alone."""
    return judge(domain_pddl, problem_pddl, plan, **settings).verdict.value


def codes(domain_pddl: str, problem_pddl: str, plan: object, **settings: Any) -> list[str]:
    """The kinds of its violations; none if it accepts."""
    critique = judge(domain_pddl, problem_pddl, plan, **settings)
    assert critique.reason is None
    return [violation.code for violation in critique.violations]
