"""The problem: cities to stay in, appointments in them, and direct flights between them."""

from __future__ import annotations

import re
from collections import Counter
from functools import cached_property, lru_cache
from typing import Annotated, Final, Literal, Self, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

__all__ = [
    "MAX_CITIES",
    "MAX_DAYS",
    "NAME",
    "Appointment",
    "AppointmentKind",
    "Connection",
    "Day",
    "TripProblem",
    "Visit",
    "Wording",
]

MAX_CITIES: Final = 50
"""Most cities of a problem; the benchmark has 3 to 10."""
MAX_DAYS: Final = 9999
"""Longest trip; the benchmark has at most 32 days."""

NAME: Final = r"[^\W\d_]+(?:[ '\u2019-][^\W\d_]+){0,5}"
"""A city's name as a regular expression: words of letters."""
_SYNTAX: Final = frozenset({"and", "from", "to", "for", "in", "at", "between", "visit"})
"""Words that statements and answers are written with; a name with one of them could be read in two ways."""


@lru_cache(maxsize=1000)
def _is_name(name: str) -> str:
    if len(name) > 60 or not re.fullmatch(NAME, name):
        raise ValueError(f"{name[:60]!r} is no name of a city")
    if not _SYNTAX.isdisjoint(name.casefold().split(" ")):
        raise ValueError(f"the name {name!r} holds a word that sentences about trips are made of")
    return name


City: TypeAlias = Annotated[str, AfterValidator(_is_name)]
Day: TypeAlias = Annotated[int, Field(ge=1, le=MAX_DAYS)]

AppointmentKind: TypeAlias = Literal[
    "friend", "friends", "relatives", "wedding", "workshop", "conference", "show"
]
"""What the seven kinds of the benchmark's sentences are about."""

Wording: TypeAlias = Literal["stay", "spend", "visit"]


class Appointment(BaseModel):
    """Something to do in a city from one day to another.

    Attributes:
        kind: What it is. It decides which of its days to be there; see ``is_kept``.
        first: Its first day.
        last: Its last day.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: AppointmentKind
    first: Day
    last: Day

    @property
    def takes_every_day(self) -> bool:
        """Whether one has to be there on each of its days, or on any of them, as for a conference *during* them.

        See docs/design/0016-natural-plan.md for how this was settled.
        """
        return self.kind != "conference"

    def is_kept(self, arrival: int, departure: int) -> bool:
        """Whether it is kept by staying from one day to another."""
        if self.takes_every_day:
            return arrival <= self.first and self.last <= departure
        return arrival <= self.last and self.first <= departure


class Visit(BaseModel):
    """A city to stay in.

    Attributes:
        city: Its name.
        days: How many days to stay; days of travel count for both cities.
        appointments: What to do there on certain days.
        wording: Which of the benchmark's sentences asks for it. It means nothing.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    city: City
    days: Day
    appointments: tuple[Appointment, ...] = Field(default=(), max_length=100)
    wording: Wording = "visit"


class Connection(BaseModel):
    """A direct flight.

    Attributes:
        origin: Where it starts.
        destination: Where it lands.
        both_ways: Whether it also goes back.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    origin: City
    destination: City
    both_ways: bool


class TripProblem(BaseModel):
    """A trip to plan.

    Attributes:
        days: How many days it takes in all.
        visits: The cities, each once, in any order.
        connections: The direct flights. Those to cities that are not to be visited are of no use.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    days: Day
    visits: tuple[Visit, ...] = Field(min_length=1, max_length=MAX_CITIES)
    connections: tuple[Connection, ...] = Field(max_length=2 * MAX_CITIES**2)

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        for city, times in Counter(visit.city for visit in self.visits).items():
            if times > 1:
                raise ValueError(f"the stay in {city} is given {times} times")
        for visit in self.visits:
            for one in visit.appointments:
                if not one.first <= one.last <= self.days:
                    raise ValueError(
                        f"the days {one.first} to {one.last} in {visit.city} are no days of a trip of {self.days}"
                    )
        for connection in self.connections:
            if connection.origin == connection.destination:
                raise ValueError(f"a flight leads from {connection.origin} to the same city")
        return self

    @cached_property
    def flights(self) -> frozenset[tuple[str, str]]:
        """Every pair of cities, origin first, with a direct flight."""
        there = {(one.origin, one.destination) for one in self.connections}
        back = {(one.destination, one.origin) for one in self.connections if one.both_ways}
        return frozenset(there | back)

    @cached_property
    def by_city(self) -> dict[str, Visit]:
        """The visits, by their city."""
        return {visit.city: visit for visit in self.visits}
