"""Where we are: in which run, at which attempt. A loop nested there is charged to it and must not block it."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar, Token
from typing import Final, TypeAlias

from modulo.budget import Usage
from modulo.events import BudgetReserved, BudgetSettled
from modulo.ledger import Ledger

__all__ = ["Place", "Report", "active_ledger", "active_place", "enter", "leave"]

Report: TypeAlias = Callable[[int, BudgetReserved | BudgetSettled], None]
"""Takes what happened to the books for an attempt."""


class Place:
    """A place in a run; ``with place:`` the block is there, or what runs between ``enter`` and ``leave``.

    Attributes:
        ledger: The books of the run.
        report: Takes what calls nested here set aside and spend; None if nobody listens.
        attempt: The attempt at work; None between attempts.
        holds_a_call: Whether we are inside of a call to a generator. It holds a reservation, so whoever is
            nested in it must not wait for others to settle: they may wait for us.
        overruns: The largest bills of this run above what was announced, by who was asked.
    """

    __slots__ = ("_token", "attempt", "holds_a_call", "ledger", "overruns", "report")

    def __init__(
        self,
        ledger: Ledger,
        report: Report | None,
        attempt: int | None = None,
        holds_a_call: bool = False,
        overruns: dict[str, Usage] | None = None,
    ) -> None:
        self.ledger = ledger
        self.report = report
        self.attempt = attempt
        self.holds_a_call = holds_a_call
        self.overruns = {} if overruns is None else overruns

    def at(self, attempt: int) -> Place:
        """The place of one of the run's attempts."""
        return Place(self.ledger, self.report, attempt, self.holds_a_call, self.overruns)

    def in_a_call(self, attempt: int) -> Place:
        """The place inside of a call to a generator, for that attempt."""
        return Place(self.ledger, self.report, attempt, True, self.overruns)

    def __enter__(self) -> None:
        self._token: Token[Place | None] = _PLACE.set(self)

    def __exit__(self, *raised: object) -> None:
        _PLACE.reset(self._token)


_PLACE: Final[ContextVar[Place | None]] = ContextVar("modulo_place", default=None)

# The two halves of ``with place:``, for what happens in every round: they are plain calls of C.
enter: Final = _PLACE.set
leave: Final = _PLACE.reset


def active_place() -> Place | None:
    """The place in a run that the code calling this is part of, if any."""
    return _PLACE.get()


def active_ledger() -> Ledger | None:
    """The ledger of the run that the code calling this is part of, if any."""
    place = _PLACE.get()
    return place.ledger if place else None
