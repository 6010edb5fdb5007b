"""The critic of what exists: the benchmark's commonsense constraint "Within Sandbox"."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import modulo
from modulo.critique import Violation
from modulo.domains.travel.alternatives import offer
from modulo.domains.travel.facts import false_facts
from modulo.domains.travel.plan import Plan
from modulo.domains.travel.problem import TravelProblem
from modulo.domains.travel.reading import Way, flights_of, roads_of, shown, stays, visits, ways

__all__ = ["within_sandbox"]

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
        yield from _unknown_way(problem, plan, way)
    taken = frozenset(entry for day in plan for _, entry in visits(problem, day))
    for number, day in enumerate(plan, start=1):
        for what, entry in visits(problem, day):
            known = problem.attractions if what == "attraction" else problem.restaurants
            if entry not in known:
                yield _unknown(what, number, entry, offer(problem, plan, number, what, taken))
    for stay in stays(problem, plan):
        if not stay.found:
            hint = offer(problem, plan, stay.first_day, "accommodation")
            yield _unknown("accommodation", stay.first_day, stay.entry, hint)


def _unknown_way(problem: TravelProblem, plan: Plan, way: Way) -> Iterator[Violation]:
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
        hint = offer(problem, plan, way.number, "transportation")
        yield Violation("unknown_transportation", message, location=location, hint=hint)


def _unknown(what: str, number: int, entry: str, hint: str | None) -> Violation:
    message = f"The {what} {shown(entry)} of day {number} is not in the given information."
    return Violation(f"unknown_{what}", message, location=f"day {number}, {what}", hint=hint)
