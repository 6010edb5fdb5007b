"""What a trip has to meet, one rule a function; together they say that it is a valid trip plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise, zip_longest
from typing import Final

from modulo.critics.constraints import Constraint, constraint
from modulo.critique import Violation
from modulo.domains.trip_planning.hints import next_step, reachable
from modulo.domains.trip_planning.problem import Appointment, TripProblem
from modulo.domains.trip_planning.trip import Flight, Stay, Trip

__all__ = [
    "RULES",
    "appointments_are_kept",
    "dates_agree_with_lengths",
    "every_city_once",
    "flights_are_direct",
    "flights_join_the_stays",
    "stays_are_as_long_as_wished",
    "whole_trip_is_planned",
]


@constraint(says="every stay ends after it begins and is as long as stated")
def dates_agree_with_lengths(problem: TripProblem, trip: Trip) -> Iterator[Violation]:
    """Every stay ends after it begins, and is as long as the answer says."""
    for number, stay in enumerate(trip.stays, start=1):
        if stay.last < stay.first:
            message = f"The stay in {stay.city} ends on day {stay.last}, before it begins on day {stay.first}."
            yield Violation("backwards", message, location=_place(number, stay))
        elif stay.days != _length(stay):
            yield Violation(
                "wrong_day_count",
                f"Day {stay.first}-{stay.last} in {stay.city} are {_days(_length(stay))}, not {stay.days}.",
                location=_place(number, stay),
                expected=str(_length(stay)),
                actual=str(stay.days),
                hint="the days of arrival and departure both count.",
            )


@constraint(says="the stays go from day 1 to the last day")
def whole_trip_is_planned(problem: TripProblem, trip: Trip) -> Iterator[Violation]:
    """The first stay begins on day 1, and the last one ends on the last day."""
    if not trip.stays:
        yield Violation("no_stays", "The plan has no stay in any city.", hint=next_step(problem, ()))
        return
    first, last = trip.stays[0], trip.stays[-1]
    if first.first != 1:
        yield Violation(
            "wrong_start",
            f"The trip begins on day {first.first}, not on day 1.",
            location=_place(1, first),
            expected="1",
            actual=str(first.first),
        )
    if last.last != problem.days:
        yield Violation(
            "wrong_end",
            f"The trip ends on day {last.last}, but it takes {problem.days} days.",
            location=_place(len(trip.stays), last),
            expected=str(problem.days),
            actual=str(last.last),
            hint=_hint_about_days(problem, trip),
        )


@constraint(says="every city of the problem, and no other, is stayed in once")
def every_city_once(problem: TripProblem, trip: Trip) -> Iterator[Violation]:
    """Every city of the problem, and no other, is stayed in exactly once."""
    times = Counter(stay.city for stay in trip.stays)
    for city in problem.by_city:
        if city not in times:
            message = f"The plan has no stay in {city}."
            yield Violation("missing_city", message, location=city, hint=next_step(problem, _cities(trip)))
    for city, count in times.items():
        if city not in problem.by_city:
            yield Violation("unknown_city", f"{city} is none of the cities to visit.", location=city)
        elif count > 1:
            message = f"The plan stays in {city} {count} times; visit each city once."
            hint = next_step(problem, _cities(trip))
            yield Violation("repeated_city", message, location=city, expected="1", actual=str(count), hint=hint)


@constraint(says="every stay is as long as the problem has it")
def stays_are_as_long_as_wished(problem: TripProblem, trip: Trip) -> Iterator[Violation]:
    """Every stay takes as many days as the problem gives the city."""
    for number, stay in enumerate(trip.stays, start=1):
        visit = problem.by_city.get(stay.city)
        if visit is not None and _length(stay) != visit.days:
            yield Violation(
                "wrong_length",
                f"Day {stay.first}-{stay.last} in {stay.city} are {_days(_length(stay))}, "
                f"but the stay there takes {visit.days}.",
                location=_place(number, stay),
                expected=str(visit.days),
                actual=str(_length(stay)),
                hint=f"stay in {stay.city} from day {stay.first} to day {stay.first + visit.days - 1}.",
            )


@constraint(says="one flight joins each stay to the next on the day that they share")
def flights_join_the_stays(problem: TripProblem, trip: Trip) -> Iterator[Violation]:
    """Between two stays, and nowhere else, there is one flight, on the day on which one ends and the other begins."""
    wanted = list(pairwise(trip.stays))
    for number, (between, flight) in enumerate(zip_longest(wanted, trip.flights), start=1):
        location = f"flight {number}"
        if between is None:
            message = f"The flight from {flight.origin} to {flight.destination} leads to no further stay."
            yield Violation("surplus_flight", message, location=location)
            continue
        before, after = between
        if before.last != after.first:
            yield Violation(
                "days_do_not_join",
                f"The stay in {before.city} ends on day {before.last}, but the one in {after.city} begins on day "
                f"{after.first}.",
                location=location,
                hint=f"begin the stay in {after.city} on the day of the flight, which counts for both cities.",
            )
        if flight is None:
            message = f"There is no line for the flight from {before.city} to {after.city}."
            yield Violation("missing_flight", message, location=location, expected=_flight_words(before, after))
        elif flight != _flight(before, after):
            yield Violation(
                "wrong_flight",
                f"The flight on day {flight.day} from {flight.origin} to {flight.destination} does not lead from the "
                f"stay in {before.city} until day {before.last} to the one in {after.city}.",
                location=location,
                expected=_flight_words(before, after),
            )


@constraint(says="all flights are direct flights of the problem")
def flights_are_direct(problem: TripProblem, trip: Trip) -> Iterator[Violation]:
    """There is a direct flight, in that direction, from every stay to the next, and for every flight of the plan."""
    order = _cities(trip)
    taken = {pair: place + 1 for place, pair in enumerate(pairwise(order))}
    for flight in trip.flights:
        taken.setdefault((flight.origin, flight.destination), 0)
    for (origin, destination), place in taken.items():
        if (origin, destination) not in problem.flights:
            yield Violation(
                "no_direct_flight",
                f"There is no direct flight from {origin} to {destination}.",
                location=f"{origin} to {destination}",
                hint=f"{reachable(problem, origin)} {next_step(problem, order[:place])}".strip() or None,
            )


@constraint(says="all appointments are kept")
def appointments_are_kept(problem: TripProblem, trip: Trip) -> Iterator[Violation]:
    """Every stay covers the days of all that is to be done there; a conference's in part will do."""
    for number, stay in enumerate(trip.stays, start=1):
        visit = problem.by_city.get(stay.city)
        for one in visit.appointments if visit else ():
            if not one.is_kept(stay.first, stay.last):
                yield Violation(
                    "missed_appointment",
                    f"The stay in {stay.city} from day {stay.first} to day {stay.last} misses "
                    f"{_appointment_words(one)}.",
                    location=_place(number, stay),
                    hint=next_step(problem, _cities(trip)[: number - 1]),
                )


