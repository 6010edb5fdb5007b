"""The answer: stays and the flights between them, as an answer states them."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Final, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from modulo.domains.trip_planning.problem import MAX_CITIES, MAX_DAYS

__all__ = ["MAX_STEPS", "Flight", "Stay", "Trip", "trip_of"]

MAX_STEPS: Final = 4 * MAX_CITIES
"""Most stays, and most flights, of an answer."""

Day: TypeAlias = Annotated[int, Field(ge=0, le=MAX_DAYS)]
Name: TypeAlias = Annotated[str, Field(min_length=1, max_length=80)]


class Stay(BaseModel):
    """Days in one city; the days of arrival and departure count.

    Attributes:
        city: The city.
        first: The day of arrival.
        last: The day of departure.
        days: How many days that are, as the answer says.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    city: Name
    first: Day
    last: Day
    days: Day


class Flight(BaseModel):
    """A flight on one day."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    day: Day
    origin: Name
    destination: Name


class Trip(BaseModel):
    """Everything that an answer says of days, cities and flights; whether it fits together is for the critics.

    Attributes:
        stays: The stays, in the order in which they stand there.
        flights: The flights, likewise.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    stays: tuple[Stay, ...] = Field(max_length=MAX_STEPS)
    flights: tuple[Flight, ...] = Field(max_length=MAX_STEPS)


def trip_of(*lengths: tuple[str, int]) -> Trip:
    """The trip that stays in some cities one after the other, each for a number of days, from day 1 on."""
    stays: list[Stay] = []
    for city, days in lengths:
        first = stays[-1].last if stays else 1
        stays.append(Stay(city=city, first=first, last=first + days - 1, days=days))
    flights = tuple(
        Flight(day=after.first, origin=before.city, destination=after.city) for before, after in pairwise(stays)
    )
    return Trip(stays=tuple(stays), flights=flights)
