"""Seeded problems of the benchmark's shape, with a trip that solves them."""

from __future__ import annotations

import random
from itertools import pairwise, permutations
from typing import Final, get_args

from modulo.domains.trip_planning.problem import Appointment, AppointmentKind, Connection, TripProblem, Visit
from modulo.domains.trip_planning.trip import Trip, trip_of
from modulo.errors import ConfigurationError

__all__ = ["CITIES", "generate"]

CITIES: Final = (
    *(
        "Amsterdam",
        "Athens",
        "Barcelona",
        "Berlin",
        "Brussels",
        "Bucharest",
        "Budapest",
        "Copenhagen",
        "Dublin",
    ),
    *("Dubrovnik", "Edinburgh", "Florence", "Frankfurt", "Geneva", "Hamburg", "Helsinki", "Istanbul", "Krakow"),
    *(
        "Lisbon",
        "London",
        "Lyon",
        "Madrid",
        "Manchester",
        "Milan",
        "Munich",
        "Mykonos",
        "Naples",
        "Nice",
        "Oslo",
    ),
    *("Paris", "Porto", "Prague", "Reykjavik", "Riga", "Rome", "Salzburg", "Santorini", "Seville", "Split"),
    *("Stockholm", "Stuttgart", "Tallinn", "Valencia", "Venice", "Vienna", "Vilnius", "Warsaw", "Zurich"),
)
"""The benchmark's cities."""

_LONGEST_STAY: Final = 7


def generate(
    *,
    cities: int = 5,
    appointments: float = 0.4,
    density: float = 0.4,
    one_way: float = 0.15,
    seed: int = 0,
) -> tuple[TripProblem, Trip]:
    """A problem with a planted trip; as in the benchmark, appointments take the whole stay of that trip.

    Args:
        cities: How many to visit; the benchmark has 3 to 10.
        appointments: Share of the cities that have one, from 0 to 1.
        density: Share of the other pairs of cities that are joined by a direct flight, from 0 to 1.
        one_way: Share of the flights that go one way only, from 0 to 1.
        seed: The same seed gives the same problem.

    Returns:
        The problem, and one trip that solves it.

    Raises:
        ConfigurationError: A number makes no sense.
    """
    shares = (appointments, density, one_way)
    if not 2 <= cities <= len(CITIES) or not all(0 <= share <= 1 for share in shares):
        raise ConfigurationError(
            f"there is no trip to {cities} cities (2 to {len(CITIES)}) with shares {shares}"
        )
    rng = random.Random(seed)  # noqa: S311  instances, not secrets
    order = rng.sample(CITIES, cities)
    trip = trip_of(*((city, rng.randint(2, _LONGEST_STAY)) for city in order))
    visits = _visits(trip, round(appointments * cities), rng)
    connections = _connections(order, density, one_way, rng)
    return TripProblem(days=trip.stays[-1].last, visits=visits, connections=connections), trip


def _visits(trip: Trip, busy: int, rng: random.Random) -> tuple[Visit, ...]:
    with_appointment = set(rng.sample(range(len(trip.stays)), busy))
    kinds: tuple[AppointmentKind, ...] = get_args(AppointmentKind)
    visits = []
    for number, stay in enumerate(trip.stays):
        one = Appointment(kind=rng.choice(kinds), first=stay.first, last=stay.last)
        visits.append(
            Visit(
                city=stay.city,
                days=stay.days,
                appointments=(one,) if number in with_appointment else (),
                wording=rng.choice(("stay", "spend", "visit")),
            )
        )
    rng.shuffle(visits)
    return tuple(visits)


def _connections(
    order: list[str], density: float, one_way: float, rng: random.Random
) -> tuple[Connection, ...]:
    flown = set(pairwise(order))
    pairs = list(flown)
    pairs += [
        pair
        for pair in permutations(order, 2)
        if pair not in flown and pair[::-1] not in flown and pair[0] < pair[1] and rng.random() < density
    ]
    pairs.sort()
    rng.shuffle(pairs)
    made = []
    for origin, destination in pairs:
        both_ways = rng.random() >= one_way
        if (origin, destination) not in flown and rng.random() < 0.5:
            origin, destination = destination, origin
        made.append(Connection(origin=origin, destination=destination, both_ways=both_ways))
    return tuple(made)
