"""Which orders of the cities meet all constraints: an exact search over sets of cities, for hints and proofs.

A day of travel counts for both cities, so the day of arrival in a city follows from which cities came before,
whatever their order. So it is enough to look at each pair of (cities so far, city now) once.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from msgspec import Struct

from modulo.domains.trip_planning.problem import TripProblem

__all__ = ["Search", "find_route"]

_MOST_STATES: Final = 200_000
"""Pairs that are looked at; the benchmark's largest problems have at most 5,120."""


class Search(Struct, frozen=True):
    """What a search came to.

    Attributes:
        route: All cities in an order that meets every constraint; None if none was found.
        kept: With how many of the given cities it begins.
        is_complete: Whether there is none if none was found; otherwise the search was given up.
    """

    route: tuple[str, ...] | None
    kept: int = 0
    is_complete: bool = True


class _GaveUp(Exception):
    pass


class _Routes:
    """What can still be done from each point of a trip."""

    def __init__(self, problem: TripProblem) -> None:
        self._visits = [(visit.city, visit) for visit in problem.visits]
        self._numbers = {city: number for number, (city, _) in enumerate(self._visits)}
        self._next = [
            [there for there, (other, _) in enumerate(self._visits) if (city, other) in problem.flights]
            for city, _ in self._visits
        ]
        self._all = (1 << len(self._visits)) - 1
        nights = sum(visit.days - 1 for visit in problem.visits)
        self._fits = nights + 1 == problem.days
        self._known: dict[tuple[int, int], tuple[int, ...] | None] = {}

    def finish(self, start: Sequence[str]) -> tuple[str, ...] | None:
        """A whole route that begins with some cities; None if there is none."""
        numbers = [self._numbers.get(city, -1) for city in start]
        if not self._fits or -1 in numbers or len(set(numbers)) < len(numbers):
            return None
        seen, day = 0, 1
        for before, number in zip([-1, *numbers], numbers, strict=False):
            if (before >= 0 and number not in self._next[before]) or not self._keeps(number, day):
                return None
            seen |= 1 << number
            day += self._visits[number][1].days - 1
        rest = self._rest(seen, numbers[-1] if numbers else -1, day)
        return None if rest is None else (*start, *(self._visits[number][0] for number in rest))

    def _rest(self, seen: int, now: int, day: int) -> tuple[int, ...] | None:
        """The cities after those seen, of which the latest is left on a day; None if there is no way."""
        if seen == self._all:
            return ()
        if (seen, now) not in self._known:
            if len(self._known) >= _MOST_STATES:
                raise _GaveUp
            self._known[seen, now] = self._search(seen, now, day)
        return self._known[seen, now]

    def _search(self, seen: int, now: int, day: int) -> tuple[int, ...] | None:
        for number in self._next[now] if now >= 0 else range(len(self._visits)):
            if seen >> number & 1 or not self._keeps(number, day):
                continue
            rest = self._rest(seen | 1 << number, number, day + self._visits[number][1].days - 1)
            if rest is not None:
                return (number, *rest)
        return None

    def _keeps(self, number: int, arrival: int) -> bool:
        visit = self._visits[number][1]
        departure = arrival + visit.days - 1
        return all(one.is_kept(arrival, departure) for one in visit.appointments)


@lru_cache(maxsize=8)
def _routes(problem: TripProblem) -> _Routes:
    """The routes of a problem; what is found out about them serves the next question.

    Few are kept: those of the largest problems that are searched take some 40 MB each.
    """
    return _Routes(problem)


def find_route(problem: TripProblem, start: Sequence[str] = (), *, least: int | None = None) -> Search:
    """An order of the cities that meets every constraint and begins with some of them.

    Args:
        problem: The problem.
        start: The cities to begin with, in their order.
        least: How many of them must be kept, where no route begins with all; None keeps all.
    """
    known = _routes(problem)
    try:
        for kept in range(len(start), (len(start) if least is None else least) - 1, -1):
            if route := known.finish(start[:kept]):
                return Search(route, kept)
    except _GaveUp:
        return Search(None, is_complete=False)
    return Search(None)
