"""The critics of what goes together: the benchmark's other four commonsense constraints."""

from __future__ import annotations

from collections.abc import Iterator

import modulo
from modulo.critique import Critique, Violation
from modulo.domains.travel.alternatives import (
    accommodation_hint,
    attraction_hint,
    restaurant_hint,
    transportation_hint,
)
from modulo.domains.travel.plan import Plan, listed
from modulo.domains.travel.problem import TravelProblem
from modulo.domains.travel.reading import Way, city_of, judged, normal, shown, stays, ways

__all__ = [
    "diverse_attractions",
    "diverse_restaurants",
    "minimum_nights",
    "non_conflicting_transportation",
]


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
