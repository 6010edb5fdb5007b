"""What the entries of a plan mean in a problem: cities, places, ways, and the nights somewhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from modulo.critique import Critique, Violation
from modulo.domains.travel.plan import DayPlan, Leg, Plan, is_given, listed, read_leg
from modulo.domains.travel.problem import Accommodation, Flight, Road, TravelProblem

__all__ = [
    "Stay",
    "Way",
    "cities_of",
    "city_of",
    "flights_of",
    "judged",
    "normal",
    "roads_of",
    "shown",
    "stays",
    "visits",
    "ways",
]

_SHOWN: Final = 120


def normal(problem: TravelProblem, entry: str) -> str:
    """An entry with single spaces, one behind its last comma, and without the state that may follow a city."""
    text = " ".join(entry.split()).removesuffix(f"({problem.destination})").rstrip()
    name, comma, city = text.rpartition(",")
    return f"{name.rstrip()}, {city.lstrip()}" if comma else text


def city_of(problem: TravelProblem, entry: str) -> str:
    """The city in an entry ``Name, City``; empty if there is none. Names have commas, cities have not."""
    _, comma, city = normal(problem, entry).rpartition(", ")
    return city if comma else ""


def cities_of(problem: TravelProblem, day: DayPlan) -> tuple[str, ...] | None:
    """Where a day is spent: one city, or two if it is a day of travel; None if that cannot be read."""
    text = " ".join(day.current_city.split())
    if not text.startswith("from "):
        return (normal(problem, text),) if is_given(text) else None
    ends = text.removeprefix("from ").split(" to ")
    return (normal(problem, ends[0]), normal(problem, ends[1])) if len(ends) == 2 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """The transportation of one day.

    Attributes:
        number: The day.
        date: Its date; None for a day after the trip.
        entry: What the plan says.
        leg: What that means; None if it cannot be read.
    """

    number: int
    date: str | None
    entry: str
    leg: Leg | None


def ways(problem: TravelProblem, plan: Plan) -> Iterator[Way]:
    """The transportation of every day that has some."""
    for number, day in enumerate(plan, start=1):
        if is_given(day.transportation):
            date = problem.dates[number - 1] if number <= problem.days else None
            yield Way(number=number, date=date, entry=day.transportation, leg=_leg(problem, day))


def _leg(problem: TravelProblem, day: DayPlan) -> Leg | None:
    leg = read_leg(" ".join(day.transportation.split()))
    if leg is None:
        return None
    origin, destination = normal(problem, leg.origin), normal(problem, leg.destination)
    return Leg(kind=leg.kind, origin=origin, destination=destination, facts=leg.facts)


def flights_of(problem: TravelProblem, way: Way) -> tuple[Flight, ...]:
    """The flights that fit everything a plan says of one, the day included; none if it is invented."""
    leg = way.leg
    if leg is None or leg.kind != "Flight":
        return ()
    facts = leg.facts
    wanted = leg.origin, leg.destination, way.date, facts["departure"], facts["arrival"]
    return tuple(
        flight
        for flight in problem.flights.get(facts["number"], ())
        if (flight.origin, flight.destination, flight.date, flight.departure, flight.arrival) == wanted
    )


def roads_of(problem: TravelProblem, way: Way) -> tuple[Road, ...]:
    """The roads between the ends of a way by car; none if there is none."""
    leg = way.leg
    if leg is None or leg.kind == "Flight":
        return ()
    return problem.roads.get((leg.origin, leg.destination), ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """Nights in a row at one place.

    Attributes:
        first_day: The day of the first night.
        nights: How many.
        entry: What the plan says.
        found: The accommodations that this may be; several if they share name and city.
    """

    first_day: int
    nights: int
    entry: str
    found: tuple[Accommodation, ...]


def stays(problem: TravelProblem, plan: Plan) -> Iterator[Stay]:
    """The stays of a plan, in order."""
    nights = [normal(problem, day.accommodation) if is_given(day.accommodation) else None for day in plan]
    day = 1
    for entry, same in groupby(nights):
        count = len(list(same))
        if entry is not None:
            found = problem.accommodations.get(entry, ())
            yield Stay(first_day=day, nights=count, entry=entry, found=found)
        day += count


def visits(problem: TravelProblem, day: DayPlan) -> list[tuple[str, str]]:
    """The meals and attractions of a day with what they are, as ``normal`` writes them."""
    sights = [("attraction", entry) for entry in listed(day.attraction)]
    return [(what, normal(problem, entry)) for what, entry in (*day.meals().items(), *sights)]


def judged(violations: list[Violation], unknown: list[str], question: str) -> Critique:
    """A critique: nothing is decided of what is not in the reference, unless there is a violation all the same.

    Args:
        violations: What is wrong.
        unknown: Entries that are not in the reference; another critic rejects them.
        question: What cannot be told of these.
    """
    if violations:
        return Critique.reject(*violations)
    if unknown:
        return Critique.undecided(f"{question} of {shown(unknown[0])} is not in the reference")
    return Critique.accept()


def shown(entry: str) -> str:
    """An entry as a message quotes it."""
    return f"'{entry[:_SHOWN]}'"
