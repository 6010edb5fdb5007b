"""Judges plan texts: the one entrance to the validator that all critics use."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import islice
from typing import Final, Literal

from msgspec import Struct

from modulo.critics.plan.carrying_out import carry_out_all
from modulo.critics.plan.plan_text import PlanStep, read_plan
from modulo.critics.plan.state import State
from modulo.critics.plan.syntax import Exact
from modulo.critics.plan.task import Task
from modulo.critics.plan.timeline import carry_out_timed
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
_MAX_VIOLATIONS: Final = 100


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
    violations: list[Violation] = []
    state = task.start(limits.max_evaluations)
    try:
        found = _faults(task, steps, state, limits, first_only=reports == "first")
        violations += islice(found, _MAX_VIOLATIONS)
    except TooMuchWork as error:
        if not violations:
            return Validation(undecided=str(error), steps=tuple(steps))
    return Validation(violations=tuple(violations), state=state, steps=tuple(steps))


def _faults(
    task: Task, steps: Sequence[PlanStep], state: State, limits: Limits, *, first_only: bool
) -> Iterator[Violation]:
    if not _needs_times(task, steps):
        return carry_out_all(task, steps, state, first_only=first_only)
    return carry_out_timed(task, steps, state, limits.epsilon, first_only=first_only)


def _needs_times(task: Task, steps: Sequence[PlanStep]) -> bool:
    """Whether the plan must be judged by its times: it gives some, or the problem is about times."""
    if task.problem.timed_facts:
        return True
    return any(step.time is not None or step.action in task.durative for step in steps)
