"""The candidate: the benchmark's plan, one entry a day, read to the letter; and what single entries say."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import BaseModel, Field, StringConstraints

from modulo.canonical import parse_json
from modulo.domains.travel.problem import STRICT
from modulo.errors import Malformed, ProblemError

__all__ = ["FIELDS", "MEALS", "DayPlan", "Leg", "Plan", "is_given", "listed", "read_leg", "read_plan"]

Entry: TypeAlias = Annotated[str, StringConstraints(max_length=4000)]
MEALS: Final = ("breakfast", "lunch", "dinner")
FIELDS: Final = (
    "days",
    "current_city",
    "transportation",
    "breakfast",
    "attraction",
    "lunch",
    "dinner",
    "accommodation",
)
_AROUND_A_PLAN: Final = frozenset(("plan", "idx", "query"))
"""What a line of the benchmark's submissions has."""
_MOST_DAYS: Final = 31
_LONE_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_FORM: Final = f'Answer with {{"plan": [..]}}, one object a day with the keys {", ".join(FIELDS)}.'


class DayPlan(BaseModel):
    """A day: ``-`` stands for nothing.

    Attributes:
        days: The number of the day, from 1.
        current_city: The city, or ``from A to B``.
        transportation: How to get from A to B.
        attraction: ``Name, City`` for each, with semicolons between.
        accommodation: Where to sleep, ``Name, City``; so are the meals.
    """

    model_config = STRICT

    days: Annotated[int, Field(ge=0, le=1000)]
    current_city: Entry
    transportation: Entry
    breakfast: Entry
    attraction: Entry
    lunch: Entry
    dinner: Entry
    accommodation: Entry

    def meals(self) -> dict[str, str]:
        """The meals that are given, by name."""
        meals = {"breakfast": self.breakfast, "lunch": self.lunch, "dinner": self.dinner}
        return {name: entry for name, entry in meals.items() if is_given(entry)}


Plan: TypeAlias = tuple[DayPlan, ...]
"""A whole trip, day by day."""


def is_given(entry: str) -> bool:
    """Whether an entry says anything; ``-`` and nothing at all do not."""
    return entry.strip() not in ("", "-")


def listed(attraction: str) -> list[str]:
    """The attractions of a day, one by one; a semicolon may stand behind the last one, too."""
    if not is_given(attraction):
        return []
    entries = attraction.split(";")
    return entries if entries[-1].strip() else entries[:-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """What a transportation entry says.

    Attributes:
        kind: The means.
        origin: From where.
        destination: To where.
        facts: What else it says: number, departure and arrival of a flight; duration, distance and cost by car.
    """

    kind: Literal["Flight", "Self-driving", "Taxi"]
    origin: str
    destination: str
    facts: Mapping[str, str] = field(default_factory=dict)


_CITIES: Final = r"from ([^,;\n]{1,120}?) to ([^,;\n]{1,120}?)"
_FLIGHT: Final = re.compile(
    rf"Flight Number: ([^,;\s]{{1,40}}), {_CITIES}, Departure Time: ([0-9:]{{5}}), Arrival Time: ([0-9:]{{5}})"
)
_DRIVE: Final = re.compile(
    rf"((?i:Self-driving|Taxi)),? {_CITIES}"
    r"(?:, (?i:duration): ([0-9a-z ]{1,40}))?(?:, (?i:distance): ([0-9,.]{1,12}) ?km)?"
    r"(?:, (?i:cost): \$?([0-9]{1,9}))?"
)


def read_leg(entry: str) -> Leg | None:
    """What a transportation entry says; None if it has none of the benchmark's forms."""
    if len(entry) > 600:
        return None
    if flight := _FLIGHT.fullmatch(entry):
        number, origin, destination, departure, arrival = flight.groups()
        facts = {"number": number, "departure": departure, "arrival": arrival}
        return Leg(kind="Flight", origin=origin, destination=destination, facts=facts)
    if drive := _DRIVE.fullmatch(entry):
        kind, origin, destination, *values = drive.groups()
        named = zip(("duration", "distance", "cost"), values, strict=True)
        return Leg(
            kind="Taxi" if kind.lower() == "taxi" else "Self-driving",
            origin=origin,
            destination=destination,
            facts={name: value for name, value in named if value is not None},
        )
    return None


def read_plan(document: object) -> Plan:
    """A plan in a JSON document, or in its text: a list of days, or an object with one as its ``plan``.

    ``day`` may stand for ``days``, and empty objects behind the last day say nothing, as in the benchmark's files.

    Raises:
        Malformed: The document is no such list.
    """
    if isinstance(document, str):
        try:
            document = parse_json(document)
        except ProblemError as error:
            raise Malformed(f"The answer is {error}.", hint=_FORM) from error
    if isinstance(document, Mapping) and not document.keys() <= _AROUND_A_PLAN:
        strange = [key for key in document if key not in _AROUND_A_PLAN]
        raise Malformed(f"The answer has {_quoted(strange)} beside its plan.", hint=_FORM)
    days = document.get("plan") if isinstance(document, Mapping) else document
    if not isinstance(days, (list, tuple)) or not days:
        raise Malformed("The answer is no list of days.", hint=_FORM)
    while days and days[-1] == {}:
        days = days[:-1]
    if not 0 < len(days) <= _MOST_DAYS:
        raise Malformed(f"The plan has {len(days)} days.", hint=_FORM)
    return tuple(_read_day(day, number) for number, day in enumerate(days, start=1))


def _read_day(day: object, number: int) -> DayPlan:
    if not isinstance(day, Mapping):
        raise Malformed(f"Day {number} is no JSON object.", location=f"day {number}", hint=_FORM)
    named = {"days" if key == "day" and "days" not in day else key: value for key, value in day.items()}
    _check_keys(named, number)
    for key in FIELDS:
        _check_value(key, named[key], number)
    return DayPlan(**named)


def _check_keys(day: Mapping[Any, Any], number: int) -> None:
    missing = [key for key in FIELDS if key not in day]
    strange = [key for key in day if key not in FIELDS]
    if missing or strange:
        fault = f"lacks {_quoted(missing)}" if missing else f"has {_quoted(strange)}, which belongs to no day"
        raise Malformed(f"Day {number} {fault}.", location=f"day {number}", hint=_FORM)


def _check_value(key: str, value: object, number: int) -> None:
    location = f"day {number}, {key}"
    if key == "days":
        if type(value) is not int or not 0 <= value <= 1000:
            raise Malformed(f"The number of day {number} is no number of a day.", location=location)
    elif not isinstance(value, str) or _LONE_SURROGATE.search(value):
        raise Malformed(
            f"The {key} of day {number} is not a text.", location=location, hint='write "-" for nothing.'
        )
    elif len(value) > 4000:
        raise Malformed(f"The {key} of day {number} is longer than 4000 characters.", location=location)


def _quoted(keys: Sequence[object]) -> str:
    return ", ".join(f"{key!s:.40}" for key in keys[:8])
