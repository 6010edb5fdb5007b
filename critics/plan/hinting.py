"""Puts hints on violations of plans without times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from msgspec.structs import replace

from modulo.critics.plan.achieving import achievers, repair
from modulo.critics.plan.plan_text import PlanStep
from modulo.critics.plan.state import State
from modulo.critics.plan.stepping import unmet_of_goal, unmet_of_step
from modulo.critics.plan.task import Task
from modulo.critics.plan.undetermined import TooMuchWork
from modulo.critique import Violation

__all__ = ["Hinter"]

_MAX_HINTS: Final = 3
_NO_VARIABLES: Final[Mapping[str, str]] = {}


class Hinter:
    """Gives hints for one plan.

    Args:
        task: The problem.
        steps: The plan.
    """

    def __init__(self, task: Task, steps: Sequence[PlanStep]) -> None:
        self._task, self._steps = task, steps
        self._has_looked_for_repair = False

    def hinted(self, faults: Sequence[Violation], state: State, failed: int | None) -> list[Violation]:
        """Violations with a hint on the first one.

        Args:
            faults: What is wrong with one step, or with the goal.
            state: The state in which that was found.
            failed: The place of the step; None for the goal.
        """
        try:
            sentences = [*self._achievers(state, failed), *self._repair(state, failed)]
        except TooMuchWork:
            sentences = []  # hints must not cost the verdict
        if not faults or not sentences:
            return list(faults)
        return [replace(faults[0], hint=" ".join(sentences)), *faults[1:]]

    def _achievers(self, state: State, failed: int | None) -> list[str]:
        if failed is None:
            unmet, binding = unmet_of_goal(self._task, state), _NO_VARIABLES
        else:
            unmet, binding = unmet_of_step(self._task, self._steps[failed], state)
        found = [achievers(self._task, part, binding, state) for part in unmet[:_MAX_HINTS]]
        return [sentence for sentence in found if sentence is not None]

    def _repair(self, state: State, failed: int | None) -> list[str]:
        """A repair of the first fault: after that, nobody knows what the plan would be."""
        if self._has_looked_for_repair:
            return []
        self._has_looked_for_repair = True
        found = repair(self._task, self._steps, state, failed)
        return [] if found is None else [found]
