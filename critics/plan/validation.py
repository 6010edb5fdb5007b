"""Judges plan texts: the one entrance to the validator that all critics use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import islice
from typing import Final, Literal

from msgspec import Struct

from modulo.canonical import JsonValue
from modulo.critics.plan.carrying_out import carry_out_all
from modulo.critics.plan.hinting import Hinter
from modulo.critics.plan.pddl.printing import number_text
from modulo.critics.plan.pddl.syntax import Exact
from modulo.critics.plan.plan_text import PlanStep, read_plan
from modulo.critics.plan.settings import exact_setting
from modulo.critics.plan.state import State
from modulo.critics.plan.task import Task
from modulo.critics.plan.timeline import carry_out_timed, needs_times
from modulo.critics.plan.undetermined import TooMuchWork
from modulo.critique import Violation, malformed_critique
from modulo.errors import ConfigurationError

__all__ = ["DEFAULT_LIMITS", "Limits", "Validation", "malformed_plan", "validate"]

_MAX_VIOLATIONS: Final = 100


class Limits(Struct, frozen=True, kw_only=True):
    """Settings that verdicts depend on.

    Attributes:
        epsilon: How far apart happenings that interfere with each other must be.
        max_evaluations: How much work judging one plan may take; beyond, nothing is decided.
    """

    epsilon: Exact = Fraction(1, 1000)
    max_evaluations: int = 20_000_000

    @classmethod
    def of(cls, owner: str, epsilon: int | str | Fraction, max_evaluations: int) -> Limits:
        """Limits that a critic was given.

        Raises:
            ConfigurationError: They make no sense.
        """
        exact_epsilon = exact_setting(owner, "epsilon", epsilon)
        if exact_epsilon <= 0:
            raise ConfigurationError(f"{owner}: epsilon must be above 0, not {epsilon!r}")
        if type(max_evaluations) is not int or max_evaluations < 1:
            raise ConfigurationError(
                f"{owner}: max_evaluations is a whole number from 1 on, not {max_evaluations!r}"
            )
        return cls(epsilon=exact_epsilon, max_evaluations=max_evaluations)

    def options(self) -> Mapping[str, JsonValue]:
        """As they stand in certificates."""
        return {"epsilon": number_text(self.epsilon), "max_evaluations": self.max_evaluations}


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
    task: Task,
    text: str,
    *,
    limits: Limits = DEFAULT_LIMITS,
    reports: Literal["first", "all"] = "first",
    hints: bool = False,
) -> Validation:
    """Judge a plan text.

    Args:
        task: The problem.
        text: The plan.
        limits: Settings that the verdict depends on.
        reports: Whether to end at the first step that fails or to go on as if it had worked.
        hints: Whether violations carry hints.
    """
    try:
        steps = read_plan(text)
    except ValueError as error:
        return Validation(violations=(malformed_plan(error),))
    except TooMuchWork as error:
        return Validation(undecided=str(error))
    violations: list[Violation] = []
    state = task.start(limits.max_evaluations)
    hinter = Hinter(task, steps) if hints else None
    try:
        # Taken one by one, since those that were found before the work became too much are kept.
        for violation in islice(
            _faults(task, steps, state, limits, hinter, first_only=reports == "first"), _MAX_VIOLATIONS
        ):
            violations.append(violation)  # noqa: PERF402
    except TooMuchWork as error:
        if not violations:
            return Validation(undecided=str(error), steps=tuple(steps))
    return Validation(violations=tuple(violations), state=state, steps=tuple(steps))


def malformed_plan(found: object) -> Violation:
    """The violation of an answer that is no plan.

    Args:
        found: Why its text cannot be read, or the answer that is no text.
    """
    if isinstance(found, ValueError):
        return malformed_critique(found, critic="").violations[0]
    return Violation("malformed_plan", "The answer is not a text.", actual=type(found).__name__)


def _faults(
    task: Task,
    steps: Sequence[PlanStep],
    state: State,
    limits: Limits,
    hinter: Hinter | None,
    *,
    first_only: bool,
) -> Iterator[Violation]:
    if needs_times(task, steps):
        return carry_out_timed(task, steps, state, limits.epsilon, first_only=first_only)
    return carry_out_all(task, steps, state, hinter, first_only=first_only)