RULES: Final[tuple[Constraint[TripProblem, Trip], ...]] = (
    dates_agree_with_lengths,
    whole_trip_is_planned,
    every_city_once,
    stays_are_as_long_as_wished,
    flights_join_the_stays,
    flights_are_direct,
    appointments_are_kept,
)
"""All of them; a trip without any violation is a valid plan."""


def _length(stay: Stay) -> int:
    return stay.last - stay.first + 1


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"


def _cities(trip: Trip) -> tuple[str, ...]:
    return tuple(stay.city for stay in trip.stays)


def _place(number: int, stay: Stay) -> str:
    return f"stay {number} ({stay.city})"


def _flight(before: Stay, after: Stay) -> Flight:
    return Flight(day=before.last, origin=before.city, destination=after.city)


def _flight_words(before: Stay, after: Stay) -> str:
    return f"Day {before.last}: Fly from {before.city} to {after.city}."


def _appointment_words(one: Appointment) -> str:
    if one.takes_every_day:
        return f"the {one.kind} there: be there from day {one.first} to day {one.last}"
    return f"the {one.kind} there: be there on a day from {one.first} to {one.last}"


def _hint_about_days(problem: TripProblem, trip: Trip) -> str | None:
    if trip.stays[-1].last < problem.days:
        return next_step(problem, _cities(trip))
    return "fly on the last day of a stay: that day counts for both cities."
