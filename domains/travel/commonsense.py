"""The benchmark's eight commonsense constraints, each a critic: what every sensible plan keeps to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import modulo
from modulo.critique import Critique, Violation
from modulo.domains.travel.alternatives import (
    accommodation_hint,
    attraction_hint,
    restaurant_hint,
    transportation_hint,
)
from modulo.domains.travel.facts import false_facts
from modulo.domains.travel.plan import MEALS, DayPlan, Plan, is_given, listed
from modulo.domains.travel.problem import TravelProblem
from modulo.domains.travel.reading import (
    Way,
    cities_of,
    city_of,
    flights_of,
    judged,
    normal,
    roads_of,
    shown,
    stays,
    visits,
    ways,
)

__all__ = [
    "complete_information",
    "diverse_attractions",
    "diverse_restaurants",
    "minimum_nights",
    "non_conflicting_transportation",
    "reasonable_city_route",
    "within_current_city",
    "within_sandbox",
]


_FORMS: Final = (
    "write 'Flight Number: F1234567, from A to B, Departure Time: 09:00, Arrival Time: 11:00', "
    "'Self-driving, from A to B' or 'Taxi, from A to B'."
)


@modulo.critic(proves="every flight, on its day, road and place of the plan is in the reference")
def within_sandbox(problem: TravelProblem, plan: Plan) -> Iterator[Violation]:
    """Judges whether everything that a plan names exists (the benchmark's "Within Sandbox").

    **Sound for:** every flight is in the reference with this number, way, day and times, and so are every way by car
    and every restaurant, attraction and accommodation, by their whole names. A duration, distance or cost that is
    stated for a car is at most a tenth off.

    **Does not check:** that there is time enough for it all, or that a table is free.
    """
    for way in ways(problem, plan):
        yield from _unknown_way(problem, way)
    taken = _visited(problem, plan)
    for number, day in enumerate(plan, start=1):
        for what, entry in visits(problem, day):
            known = problem.attractions if what == "attraction" else problem.restaurants
            if entry not in known:
                yield _unknown_place(problem, number, what, entry, taken)
    for stay in stays(problem, plan):
        if not stay.found:
            city = city_of(problem, stay.entry)
            hint = accommodation_hint(problem, city, stay.nights)
            yield _unknown("accommodation", stay.first_day, stay.entry, hint)


def _unknown_way(problem: TravelProblem, way: Way) -> Iterator[Violation]:
    location = f"day {way.number}, transportation"
    if way.leg is None:
        message = f"The transportation {shown(way.entry)} of day {way.number} has none of the known forms."
        yield Violation("unreadable_transportation", message, location=location, hint=_FORMS)
        return
    roads = roads_of(problem, way)
    if roads:
        yield from false_facts(way.leg, roads, way.number)
    elif not flights_of(problem, way):
        message = f"There is no {shown(way.entry)} on {way.date}, day {way.number}."
        hint = transportation_hint(problem, way.leg.origin, way.leg.destination, way.date)
        yield Violation("unknown_transportation", message, location=location, hint=hint)


def _unknown_place(
    problem: TravelProblem, number: int, what: str, entry: str, taken: frozenset[str]
) -> Violation:
    city = city_of(problem, entry)
    suggest = attraction_hint if what == "attraction" else restaurant_hint
    return _unknown(what, number, entry, suggest(problem, city, taken))


def _unknown(what: str, number: int, entry: str, hint: str | None) -> Violation:
    message = f"The {what} {shown(entry)} of day {number} is not in the given information."
    return Violation(f"unknown_{what}", message, location=f"day {number}, {what}", hint=hint)


def _visited(problem: TravelProblem, plan: Plan) -> frozenset[str]:
    return frozenset(entry for day in plan for _, entry in visits(problem, day))


@modulo.critic(proves="the plan has all days and cities, and leaves out nothing that they need")
def complete_information(problem: TravelProblem, plan: Plan) -> Iterator[Violation]:
    """Judges whether a plan is complete (the benchmark's "Complete Information").

    **Sound for:** the plan has exactly the days of the trip, numbered from 1, and visits the number of cities that
    is asked for; a day of travel has its transportation, any other three meals and an attraction, and every night
    but the last day's an accommodation.

    **Does not check:** that what is there is true. On days of travel, meals and attractions may be left out.
    """
    if len(plan) != problem.days:
        message = f"The plan has {len(plan)} days, the trip {problem.days}."
        yield Violation("wrong_days", message, expected=str(problem.days), actual=str(len(plan)))
    for number, day in enumerate(plan, start=1):
        if day.days != number:
            message = f"Day {number} is numbered {day.days}."
            yield Violation("wrong_day_number", message, location=f"day {number}", expected=str(number))
        for what in _absent(problem, day, is_last=number == problem.days):
            message = f"Day {number} ({day.current_city[:80]}) has no {what}."
            yield Violation(
                "missing_information",
                message,
                location=f"day {number}, {what}",
                hint=_offer(problem, day, what),
            )
    visited = _cities_visited(problem, plan)
    if len(visited) != problem.cities_to_visit:
        message = f"The plan visits {len(visited)} cities, but the trip is to {problem.cities_to_visit}."
        hint = f"{problem.cities_to_visit} of {', '.join(problem.cities[:10])}."
        yield Violation(
            "wrong_number_of_cities",
            message,
            expected=str(problem.cities_to_visit),
            actual=", ".join(sorted(visited))[:200],
            hint=hint,
        )


def _absent(problem: TravelProblem, day: DayPlan, *, is_last: bool) -> Iterator[str]:
    travels = len(cities_of(problem, day) or ()) == 2
    if travels and not is_given(day.transportation):
        yield "transportation"
    if not travels:
        yield from (meal for meal in MEALS if not is_given(getattr(day, meal)))
    if not travels and not any(entry.strip() for entry in listed(day.attraction)):
        yield "attraction"
    if not is_last and not is_given(day.accommodation):
        yield "accommodation"


def _offer(problem: TravelProblem, day: DayPlan, what: str) -> str | None:
    cities = cities_of(problem, day)
    if cities is None or what == "transportation":
        return None
    if what == "accommodation":
        return accommodation_hint(problem, cities[-1], 1)
    if what == "attraction":
        return attraction_hint(problem, cities[-1], ())
    return restaurant_hint(problem, cities[-1], ())


def _cities_visited(problem: TravelProblem, plan: Plan) -> set[str]:
    return {city for day in plan for city in cities_of(problem, day) or ()} - {problem.origin}


@modulo.critic(proves="every entry is in a city of its day")
def within_current_city(problem: TravelProblem, plan: Plan) -> Iterator[Violation]:
    """Judges whether the entries of a day fit its city (the benchmark's "Within Current City").

    **Sound for:** transportation goes between the two cities of its day, in this direction, and there is none on a
    day in one city; meals and attractions are in a city of the day; the accommodation is where the day ends.

    **Does not check:** the order of a day, such as breakfast in a city that is reached in the evening.
    """
    for number, day in enumerate(plan, start=1):
        cities = cities_of(problem, day)
        if cities is None:
            what = shown(day.current_city)
            message = f"The current_city {what} of day {number} is neither 'City' nor 'from A to B'."
            yield Violation("unreadable_city", message, location=f"day {number}, current_city")
            continue
        for what, entry in visits(problem, day):
            if city_of(problem, entry) not in cities:
                yield _elsewhere(number, what, entry, " or ".join(cities))
        if is_given(day.accommodation) and city_of(problem, day.accommodation) != cities[-1]:
            yield _elsewhere(number, "accommodation", day.accommodation, cities[-1])
    for way in ways(problem, plan):
        yield from _misdirected(way, cities_of(problem, plan[way.number - 1]))


def _elsewhere(number: int, what: str, entry: str, cities: str) -> Violation:
    message = f"The {what} {shown(entry)} of day {number} is not in {cities[:200]}."
    return Violation("wrong_city", message, location=f"day {number}, {what}", expected=cities[:200])


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


@modulo.critic(proves="no restaurant is visited twice")
def diverse_restaurants(problem: TravelProblem, plan: Plan) -> Iterator[Violation]:
    """Judges whether a plan repeats a restaurant (the benchmark's "Diverse Restaurants").

    **Sound for:** no two meals of the plan are at a restaurant of the same name in the same city.

    **Does not check:** that the restaurants exist.
    """
    meals = [
        (number, what, normal(problem, entry))
        for number, day in enumerate(plan, start=1)
        for what, entry in day.meals().items()
    ]
    taken = frozenset(entry for _, _, entry in meals)
    seen: dict[str, str] = {}
    for number, what, entry in meals:
        location = f"day {number}, {what}"
        if entry in seen:
            hint = restaurant_hint(problem, city_of(problem, entry), taken)
            message = f"The {what} of day {number} is at {shown(entry)} again, as on {seen[entry]}."
            yield Violation("restaurant_again", message, location=location, hint=hint)
        seen.setdefault(entry, location)


@modulo.critic(proves="no attraction is visited twice")
def diverse_attractions(problem: TravelProblem, plan: Plan) -> Iterator[Violation]:
    """Judges whether a plan repeats an attraction (the benchmark's "Diverse Attractions").

    **Sound for:** no two attractions of the plan, on one day or several, have the same name and city.

    **Does not check:** that the attractions exist.
    """
    sights = [
        (number, normal(problem, entry))
        for number, day in enumerate(plan, start=1)
        for entry in listed(day.attraction)
    ]
    taken = frozenset(entry for _, entry in sights)
    seen: dict[str, int] = {}
    for number, entry in sights:
        if entry in seen:
            hint = attraction_hint(problem, city_of(problem, entry), taken)
            message = f"Day {number} has the attraction {shown(entry)} again, as day {seen[entry]}."
            yield Violation("attraction_again", message, location=f"day {number}, attraction", hint=hint)
        seen.setdefault(entry, number)


@modulo.critic(proves="whoever drives a car of their own neither flies nor takes a taxi")
def non_conflicting_transportation(problem: TravelProblem, plan: Plan) -> Critique:
    """Judges whether means of transportation conflict (the benchmark's "Non-conf. Transportation").

    **Sound for:** no plan with self-driving has a flight or a taxi, since the car would be left behind.

    **Does not check:** that the means exist.
    """
    found = list(ways(problem, plan))
    driven = [way for way in found if way.leg is not None and way.leg.kind == "Self-driving"]
    others = [way for way in found if way.leg is not None and way.leg.kind != "Self-driving"]
    violations = [_conflict(problem, way, driven[0].number) for way in others if driven]
    return judged(violations, [way.entry for way in found if way.leg is None], "the means of transportation")


def _conflict(problem: TravelProblem, way: Way, driving_day: int) -> Violation:
    assert way.leg is not None
    message = f"Day {way.number} has {shown(way.entry)}, but day {driving_day} drives a car of one's own."
    without = ("Flight", "Taxi")
    hint = transportation_hint(problem, way.leg.origin, way.leg.destination, way.date, without)
    location = f"day {way.number}, transportation"
    return Violation("conflicting_transportation", message, location=location, hint=hint)


@modulo.critic(proves="every accommodation is taken for its minimum of nights")
def minimum_nights(problem: TravelProblem, plan: Plan) -> Critique:
    """Judges whether stays are long enough (the benchmark's "Minimum Nights Stay").

    **Sound for:** nights in a row at one accommodation are no fewer than its minimum; where several share name and
    city, than the minimum of each.

    **Does not check:** that an accommodation is free. One that is not in the reference leaves this undecided.
    """
    found = list(stays(problem, plan))
    violations = [
        Violation(
            "too_few_nights",
            f"{shown(stay.entry)}, from day {stay.first_day} on, has {stay.nights} of at least {least} nights.",
            location=f"day {stay.first_day}, accommodation",
            expected=str(least),
            actual=str(stay.nights),
            hint=accommodation_hint(problem, city_of(problem, stay.entry), stay.nights),
        )
        for stay in found
        if stay.nights < (least := max((place.minimum_nights for place in stay.found), default=0))
    ]
    return judged(violations, [stay.entry for stay in found if not stay.found], "the minimum of nights")
