"""Where we are: in which run, at which attempt. A loop nested there is charged to it and must not block it."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar, Token
from typing import Final

from modulo.events import BudgetSettled
from modulo.ledger import Ledger

__all__ = ["At", "Place", "active_ledger", "active_place"]


class Place:
    """A place in a run.

    Attributes:
        ledger: The books of the run.
        report: Takes what loops nested here spend; None if nobody listens.
        attempt: The attempt at work; None between attempts.
        holds_a_call: Whether we are inside of a call to a generator. It holds a reservation, so whoever is
            nested in it must not wait for others to settle: they may wait for us.
    """

    __slots__ = ("attempt", "holds_a_call", "ledger", "report")

    def __init__(
        self,
        ledger: Ledger,
        report: Callable[[int, BudgetSettled], None] | None,
        attempt: int | None = None,
        holds_a_call: bool = False,
    ) -> None:
        self.ledger = ledger
        self.report = report
        self.attempt = attempt
        self.holds_a_call = holds_a_call

    def at(self, attempt: int) -> At:
        """``with place.at(attempt)``: the block is at one of the run's attempts."""
        return At(Place(self.ledger, self.report, attempt, self.holds_a_call))

    def in_a_call(self, attempt: int) -> At:
        """``with place.in_a_call(attempt)``: the block is in a call to a generator, for that attempt."""
        return At(Place(self.ledger, self.report, attempt, True))


_PLACE: Final[ContextVar[Place | None]] = ContextVar("modulo_place", default=None)


def active_place() -> Place | None:
    """The place in a run that the code calling this is part of, if any."""
    return _PLACE.get()


def active_ledger() -> Ledger | None:
    """The ledger of the run that the code calling this is part of, if any."""
    place = _PLACE.get()
    return place.ledger if place else None


class At:
    """``with At(place)``: the block is at that place."""

    __slots__ = ("_place", "_token")

    def __init__(self, place: Place) -> None:
        self._place = place

    def __enter__(self) -> None:
        self._token: Token[Place | None] = _PLACE.set(self._place)

    def __exit__(self, *raised: object) -> None:
        _PLACE.reset(self._token)
