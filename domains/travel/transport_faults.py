"""Faults of transportation, one function a kind: flights, means and ways that are not as they should be."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from modulo.domains.travel.damaging import Days, replaced
from modulo.domains.travel.problem import TravelProblem

__all__ = [
    "changed_flight",
    "false_fact",
    "mixed_means",
    "needless_way",
    "no_departure",
    "no_return",
    "other_date",
    "other_flight",
    "refused_means",
    "reversed_way",
]


def changed_flight(problem: TravelProblem, days: Days, rng: random.Random) -> bool:
    """One character of a flight: its number, its way, or a minute of its times."""
    digits = "0123456789"

    def change(entry: str) -> str:
        places = [place for place, letter in enumerate(entry) if letter in digits]
        place = rng.choice(places) if places else 0
        return entry[:place] + rng.choice(digits) + entry[place + 1 :]

    return replaced(_only(days, "Flight"), rng, change, "transportation")


def other_date(problem: TravelProblem, days: Days, rng: random.Random) -> bool:
    """A flight of the same way that goes on another day of the trip."""
    for day in _only(days, "Flight"):
        for flight in problem.reference.flights:
            way = f"from {flight.origin} to {flight.destination}"
            if way == day["current_city"] and flight.date != problem.dates[day["days"] - 1]:
                day["transportation"] = _flight(flight.number, way, flight.departure, flight.arrival)
                return True
    return False


def other_flight(problem: TravelProblem, days: Days, rng: random.Random) -> bool:
    """Another flight of the same way and day, which may cost more."""
    for day in _only(days, "Flight"):
        others = [entry for entry in (_other_flights(problem, day)) if entry != day["transportation"]]
        if others:
            day["transportation"] = rng.choice(others)
            return True
    return False


def false_fact(problem: TravelProblem, days: Days, rng: random.Random) -> bool:
    """A cost, distance or duration of a car that is not so."""
    fact = rng.choice((", cost: 1", ", distance: 1 km", ", duration: 1 min", ", cost: 0", ", distance: 0.1 km"))
    return replaced(_only(days, "Self-driving"), rng, lambda entry: entry + fact, "transportation")


def mixed_means(problem: TravelProblem, days: Days, rng: random.Random) -> bool:
    """The last way by other means than it was."""
    days[-1]["transportation"] = _other_means(problem, days[-1], rng)
    return True


def refused_means(problem: TravelProblem, days: Days, rng: random.Random) -> bool:
    """What is refused, on every way."""
    refused = problem.constraints.transportation
    for day in days:
        if day["transportation"] != "-" and refused == "no self-driving":
            day["transportation"] = f"Self-driving, {day['current_city']}"
        elif day["transportation"] != "-":
            day["transportation"] = rng.choice(list(_other_flights(problem, day)) or ["-"])
    return refused is not None


def needless_way(problem: TravelProblem, days: Days, rng: random.Random) -> bool:
    """Transportation on a day in one city."""
    stays = [day for day in days if day["transportation"] == "-"]
    rng.choice(stays)["transportation"] = rng.choice(days[:: len(days) - 1])["transportation"]
    return True


def reversed_way(problem: TravelProblem, days: Days, rng: random.Random) -> bool:
    """A way, a day's or both, in the other direction."""
    day = rng.choice([day for day in days if day["transportation"] != "-"])
    origin, destination = day["current_city"].removeprefix("from ").split(" to ")
    back = f"from {destination} to {origin}"
    for key in rng.choice((("transportation",), ("current_city",), ("transportation", "current_city"))):
        day[key] = day[key].replace(f"from {origin} to {destination}", back)
    return True


def no_return(problem: TravelProblem, days: Days, rng: random.Random) -> bool:
    """The last day stays where the one before was."""
    days[-1]["current_city"] = days[-2]["current_city"].rpartition(" to ")[2]
    if rng.random() < 0.5:
        days[-1]["transportation"] = "-"
    return True


def no_departure(problem: TravelProblem, days: Days, rng: random.Random) -> bool:
    """The first day begins where it should end."""
    days[0]["current_city"] = days[0]["current_city"].rpartition(" to ")[2]
    if rng.random() < 0.5:
        days[0]["transportation"] = "-"
    return True


def _other_means(problem: TravelProblem, day: dict[str, Any], rng: random.Random) -> str:
    """Another means for the same way: by car if it was a flight, else a flight or a taxi."""
    way = day["current_city"]
    if day["transportation"].startswith("Flight"):
        return f"{rng.choice(('Self-driving', 'Taxi'))}, {way}"
    date = problem.dates[day["days"] - 1]
    flights = [
        _flight(flight.number, way, flight.departure, flight.arrival)
        for flight in problem.reference.flights
        if f"from {flight.origin} to {flight.destination}" == way and flight.date == date
    ]
    return rng.choice([f"Taxi, {way}", *flights])


def _other_flights(problem: TravelProblem, day: dict[str, Any]) -> Iterator[str]:
    for flight in problem.reference.flights:
        way = f"from {flight.origin} to {flight.destination}"
        if way == day["current_city"] and flight.date == problem.dates[day["days"] - 1]:
            yield _flight(flight.number, way, flight.departure, flight.arrival)


def _flight(number: str, way: str, departure: str, arrival: str) -> str:
    return f"Flight Number: {number}, {way}, Departure Time: {departure}, Arrival Time: {arrival}"


def _only(days: Days, means: str) -> Days:
    return [day for day in days if day["transportation"].startswith(means)]
