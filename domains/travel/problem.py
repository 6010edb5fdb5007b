"""The problem: who wants to travel where, when and for how much, with the slice of the database that counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from functools import cached_property
from typing import Annotated, Final, Literal, Self, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

__all__ = [
    "Accommodation",
    "Attraction",
    "Flight",
    "HouseRule",
    "LocalConstraints",
    "Reference",
    "Restaurant",
    "Road",
    "RoomType",
    "TravelProblem",
    "dollars",
    "entry_of",
]

T = TypeVar("T")
K = TypeVar("K")

STRICT: Final = ConfigDict(frozen=True, extra="forbid", strict=True)

Name: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=300)]
CityName: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[^,;()\s]([^,;()\n]{0,98}[^,;()\s])?$")]
Day: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
Time: TypeAlias = Annotated[str, StringConstraints(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$")]
Cents: TypeAlias = Annotated[int, Field(ge=0, le=10**12)]
Count: TypeAlias = Annotated[int, Field(ge=1, le=1000)]

HouseRule: TypeAlias = Literal["smoking", "parties", "children under 10", "visitors", "pets"]
RoomType: TypeAlias = Literal["shared room", "not shared room", "private room", "entire room"]

_MOST_ROWS: Final = 50_000
_MINUTES_A_DAY: Final = 24 * 60


def dollars(cents: int) -> str:
    """An amount for people to read: ``$40`` or ``$40.50``."""
    return f"${cents // 100}" if cents % 100 == 0 else f"${cents // 100}.{cents % 100:02d}"


class Flight(BaseModel):
    """A flight on a certain day; its price is for one person."""

    model_config = STRICT

    number: Name
    origin: CityName
    destination: CityName
    date: Day
    departure: Time
    arrival: Time
    price_cents: Cents


class Road(BaseModel):
    """The way by car from one city to another, which takes less than a day."""

    model_config = STRICT

    origin: CityName
    destination: CityName
    minutes: int = Field(ge=0, lt=_MINUTES_A_DAY)
    meters: int = Field(ge=0, le=10**8)

    @property
    def taxi_cents(self) -> int:
        """What one taxi costs: a dollar a kilometre, rounded down to whole dollars."""
        return self.meters // 1000 * 100

    @property
    def self_driving_cents(self) -> int:
        """What one car of one's own costs: five cents a kilometre, rounded down to whole dollars."""
        return self.meters * 5 // 100_000 * 100


class Restaurant(BaseModel):
    """A restaurant; its price is what a meal costs one person on average."""

    model_config = STRICT

    name: Name
    city: CityName
    cuisines: tuple[Name, ...]
    price_cents: Cents


class Attraction(BaseModel):
    """Something to see."""

    model_config = STRICT

    name: Name
    city: CityName


class Accommodation(BaseModel):
    """A place to sleep; its price is for one room and one night.

    Attributes:
        forbids: What guests may not do or bring.
    """

    model_config = STRICT

    name: Name
    city: CityName
    price_cents: Cents
    room_type: Literal["Entire home/apt", "Private room", "Shared room", "Hotel room"]
    forbids: tuple[HouseRule, ...]
    minimum_nights: Annotated[int, Field(ge=0, le=10_000)]
    maximum_occupancy: Count


Place: TypeAlias = Restaurant | Attraction | Accommodation


class Reference(BaseModel):
    """What there is: the only flights, roads and places that a plan may use."""

    model_config = STRICT

    flights: tuple[Flight, ...] = Field(max_length=_MOST_ROWS)
    roads: tuple[Road, ...] = Field(max_length=_MOST_ROWS)
    restaurants: tuple[Restaurant, ...] = Field(max_length=_MOST_ROWS)
    attractions: tuple[Attraction, ...] = Field(max_length=_MOST_ROWS)
    accommodations: tuple[Accommodation, ...] = Field(max_length=_MOST_ROWS)

    def cities(self) -> Iterable[str]:
        """Every city that is named, as often as it is named."""
        ways: tuple[Flight | Road, ...] = (*self.flights, *self.roads)
        for way in ways:
            yield way.origin
            yield way.destination
        places: tuple[Place, ...] = (*self.restaurants, *self.attractions, *self.accommodations)
        for place in places:
            yield place.city


