"""Seeded trips through an invented country, each with a plan that is known to keep to everything."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Final, Literal, TypeAlias, cast, get_args

from modulo.domains.travel.plan import Plan
from modulo.domains.travel.planting import Means, Trip, plant
from modulo.domains.travel.problem import (
    Accommodation,
    Attraction,
    Flight,
    HouseRule,
    LocalConstraints,
    Reference,
    Restaurant,
    Road,
    RoomType,
    TravelProblem,
)
from modulo.errors import ConfigurationError

__all__ = ["CITIES", "CITY_COUNTS", "CUISINES", "Level", "generate"]

Level: TypeAlias = Literal["easy", "medium", "hard"]
"""One traveller without wishes; some with one wish; some with three."""

CITIES: Final = (
    "Alder Bay",
    "Brightwater",
    "Cedar Falls",
    "Dunmore",
    "Eastport",
    "Fort Lantern",
    "Glenrock",
    "Harrow's End",
    "Ironwood",
    "St. Juniper",
)
CUISINES: Final = ("American", "Chinese", "French", "Indian", "Italian", "Mediterranean", "Mexican")
_STATE: Final = "Northmark"
CITY_COUNTS: Final = {3: 1, 5: 2, 7: 3}
_FIRST: Final = ("Blue", "Golden", "Quiet", "Old", "Little", "Grand", "Silver", "Copper", "Green", "Lucky")
_KITCHENS: Final = ("Kettle", "Spoon", "Garden", "Table", "Oven", "Pan", "Harbor", "Corner", "Lantern", "Mill")
_SIGHTS: Final = (
    "Museum",
    "Bridge",
    "Tower",
    "Gardens",
    "Gallery",
    "Lighthouse",
    "Market",
    "Falls",
    "Castle",
    "Park",
)
_ROOMS: Final = (
    "room, near the park",
    "loft",
    "studio",
    "cottage",
    "house by the river",
    "bunk",
    "flat",
    "suite",
)
_TWINS: Final = 0.15
"""How often two places of a city share their name, as "Subway" does in the benchmark."""
_ROOM_TYPES: Final = ("Entire home/apt", "Private room", "Shared room")


def generate(
    *, days: int = 3, people: int = 2, level: Level = "medium", restaurants: int = 8, seed: int = 0
) -> tuple[TravelProblem, Plan]:
    """A trip with a database of its own and a planted plan.

    Around the plan there are things that do not go: places in other cities, rooms that are cheap but forbidden, too
    shared or for longer stays, flights on other days, places of the same name. The budget is what the plan costs, or
    up to a tenth more.

    Args:
        days: 3, 5 or 7, to 1, 2 or 3 cities, as in the benchmark.
        people: Number of travellers, from 1 to 8.
        level: How much they ask for.
        restaurants: Number of restaurants a city, at least 8; the plan needs up to 8 in one.
        seed: The same seed gives the same trip.

    Returns:
        The problem, and one plan that solves it.

    Raises:
        ConfigurationError: A number makes no sense.
    """
    if days not in CITY_COUNTS or not 1 <= people <= 8 or level not in get_args(Level) or restaurants < 8:
        raise ConfigurationError(
            f"no trip has {days} days, {people} people, the level {level!r} and {restaurants} restaurants a city"
        )
    return _Maker(random.Random(seed), days, people, level, restaurants).make()  # noqa: S311  instances, not secrets


class _Maker:
    """Makes one trip: first the route and the wishes, then what there is, then the plan and what it costs."""

    def __init__(self, rng: random.Random, days: int, people: int, level: Level, restaurants: int) -> None:
        self.rng, self.days, self.people, self.restaurants_a_city = rng, days, people, restaurants
        first = date(2022, 3, 1) + timedelta(days=rng.randrange(28))
        self.dates = tuple((first + timedelta(days=day)).isoformat() for day in range(days))
        visited = CITY_COUNTS[days]
        names = rng.sample(CITIES, visited + 2 if visited > 1 else 2)
        self.origin, *self.route = names[: visited + 1]
        self.cities = sorted(names[1:])
        self.nights = [(days - 1) // visited] * visited
        self.means: Means = rng.choices(get_args(Means), (6, 3, 2))[0]
        self.wishes = self._wishes(level)
        self.homes: dict[str, Accommodation] = {}

    def make(self) -> tuple[TravelProblem, Plan]:
        reference = Reference(
            flights=tuple(self._flights()),
            roads=tuple(self._roads()),
            restaurants=tuple(
                place for city in (self.origin, *self.cities) for place in self._restaurants(city)
            ),
            attractions=tuple(place for city in self.cities for place in self._attractions(city)),
            accommodations=tuple(place for city in self.cities for place in self._accommodations(city)),
        )
        trip = Trip(
            stops=(self.origin, *self.route, self.origin),
            nights=tuple(self.nights),
            dates=self.dates,
            people=self.people,
            means=self.means,
            cuisines=self.wishes.cuisines or (),
            homes=self.homes,
            reference=reference,
        )
        plan, cents = plant(trip, self.rng)
        problem = TravelProblem(
            origin=self.origin,
            destination=_STATE if len(self.route) > 1 else self.route[0],
            cities=tuple(self.cities),
            cities_to_visit=len(self.route),
            dates=self.dates,
            people=self.people,
            budget_cents=cents
            + (self.rng.randrange(cents // 1000 + 1) * 100 if self.rng.random() < 0.7 else 0),
            constraints=self.wishes,
            reference=reference,
        )
        return problem, plan

    def _wishes(self, level: Level) -> LocalConstraints:
        rng = self.rng
        refused: Literal["no flight", "no self-driving"] = (
            "no self-driving" if self.means == "Flight" else "no flight"
        )
        wishes: dict[str, object] = {
            "house_rule": rng.choice(get_args(HouseRule)),
            "cuisines": tuple(rng.sample(CUISINES, 4 if level == "hard" else 2)),
            "room_type": rng.choice(get_args(RoomType)),
            "transportation": refused,
        }
        kinds = list(wishes) if level == "hard" else list(wishes)[:3]
        chosen = rng.sample(kinds, {"easy": 0, "medium": 1, "hard": 3}[level])
        return LocalConstraints.model_validate({kind: wishes[kind] for kind in chosen})

    def _legs(self) -> list[tuple[str, str, int]]:
        """From, to, and the day, counted from 0."""
        stops = [self.origin, *self.route, self.origin]
        starts = [sum(self.nights[:i]) for i in range(len(stops) - 1)]
        return [(stops[i], stops[i + 1], day) for i, day in enumerate(starts)]

    def _flights(self) -> list[Flight]:
        found: list[Flight] = []
        for origin, destination, day in self._legs():
            for other in (day, day, self.rng.randrange(self.days)):
                found.append(self._flight(origin, destination, self.dates[other], len(found)))
        return found

    def _flight(self, origin: str, destination: str, day: str, place: int) -> Flight:
        rng = self.rng
        hour, minute = rng.randrange(6, 20), rng.randrange(60)
        return Flight(
            number=f"F{rng.randrange(1000, 9999)}{place:03d}",
            origin=origin,
            destination=destination,
            date=day,
            departure=f"{hour:02d}:{minute:02d}",
            arrival=f"{hour + rng.randrange(1, 4):02d}:{rng.randrange(60):02d}",
            price_cents=rng.randrange(50, 500) * 100,
        )

    def _roads(self) -> list[Road]:
        ends = [(origin, destination) for origin, destination, _ in self._legs()]
        return [
            Road(
                origin=origin,
                destination=destination,
                minutes=self.rng.randrange(60, 700),
                meters=self.rng.randrange(80_000, 900_000, 100),
            )
            for origin, destination in ends
        ]

    def _restaurants(self, city: str) -> list[Restaurant]:
        rng = self.rng
        names = self._names(_KITCHENS, 2 if city == self.origin else self.restaurants_a_city)
        if rng.random() < _TWINS:
            names.append(names[-1])
        return [
            Restaurant(
                name=name,
                city=city,
                cuisines=(
                    CUISINES[place % len(CUISINES)],
                    *rng.sample(("Cafe", "BBQ", "Bakery"), rng.randrange(3)),
                ),
                price_cents=rng.randrange(10, 100) * 100,
            )
            for place, name in enumerate(names)
        ]

    def _attractions(self, city: str) -> list[Attraction]:
        return [Attraction(name=name, city=city) for name in self._names(_SIGHTS, 5)]

    def _accommodations(self, city: str) -> list[Accommodation]:
        names = self._names(_ROOMS, 5)
        places = [self._decoy(name, city) for name in names]
        if city in self.route:
            nights = self.nights[self.route.index(city)]
            home = self.homes[city] = self._home(names[0], city, nights)
            near = self._near_misses(home, nights)
            places = [
                home,
                *(
                    place.model_copy(update={"name": name})
                    for name, place in zip(names[1:], near, strict=False)
                ),
            ]
            places += [self._decoy(name, city) for name in names[len(places) :]]
            if self.rng.random() < _TWINS:
                places.append(self._decoy(names[-1], city))
        self.rng.shuffle(places)
        return places

    def _near_misses(self, home: Accommodation, nights: int) -> list[Accommodation]:
        """Accommodations that would do but for one thing, and cost no more."""
        near = [home.model_copy(update={"minimum_nights": nights + 1})]
        if rule := self.wishes.house_rule:
            near.append(home.model_copy(update={"forbids": (*home.forbids, rule)}))
        if self.wishes.room_type:
            is_shared = home.room_type == "Shared room"
            near.append(home.model_copy(update={"room_type": "Private room" if is_shared else "Shared room"}))
        return near

    def _home(self, name: str, city: str, nights: int) -> Accommodation:
        allowed = [rule for rule in get_args(HouseRule) if rule != self.wishes.house_rule]
        kinds = {
            "shared room": ["Shared room"],
            "private room": ["Private room"],
            "entire room": ["Entire home/apt"],
            "not shared room": ["Private room", "Entire home/apt"],
        }
        kind = self.rng.choice(kinds[self.wishes.room_type] if self.wishes.room_type else list(_ROOM_TYPES))
        return self._decoy(name, city).model_copy(
            update={
                "room_type": kind,
                "forbids": tuple(self.rng.sample(allowed, self.rng.randrange(3))),
                "minimum_nights": self.rng.randrange(1, nights + 1),
            }
        )

    def _decoy(self, name: str, city: str) -> Accommodation:
        rng = self.rng
        return Accommodation(
            name=name,
            city=city,
            price_cents=rng.randrange(40, 400) * 100,
            room_type=rng.choice(cast("tuple[Literal['Private room'], ...]", _ROOM_TYPES)),
            forbids=tuple(rng.sample(get_args(HouseRule), rng.randrange(4))),
            minimum_nights=rng.randrange(1, 4),
            maximum_occupancy=rng.randrange(1, 5),
        )

    def _names(self, kinds: tuple[str, ...], count: int) -> list[str]:
        pairs = self.rng.sample([(first, kind) for first in _FIRST for kind in kinds], count)
        return [f"{first} {kind}" for first, kind in pairs]
