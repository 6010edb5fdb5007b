"""Judges plans whose steps follow one another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from modulo.critics.plan.explaining import supposing
from modulo.critics.plan.hinting import Hinter
from modulo.critics.plan.plan_text import PlanStep
from modulo.critics.plan.state import State
from modulo.critics.plan.stepping import carry_out, force, goal_faults, step_faults
from modulo.critics.plan.task import Task
from modulo.critique import Violation

__all__ = ["carry_out_all"]


def carry_out_all(
    task: Task, steps: Sequence[PlanStep], state: State, hinter: Hinter | None, *, first_only: bool
) -> Iterator[Violation]:
    """Carry out a plan and say what fails.

    Args:
        task: The problem.
        steps: The plan.
        state: The state at the beginning; it is changed.
        hinter: Gives hints, if they are wanted.
        first_only: Whether to end at the first step that fails. Otherwise its effects are applied all the same,
            where they can be, and later violations say so.

    Raises:
        TooMuchWork: Judging takes more than is allowed.
    """
    at = carry_out(task, steps, state)
    after = None
    while at is not None:
        faults = step_faults(task, steps[at], at, state)
        yield from _supposing(after, hinter.hinted(faults, state, at) if hinter else faults)
        if first_only:
            return
        after = at if after is None else after
        force(task, steps[at], state)
        at = carry_out(task, steps, state, at + 1)
    state.time = len(steps)
    faults = goal_faults(task, state)
    yield from _supposing(after, hinter.hinted(faults, state, None) if hinter else faults)


def _supposing(failed: int | None, faults: list[Violation]) -> list[Violation]:
    if failed is None:
        return faults
    return [supposing(fault, f"step {failed + 1}") for fault in faults]
