"""The critics of where: the benchmark's "Within Current City" and "Reasonable City Route"."""

from __future__ import annotations

from collections.abc import Iterator

import modulo
from modulo.critique import Violation
from modulo.domains.travel.alternatives import offer
from modulo.domains.travel.plan import Plan, is_given
from modulo.domains.travel.problem import TravelProblem
from modulo.domains.travel.reading import Way, cities_of, city_of, shown, visits, ways

__all__ = ["reasonable_city_route", "within_current_city"]


@modulo.critic(proves="every entry is in a city of its day")
def within_current_city(problem: TravelProblem, plan: Plan) -> Iterator[Violation]:
    """Judges whether the entries of a day fit its city (the benchmark's "Within Current City").

    **Sound for:** transportation goes between the two cities of its day, in this direction, and there is none on a
    day in one city; meals and attractions are in a city of the day; the accommodation is where the day ends.

    **Does not check:** the order of a day, such as breakfast in a city that is reached in the evening.
    """
    taken = frozenset(entry for day in plan for _, entry in visits(problem, day))
    for number, day in enumerate(plan, start=1):
        cities = cities_of(problem, day)
        if cities is None:
            what = shown(day.current_city)
            message = f"The current_city {what} of day {number} is neither 'City' nor 'from A to B'."
            yield Violation("unreadable_city", message, location=f"day {number}, current_city")
            continue
        for what, entry in visits(problem, day):
            if city_of(problem, entry) not in cities:
                hint = offer(problem, plan, number, what, taken)
                yield _elsewhere(number, what, entry, cities, hint)
        if is_given(day.accommodation) and city_of(problem, day.accommodation) != cities[-1]:
            hint = offer(problem, plan, number, "accommodation")
            yield _elsewhere(number, "accommodation", day.accommodation, cities[-1:], hint)
    for way in ways(problem, plan):
        yield from _misdirected(way, cities_of(problem, plan[way.number - 1]))


def _elsewhere(number: int, what: str, entry: str, cities: tuple[str, ...], hint: str | None) -> Violation:
    there = " or ".join(city[:80] for city in cities)
    message = f"The {what} {shown(entry)} of day {number} is not in {there}."
    return Violation("wrong_city", message, location=f"day {number}, {what}", expected=there, hint=hint)


def _misdirected(way: Way, cities: tuple[str, ...] | None) -> Iterator[Violation]:
    location = f"day {way.number}, transportation"
    if cities is not None and len(cities) == 1:
        message = (
            f"Day {way.number} is spent in {cities[0][:80]}, but has the transportation {shown(way.entry)}."
        )
        hint = f"write '-', or let the current_city of day {way.number} be 'from A to B'."
        yield Violation("needless_transportation", message, location=location, hint=hint)
    elif cities is None or way.leg is None or (way.leg.origin, way.leg.destination) != cities:
        message = (
            f"The transportation {shown(way.entry)} is not from one city of day {way.number} to the other."
        )
        expected = f"from {cities[0][:80]} to {cities[1][:80]}" if cities else None
        yield Violation("wrong_way", message, location=location, expected=expected)


@modulo.critic(proves="the route is a closed circle through different cities of the destination")
def reasonable_city_route(problem: TravelProblem, plan: Plan) -> Iterator[Violation]:
    """Judges the sequence of cities (the benchmark's "Reasonable City Route").

    **Sound for:** the first day leaves from the origin and the last one returns there, each day begins where the
    one before ended, every city between is one that may be visited, and none is visited twice.

    **Does not check:** the number of cities; whether there is a way to get there.
    """
    here = problem.origin
    left = {problem.origin}
    for number, day in enumerate(plan, start=1):
        cities = cities_of(problem, day)
        location = f"day {number}, current_city"
        if cities is None:
            yield Violation("unreadable_city", f"Day {number} names no city.", location=location)
            return
        for code, message in _misplaced(problem, cities, here, left, number, is_last=number == len(plan)):
            yield Violation(
                code, message, location=location, hint=_route_hint(problem, number, len(plan), here)
            )
        if len(cities) == 2:
            left.add(cities[0])
        here = cities[-1]
    if here != problem.origin:
        message = f"The trip ends in {here[:80]}, not in {problem.origin}."
        hint = f"let the last day be 'from {here[:80]} to {problem.origin}'."
        yield Violation("no_return", message, location=f"day {len(plan)}, current_city", hint=hint)


def _misplaced(
    problem: TravelProblem, cities: tuple[str, ...], here: str, left: set[str], number: int, *, is_last: bool
) -> Iterator[tuple[str, str]]:
    end = cities[-1][:80]
    if cities[0] != here:
        yield (
            "wrong_start",
            f"Day {number} begins in {cities[0][:80]}, but the day before ends in {here[:80]}."
            if number > 1
            else f"The trip begins in {cities[0][:80]}, not in {here}.",
        )
    if len(cities) == 1 and number == 1:
        yield "no_departure", f"Day 1 does not leave {problem.origin}."
    if is_last and cities[-1] == problem.origin:
        if len(cities) == 1:
            yield "no_travel", f"Day {number} is spent in {end}, without travelling there."
    elif cities[-1] not in problem.cities:
        yield "unknown_city", f"Day {number} ends in {end}, which is not in {problem.destination}."
    elif len(cities) == 2 and cities[-1] in left | {cities[0]}:
        yield "city_again", f"Day {number} goes to {end}, where the trip was before."


def _route_hint(problem: TravelProblem, number: int, days: int, here: str) -> str:
    if number == 1:
        return f"day 1 goes 'from {problem.origin} to' a city of {problem.destination}."
    if number == days:
        return f"the last day goes 'from {here[:80]} to {problem.origin}'."
    return f"day {number} is '{here[:80]}', or goes from there to a new city of {problem.destination}."
