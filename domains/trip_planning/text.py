"""Prompts, trips written in the benchmark's format, and trips out of chat text."""

from __future__ import annotations

import re
from typing import Final

from modulo.canonical import JsonValue, canonical_json, codec_for
from modulo.domains.trip_planning.problem import TripProblem
from modulo.domains.trip_planning.reading import ANSWER_FORM, Step, read_steps, read_trip, trip_in
from modulo.domains.trip_planning.statement import statement
from modulo.domains.trip_planning.trip import Flight, Stay, Trip
from modulo.errors import Malformed
from modulo.json_in_text import json_values_in
from modulo.problem import NO_SOLUTION, NoSolution

__all__ = ["parse_trip", "prompt", "read_candidate", "trip_text"]

_RULES: Final = """\
A day of travel counts for both cities: whoever stays in Oslo from day 1 to day 5 and flies to Riga on day 5 is in \
Riga from day 5 on. Visit each city once. Flights listed as 'A and B' go both ways, 'from A to B' one way only.

Answer with the plan only, in exactly this form (here for another problem):

Here is the trip plan for visiting the 2 European cities for 8 days:

**Day 1-5:** Arriving in Oslo and visit Oslo for 5 days.
**Day 5:** Fly from Oslo to Riga.
**Day 5-8:** Visit Riga for 4 days."""

_END_OF_THOUGHT: Final = "</think>"
_FINAL: Final = re.compile(
    r"^[ \t#*]{0,20}(?:the )?(?:final (?:answer|plan|trip plan|itinerary|solution)|solution)"
    r"[ \t*]{0,20}:?[ \t*]{0,20}$",
    re.IGNORECASE | re.MULTILINE,
)
_CLAIM: Final = re.compile(
    r"(?:there (?:is|exists) )?no (?:valid |feasible |possible |such )?(?:trip plan|trip|plan|itinerary|solution)"
    r"(?: exists| is possible)?[.!]?",
    re.IGNORECASE,
)


def prompt(problem: TripProblem) -> str:
    """The benchmark's statement, what it leaves unsaid, and the form of an answer."""
    return f"{statement(problem)}\n\n{_RULES}"


def trip_text(trip: Trip) -> str:
    """A trip in the benchmark's format, flights before the stays that they lead to; surplus ones come last."""
    days = trip.stays[-1].last if trip.stays else 0
    lines = [f"Here is the trip plan for visiting the {len(trip.stays)} European cities for {days} days:", ""]
    flights = list(trip.flights)
    for number, stay in enumerate(trip.stays):
        if number and flights:
            lines.append(_flight_line(flights.pop(0)))
        arriving = f"Arriving in {stay.city} and visit" if not number else "Visit"
        lines.append(f"**Day {stay.first}-{stay.last}:** {arriving} {stay.city} for {stay.days} days.")
    return "\n".join([*lines, *map(_flight_line, flights)])


def _flight_line(flight: Flight) -> str:
    return f"**Day {flight.day}:** Fly from {flight.origin} to {flight.destination}."


def read_candidate(document: JsonValue, problem: TripProblem) -> Trip:
    """The trip in a text of the benchmark's format, or in the JSON object that a certificate holds.

    Raises:
        ValueError: There is none.
    """
    if isinstance(document, str):
        return read_trip(document, problem)
    trip: Trip = codec_for(Trip).decode(canonical_json(document))
    return trip


def parse_trip(text: str, problem: TripProblem) -> Trip | NoSolution:
    """The trip in a chat answer: its lines that begin with a day, or its JSON object, with prose around them.

    What stands before ``</think>`` is left out, and before a heading such as "Final answer:". A plan that stands
    there twice counts once. Names of cities are taken whatever their case.

    Returns:
        The trip; or ``NO_SOLUTION`` if all that the answer says is that there is none.

    Raises:
        Malformed: There is no trip, there are different ones, or a line that begins with a day cannot be read.
    """
    said = _FINAL.split(text.rpartition(_END_OF_THOUGHT)[2])[-1]
    if _CLAIM.fullmatch(said.strip()[:200]):
        return NO_SOLUTION
    plans = {_with_known_names(trip_in(plan), problem) for plan in _plans(said, problem)}
    plans |= {_with_known_names(trip, problem) for trip in _objects(said)}
    if not plans:
        raise Malformed("The answer holds no trip plan.", code="no_plan", hint=ANSWER_FORM)
    if len(plans) > 1:
        raise Malformed(
            f"The answer holds {len(plans)} different plans; give exactly one.",
            code="several_plans",
            hint=ANSWER_FORM,
        )
    return plans.pop()


def _plans(text: str, problem: TripProblem) -> list[list[Step]]:
    """The steps of a text, divided where a stay is on day 1 again."""
    plans: list[list[Step]] = []
    last = 0
    for step in read_steps(text, problem):
        begins = isinstance(step, Stay) and step.first == 1 and last > 1
        if begins or not plans:
            plans.append([])
        if isinstance(step, Stay):
            last = step.last
        plans[-1].append(step)
    return plans


def _objects(text: str) -> list[Trip]:
    """The trips in a text that are JSON objects with stays."""
    found = json_values_in(text, form=ANSWER_FORM)
    return [codec_for(Trip).decode(canonical_json(value)) for value in found if "stays" in value]


def _with_known_names(trip: Trip, problem: TripProblem) -> Trip:
    known = {city.casefold(): city for city in problem.by_city}

    def name(city: str) -> str:
        return known.get(city.casefold(), city)

    stays = (stay.model_copy(update={"city": name(stay.city)}) for stay in trip.stays)
    flights = (
        one.model_copy(update={"origin": name(one.origin), "destination": name(one.destination)})
        for one in trip.flights
    )
    return Trip(stays=tuple(stays), flights=tuple(flights))
