"""What each attempt of a run cost, as the run's events tell."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable

from msgspec.structs import replace

from modulo.budget import Usage
from modulo.events import BudgetSettled, Event, GenerationFinished
from modulo.trace import Trace

__all__ = ["AttemptBills", "TraceWithBills"]


class AttemptBills:
    """Adds up the bills of each attempt; it hears of every event.

    Attributes:
        answer: Of the calls that were made for its answer, those of tries that failed and after tools included.
        further: Of the calls after its answer: those of reformulators and critics that ask models.
        unconfirmed: Worst cases of such calls whose bill never came; the calls themselves are with the others.
    """

    def __init__(self) -> None:
        self.answer: defaultdict[int, Usage] = defaultdict(Usage)
        self.further: defaultdict[int, Usage] = defaultdict(Usage)
        self.unconfirmed: defaultdict[int, Usage] = defaultdict(Usage)
        self._answered: set[int] = set()

    def __call__(self, event: Event) -> None:
        """Hear of an event."""
        if isinstance(event, GenerationFinished):
            self._answered.add(event.attempt)
        elif isinstance(event, BudgetSettled):
            bills = self.further if event.attempt in self._answered else self.answer
            bills[event.attempt] += event.bill
            if event.unconfirmed is not None:
                self.unconfirmed[event.attempt] += replace(event.unconfirmed, calls=0)


class TraceWithBills(Trace):
    """A trace that adds up the bills of each attempt, and keeps no event in memory.

    Attributes:
        bills: What each attempt cost.
    """

    def __init__(self, path: str | os.PathLike[str] | None = None, *, keeps_answers: bool = False) -> None:
        super().__init__(path, keep=False, keeps_answers=keeps_answers)
        self.bills = AttemptBills()

    def sinks(self) -> tuple[Callable[[Event], None], ...]:
        """The functions that want every event.

        Raises:
            TraceError: As those of a trace.
        """
        return (*super().sinks(), self.bills)
