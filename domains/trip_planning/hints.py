"""What to try next: the hints of violations."""

from __future__ import annotations

from collections.abc import Sequence

from modulo.domains.trip_planning.problem import TripProblem
from modulo.domains.trip_planning.routes import find_route

__all__ = ["next_step", "reachable"]


def reachable(problem: TripProblem, origin: str) -> str:
    """Where direct flights lead from a city; nothing for a city that is none of the problem's."""
    if origin not in problem.by_city:
        return ""
    there = [city for city in problem.by_city if (origin, city) in problem.flights]
    return (
        f"from {origin}, direct flights lead to {', '.join(there)}." if there else f"no flight leaves {origin}."
    )


def next_step(problem: TripProblem, cities: Sequence[str]) -> str | None:
    """How much of an order of cities can be kept, and which city to go on to from there.

    It is no more than one step of a plan, so that a hint does not give the whole answer away. None if the search
    for one was given up.
    """
    search = find_route(problem, cities[: len(problem.visits)], least=0)
    if search.route is not None:
        return _words(problem, search.route, search.kept)
    return "no order of the cities meets every constraint." if search.is_complete else None


def _words(problem: TripProblem, route: Sequence[str], kept: int) -> str:
    if kept == len(route):
        return "the order of the cities can stay as it is."
    day = 1 + sum(problem.by_city[city].days - 1 for city in route[:kept])
    if not kept:
        return f"begin in {route[0]}."
    return f"keep {' - '.join(route[:kept])} at the beginning, then fly to {route[kept]} on day {day}."
