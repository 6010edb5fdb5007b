"""Writes a plan for a trip that is still being made up, and adds up what it costs."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from modulo.domains.travel.alternatives import written
from modulo.domains.travel.plan import MEALS, DayPlan, Plan
from modulo.domains.travel.problem import Accommodation, Reference, entry_of

__all__ = ["Means", "Trip", "plant"]

Means: TypeAlias = Literal["Flight", "Self-driving", "Taxi"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trip:
    """What a plan is made of.

    Attributes:
        stops: The origin, the cities on the way, and the origin again.
        nights: How many nights each city gets.
        dates: The days.
        people: Number of travellers.
        means: How they travel.
        cuisines: What they want to have eaten.
        homes: In which accommodation of a city they sleep.
        reference: What there is.
    """

    stops: tuple[str, ...]
    nights: tuple[int, ...]
    dates: tuple[str, ...]
    people: int
    means: Means
    cuisines: tuple[str, ...]
    homes: Mapping[str, Accommodation]
    reference: Reference


def plant(trip: Trip, rng: random.Random) -> tuple[Plan, int]:
    """A plan for a trip, and its cost in cents."""
    planting = _Planting(trip, rng)
    return planting.plan(), planting.cents


class _Planting:
    def __init__(self, trip: Trip, rng: random.Random) -> None:
        self.trip, self.rng = trip, rng
        self.cents = 0
        self.wanted = list(trip.cuisines)
        self.tables = {city: self._shuffled(trip.reference.restaurants, city) for city in trip.stops}
        self.sights = {city: self._shuffled(trip.reference.attractions, city) for city in trip.stops}

    def _shuffled(self, places: tuple, city: str) -> list:  # type: ignore[type-arg]  # restaurants or attractions
        names = Counter(entry_of(place) for place in places)
        there = [place for place in places if place.city == city and names[entry_of(place)] == 1]
        return self.rng.sample(there, len(there))

    def plan(self) -> Plan:
        days = []
        stop = 0
        for number in range(len(self.trip.dates)):
            if number == sum(self.trip.nights[:stop]):
                days.append(self._day_of_travel(number, stop))
                stop += 1
            else:
                days.append(self._day_in(self.trip.stops[stop], number))
        return tuple(days)

    def _day_of_travel(self, number: int, stop: int) -> DayPlan:
        origin, destination = self.trip.stops[stop : stop + 2]
        is_first, is_last = stop == 0, stop == len(self.trip.nights)
        meals = dict.fromkeys(MEALS, "-")
        if not is_first or (self.tables[origin] and self.rng.random() < 0.3):
            meals["breakfast"] = self._meal(origin)
        if self.rng.random() < 0.5:
            meals["lunch"] = self._meal(destination if is_first else origin)
        if not is_last:
            meals["dinner"] = self._meal(destination)
        return DayPlan(
            days=number + 1,
            current_city=f"from {origin} to {destination}",
            transportation=self._transportation(origin, destination, self.trip.dates[number]),
            attraction=self._sights(destination if is_first else origin, self.rng.randrange(2)),
            accommodation="-" if is_last else self._night(destination),
            **meals,
        )

    def _day_in(self, city: str, number: int) -> DayPlan:
        return DayPlan(
            days=number + 1,
            current_city=city,
            transportation="-",
            attraction=self._sights(city, self.rng.randrange(1, 3)),
            accommodation=self._night(city),
            **{meal: self._meal(city) for meal in MEALS},
        )

    def _meal(self, city: str) -> str:
        tables = self.tables[city]
        wanted = () if city == self.trip.stops[0] else self.wanted
        chosen = next((table for table in tables if set(table.cuisines) & set(wanted)), tables[0])
        tables.remove(chosen)
        if wanted:
            self.wanted = [cuisine for cuisine in wanted if cuisine not in chosen.cuisines]
        self.cents += chosen.price_cents * self.trip.people
        return entry_of(chosen)

    def _sights(self, city: str, count: int) -> str:
        chosen = [entry_of(self.sights[city].pop()) for _ in range(count)]
        return "".join(f"{entry};" for entry in chosen) or "-"

    def _night(self, city: str) -> str:
        home = self.trip.homes[city]
        self.cents += home.price_cents * ((self.trip.people - 1) // home.maximum_occupancy + 1)
        return entry_of(home)

    def _transportation(self, origin: str, destination: str, date: str) -> str:
        if self.trip.means != "Flight":
            return self._car(origin, destination)
        there = [
            flight
            for flight in self.trip.reference.flights
            if (flight.origin, flight.destination, flight.date) == (origin, destination, date)
        ]
        chosen = self.rng.choice(there)
        self.cents += chosen.price_cents * self.trip.people
        return written(chosen)

    def _car(self, origin: str, destination: str) -> str:
        road = next(
            road
            for road in self.trip.reference.roads
            if (road.origin, road.destination) == (origin, destination)
        )
        a_dollar, seats = (1_000, 4) if self.trip.means == "Taxi" else (20_000, 5)
        self.cents += road.meters // a_dollar * 100 * ((self.trip.people - 1) // seats + 1)
        return f"{self.trip.means}, from {origin} to {destination}"
