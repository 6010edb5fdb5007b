"""Prompts for trips, and plans out of chat text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from modulo.canonical import JsonValue
from modulo.domains.travel.alternatives import written
from modulo.domains.travel.plan import FIELDS, MEALS, Plan, read_plan
from modulo.domains.travel.problem import Accommodation, Road, TravelProblem, dollars, entry_of
from modulo.errors import Malformed
from modulo.json_in_text import json_values_in

__all__ = ["answer_schema", "parse_plan", "prompt"]

_MOST_CHOICES: Final = 200
"""Choices that a schema lists; more would make a grammar that nobody can use."""

_FORM: Final = """Answer with one JSON object:
{"plan": [{"days": 1, "current_city": "from A to B", "transportation": "Flight Number: F1234567, from A to B, \
Departure Time: 09:00, Arrival Time: 11:00", "breakfast": "-", "attraction": "Name, B;Other name, B;", \
"lunch": "Name, B", "dinner": "Name, B", "accommodation": "Name, B"}, {"days": 2, "current_city": "B", ...}, ...]}
Other transportation is "Self-driving, from A to B" or "Taxi, from A to B". Write "-" for nothing."""

_RULES: Final = """Use only what is listed, with its full name and city. Day 1 leaves {origin}, the last day returns \
there ("from B to {origin}", accommodation "-"). Transportation is "-" on days in one city; these days need three \
meals and an attraction. Use no restaurant and no attraction twice. Stay the minimum of nights. Do not combine \
self-driving with flights or taxis."""


def prompt(problem: TravelProblem) -> str:
    """The request, what there is to choose from, the rules, and the answer's format."""
    return "\n".join((_request(problem), *_information(problem), _RULES.format(origin=problem.origin), _FORM))


def _request(problem: TravelProblem) -> str:
    people = "1 person" if problem.people == 1 else f"{problem.people} people"
    cities = "1 city" if problem.cities_to_visit == 1 else f"{problem.cities_to_visit} cities"
    where = (
        problem.destination
        if problem.cities == (problem.destination,)
        else f"{cities} of {problem.destination}"
    )
    lines = [
        f"Plan a trip of {problem.days} days for {people} from {problem.origin} to {where}, "
        f"{problem.dates[0]} to {problem.dates[-1]}, for {dollars(problem.budget_cents)} in total."
    ]
    wishes = problem.constraints
    if wishes.house_rule:
        lines.append(f"The accommodations must allow {wishes.house_rule}.")
    if wishes.room_type:
        lines.append(f"Every room must be: {wishes.room_type}.")
    if wishes.cuisines:
        lines.append(f"We want to eat {', '.join(wishes.cuisines)} food on the trip.")
    if wishes.transportation:
        lines.append(f"There must be {wishes.transportation}.")
    return " ".join((*lines, f"In our words: {problem.query}" if problem.query else "")).strip()


def _information(problem: TravelProblem) -> Iterator[str]:
    reference = problem.reference
    flights = (
        f"{written(flight)} on {flight.date} ({dollars(flight.price_cents)})" for flight in reference.flights
    )
    yield from _section("Flights, per person", flights)
    yield from _section("By car; a taxi takes 4 people, self-driving 5", map(_road, reference.roads))
    meals = (
        f"{entry_of(place)} ({dollars(place.price_cents)}; {', '.join(place.cuisines)})"
        for place in reference.restaurants
    )
    yield from _section("Restaurants, a meal per person", meals)
    yield from _section("Attractions", map(entry_of, reference.attractions))
    yield from _section("Accommodations, a room per night", map(_accommodation, reference.accommodations))


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    listed = [f"- {line}" for line in lines]
    if listed:
        yield "\n".join((f"{title}:", *listed))


def _road(road: Road) -> str:
    return (
        f"from {road.origin} to {road.destination}: taxi {dollars(road.taxi_cents)}, "
        f"self-driving {dollars(road.self_driving_cents)} a car"
    )


def _accommodation(place: Accommodation) -> str:
    rules = f"; no {', no '.join(place.forbids)}" if place.forbids else ""
    return (
        f"{entry_of(place)} ({dollars(place.price_cents)}; {place.room_type}; for {place.maximum_occupancy}; "
        f"at least {place.minimum_nights} nights{rules})"
    )


def answer_schema(problem: TravelProblem) -> Mapping[str, JsonValue]:
    """The JSON schema of an answer: as many days as the trip has, of what is in the reference."""
    meal = _choice(["-", *problem.restaurants])
    cities = [problem.origin, *problem.cities]
    routes = [*problem.cities, *(f"from {a} to {b}" for a in cities for b in cities if a != b)]
    fields: dict[str, JsonValue] = {
        "days": {"type": "integer", "minimum": 1, "maximum": problem.days},
        "current_city": _choice(routes),
        "transportation": _choice(["-", *_means(problem)]),
        "attraction": {"type": "string"},
        "accommodation": _choice(["-", *problem.accommodations]),
        **dict.fromkeys(MEALS, meal),
    }
    day: JsonValue = {
        "type": "object",
        "properties": {key: fields[key] for key in FIELDS},
        "required": list(FIELDS),
        "additionalProperties": False,
    }
    days: JsonValue = {"type": "array", "items": day, "minItems": problem.days, "maxItems": problem.days}
    return {"type": "object", "properties": {"plan": days}, "required": ["plan"], "additionalProperties": False}


def _choice(options: list[str]) -> dict[str, JsonValue]:
    few = list(dict.fromkeys(options))
    return {"type": "string", "enum": few} if len(few) <= _MOST_CHOICES else {"type": "string"}


def _means(problem: TravelProblem) -> Iterator[str]:
    yield from map(written, problem.reference.flights)
    for origin, destination in problem.roads:
        yield f"Self-driving, from {origin} to {destination}"
        yield f"Taxi, from {origin} to {destination}"


def parse_plan(text: str, problem: TravelProblem) -> Plan:
    """The plan in a chat answer: its one JSON list of days, with prose, code fences or an object around it.

    Nothing is filled in, and nothing left out but what stands before ``</think>``.

    Raises:
        Malformed: There is no such list, or there are several different ones.
    """
    lists = json_values_in(text.rpartition("</think>")[2], form=_FORM, opening="[")
    plans = {read_plan(value): None for value in lists if any(isinstance(day, dict) for day in value)}
    if not plans:
        raise Malformed("The answer holds no JSON plan.", hint=_FORM)
    if len(plans) > 1:
        raise Malformed(f"The answer holds {len(plans)} different plans; give exactly one.", hint=_FORM)
    return next(iter(plans))
