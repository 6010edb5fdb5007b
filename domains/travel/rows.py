"""Single rows of the benchmark's tables, strictly: a number that is none, or an unknown rule, is an error."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Final, TypeAlias

from modulo.domains.travel.problem import Accommodation, Attraction, Flight, Restaurant, Road
from modulo.errors import ProblemError

__all__ = [
    "ACCOMMODATION_COLUMNS",
    "ATTRACTION_COLUMNS",
    "FLIGHT_COLUMNS",
    "RESTAURANT_COLUMNS",
    "accommodation",
    "attraction",
    "flight",
    "restaurant",
    "road",
]

Row: TypeAlias = Mapping[str, object]

FLIGHT_COLUMNS: Final = (
    "Flight Number",
    "Price",
    "DepTime",
    "ArrTime",
    "ActualElapsedTime",
    "FlightDate",
    "OriginCityName",
    "DestCityName",
    "Distance",
)
RESTAURANT_COLUMNS: Final = ("Name", "Average Cost", "Cuisines", "Aggregate Rating", "City")
ATTRACTION_COLUMNS: Final = ("Name", "Latitude", "Longitude", "Address", "Phone", "Website", "City")
ACCOMMODATION_COLUMNS: Final = (
    "NAME",
    "price",
    "room type",
    "house_rules",
    "minimum nights",
    "maximum occupancy",
    "review rate number",
    "city",
)

_AMOUNT: Final = re.compile(r"[0-9]{1,9}(\.[0-9]{1,6})?", re.ASCII)


def flight(row: Row) -> Flight:
    """A row of ``clean_Flights_2022.csv``."""
    return Flight(
        number=_text(row, "Flight Number"),
        origin=_text(row, "OriginCityName"),
        destination=_text(row, "DestCityName"),
        date=_text(row, "FlightDate"),
        departure=_text(row, "DepTime"),
        arrival=_text(row, "ArrTime"),
        price_cents=_cents(row, "Price"),
    )


def restaurant(row: Row) -> Restaurant:
    """A row of ``clean_restaurant_2022.csv``."""
    return Restaurant(
        name=_text(row, "Name"),
        city=_text(row, "City"),
        cuisines=tuple(part.strip() for part in _text(row, "Cuisines").split(",")),
        price_cents=_cents(row, "Average Cost"),
    )


def attraction(row: Row) -> Attraction:
    """A row of ``attractions.csv``."""
    return Attraction(name=_text(row, "Name"), city=_text(row, "City"))


def accommodation(row: Row) -> Accommodation:
    """A row of ``clean_accommodations_2022.csv``."""
    fields = {
        "name": _text(row, "NAME"),
        "city": _text(row, "city"),
        "price_cents": _cents(row, "price"),
        "room_type": _text(row, "room type"),
        "forbids": tuple(_forbidden(rule) for rule in _text(row, "house_rules").split(" & ")),
        "minimum_nights": _whole(row, "minimum nights"),
        "maximum_occupancy": _whole(row, "maximum occupancy"),
    }
    return Accommodation.model_validate(fields)


def road(origin: str, destination: str, minutes: int | None, meters: int | None) -> Road | None:
    """A road, unless its duration or its distance could not be read."""
    if minutes is None or meters is None:
        return None
    return Road(origin=origin, destination=destination, minutes=minutes, meters=meters)


def _forbidden(rule: str) -> str:
    if not rule.startswith("No "):
        raise ProblemError(f"the house rule {rule[:60]!r} is not known")
    return rule.removeprefix("No ")


def _text(row: Row, column: str) -> str:
    value = row.get(column)
    if not isinstance(value, str):
        raise ProblemError(f"a row has no text as its {column!r}")
    return value.strip()


def _number(row: Row, column: str) -> Decimal:
    """A number that is one, or is written as one; exactly."""
    value = row.get(column)
    text = repr(value) if type(value) in (int, float) else value
    if not isinstance(text, str) or not _AMOUNT.fullmatch(text.strip()):
        raise ProblemError(f"a row's {column!r} is no number: {value!r:.60}")
    return Decimal(text.strip())


def _cents(row: Row, column: str) -> int:
    cents = _number(row, column) * 100
    if cents != cents.to_integral_value():
        raise ProblemError(f"a row's {column!r} is no amount in cents: {cents / 100}")
    return int(cents)


def _whole(row: Row, column: str) -> int:
    number = _number(row, column)
    if number != number.to_integral_value():
        raise ProblemError(f"a row's {column!r} is no whole number: {number}")
    return int(number)
