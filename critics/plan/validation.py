"""Judges plan texts: the one entrance to the validator that all critics use."""

from __future__ import annotations

from fractions import Fraction
from typing import Final, Literal

from msgspec import Struct

from modulo.critics.plan.carrying_out import carry_out_all
from modulo.critics.plan.plan_text import PlanStep, read_plan
from modulo.critics.plan.state import State
from modulo.critics.plan.syntax import Exact
from modulo.critics.plan.task import Task
from modulo.critics.plan.undetermined import TooMuchWork
from modulo.critique import Violation, malformed_critique

__all__ = ["DEFAULT_LIMITS", "Limits", "Validation", "validate"]


class Limits(Struct, frozen=True, kw_only=True):
    """Settings that verdicts depend on.

    Attributes:
        epsilon: How far apart happenings that touch each other must be.
        max_evaluations: How much work judging one plan may take; beyond, nothing is decided.
    """

    epsilon: Exact = Fraction(1, 1000)
    max_evaluations: int = 20_000_000


DEFAULT_LIMITS: Final = Limits()


class Validation(Struct, frozen=True, kw_only=True):
    """What the validator says of a plan.

    Attributes:
        violations: What is wrong; nothing is, if there are none and it is decided.
        undecided: Why nothing is decided, if so.
        state: The state at the end.
        steps: The steps.
    """

    violations: tuple[Violation, ...] = ()
    undecided: str | None = None
    state: State | None = None
    steps: tuple[PlanStep, ...] = ()

    @property
    def is_valid(self) -> bool:
        """Whether the plan is valid for sure."""
        return not self.violations and self.undecided is None


def validate(
    task: Task, text: str, *, limits: Limits = DEFAULT_LIMITS, reports: Literal["first", "all"] = "first"
) -> Validation:
    """Judge a plan text.

    Args:
        task: The problem.
        text: The plan.
        limits: Settings that the verdict depends on.
        reports: Whether to end at the first step that fails or to go on as if it had worked.
    """
    try:
        steps = read_plan(text)
    except ValueError as error:
        return Validation(violations=malformed_critique(error, critic="").violations)
    except TooMuchWork as error:
        return Validation(undecided=str(error))
    is_timed = any(step.time is not None or step.duration is not None for step in steps)
    if is_timed or task.domain.durative_actions or task.problem.timed_facts:
        return Validation(undecided="plans with times are not judged")
    violations: list[Violation] = []
    state = task.start(limits.max_evaluations)
    try:
        for violation in carry_out_all(task, steps, state, first_only=reports == "first"):
            violations.append(violation)
            if len(violations) == _MAX_VIOLATIONS:
                break
    except TooMuchWork as error:
        if not violations:
            return Validation(undecided=str(error), steps=tuple(steps))
    return Validation(violations=tuple(violations), state=state, steps=tuple(steps))


_MAX_VIOLATIONS: Final = 100