class LocalConstraints(BaseModel):
    """What travellers ask for besides; None where they do not mind.

    Attributes:
        house_rule: What the accommodations must allow.
        cuisines: What they want to have eaten at least once, not counting the city where they live.
        room_type: What every room must be.
        transportation: What they do not want to take.
    """

    model_config = STRICT

    house_rule: HouseRule | None = None
    cuisines: tuple[Name, ...] | None = Field(default=None, min_length=1, max_length=50)
    room_type: RoomType | None = None
    transportation: Literal["no flight", "no self-driving"] | None = None


class TravelProblem(BaseModel):
    """A trip to plan.

    Attributes:
        query: The request in words; only for the prompt.
        origin: Where the trip begins and ends.
        destination: A city, or the state that the cities are in.
        cities: The cities that may be visited: the destination, or those of the state.
        cities_to_visit: How many of them.
        dates: Every day of the trip.
        people: How many travel.
        budget_cents: What the trip may cost them all together.
        constraints: What else they ask for.
        reference: What there is to choose from.
    """

    model_config = STRICT

    query: Annotated[str, StringConstraints(max_length=5000)] = ""
    origin: CityName
    destination: CityName
    cities: tuple[CityName, ...] = Field(min_length=1, max_length=500)
    cities_to_visit: Count
    dates: tuple[Day, ...] = Field(min_length=2, max_length=31)
    people: Count
    budget_cents: Cents
    constraints: LocalConstraints
    reference: Reference

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if len(set(self.cities)) != len(self.cities) or self.origin in self.cities:
            raise ValueError("a city is named twice, or is where the trip begins")
        if self.cities_to_visit > min(len(self.cities), len(self.dates) - 1):
            raise ValueError(f"there are not cities or days enough to visit {self.cities_to_visit} cities")
        first = date.fromisoformat(self.dates[0])
        for number, day in enumerate(self.dates):
            if date.fromisoformat(day) != first + timedelta(days=number):
                raise ValueError(f"the dates are not consecutive at {day}")
        if any(" to " in city for city in (self.origin, *self.cities)):
            raise ValueError("a city's name has the word 'to' in it, so that no way there can be written")
        strange = set(self.reference.cities()) - {self.origin, *self.cities}
        if strange:
            raise ValueError(f"the reference has {min(strange)}, which is no city of this trip")
        return self

    @property
    def days(self) -> int:
        """How many days the trip takes."""
        return len(self.dates)

    @cached_property
    def restaurants(self) -> dict[str, tuple[Restaurant, ...]]:
        """Restaurants by the entry that names them; several where one entry fits several."""
        return _grouped(self.reference.restaurants, entry_of)

    @cached_property
    def attractions(self) -> dict[str, tuple[Attraction, ...]]:
        """Attractions by the entry that names them."""
        return _grouped(self.reference.attractions, entry_of)

    @cached_property
    def accommodations(self) -> dict[str, tuple[Accommodation, ...]]:
        """Accommodations by the entry that names them."""
        return _grouped(self.reference.accommodations, entry_of)

    @cached_property
    def flights(self) -> dict[str, tuple[Flight, ...]]:
        """Flights by their number."""
        return _grouped(self.reference.flights, lambda flight: flight.number)

    @cached_property
    def roads(self) -> dict[tuple[str, str], tuple[Road, ...]]:
        """Roads by their ends."""
        return _grouped(self.reference.roads, lambda road: (road.origin, road.destination))


def entry_of(place: Place) -> str:
    """How a plan names a place: its name, a comma, and its city."""
    return f"{' '.join(place.name.split())}, {place.city}"


def _grouped(rows: Iterable[T], key: Callable[[T], K]) -> dict[K, tuple[T, ...]]:
    found: dict[K, list[T]] = {}
    for row in rows:
        found.setdefault(key(row), []).append(row)
    return {name: tuple(same) for name, same in found.items()}
