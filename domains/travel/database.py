"""Reads the benchmark's database: of its tables, for each trip the rows that a plan for it may use.

The folder is laid out as in the benchmark's repository, with ``flights``, ``restaurants``, ``attractions``,
``accommodations``, ``googleDistanceMatrix`` and ``background``.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, TypeVar

from pydantic import ValidationError

from modulo.domains.travel import rows
from modulo.domains.travel.benchmark import Query, problem_of
from modulo.domains.travel.facts import meters_in, minutes_in
from modulo.domains.travel.problem import Reference, Road, TravelProblem
from modulo.errors import ProblemError

__all__ = ["problems_with_database"]

T = TypeVar("T")
Row = Mapping[str, str]

_MISSING: Final = frozenset(
    (
        *("", "#N/A", "#N/A N/A", "#NA", "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null"),
        *("-NaN", "-nan", "-1.#IND", "-1.#QNAN", "1.#IND", "1.#QNAN"),
    )
)
"""What pandas takes for a missing value; the benchmark drops every row with one."""
_A_DAY: Final = 24 * 60


def problems_with_database(queries: Sequence[Query], folder: Path) -> tuple[TravelProblem, ...]:
    """The trips of some rows, each with its slice of the database. Every table is read once.

    For more than three days, the slice has all cities of the state; it always has the city where the trip begins.

    Raises:
        ProblemError: A table cannot be read, or a row of it that is needed.
    """
    states = _states(folder / "background" / "citySet_with_states.txt")
    return tuple(
        problem_of(query, reference, cities)
        for query, reference, cities in _with_references(
            queries, [_cities(query, states) for query in queries], folder
        )
    )


def _states(path: Path) -> dict[str, str]:
    pairs = [line.split("\t") for line in _lines(path) if line.strip()]
    if not all(len(pair) == 2 for pair in pairs):
        raise ProblemError(f"{path} has a line that is no city and state")
    return dict(pairs)


def _lines(path: Path) -> Iterator[str]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from (line.rstrip("\r\n") for line in file)
    except (OSError, UnicodeDecodeError) as error:
        raise ProblemError(f"{path} cannot be read: {error}") from error


def _cities(query: Query, states: Mapping[str, str]) -> tuple[str, ...]:
    if query.days <= 3:
        return (query.dest,)
    found = tuple(city for city, state in states.items() if state == query.dest and city != query.org)
    if not found:
        raise ProblemError(f"the database has no city in {query.dest}")
    return found


def _with_references(
    queries: Sequence[Query], cities: Sequence[tuple[str, ...]], folder: Path
) -> Iterator[tuple[Query, Reference, tuple[str, ...]]]:
    wanted = {city for query, there in zip(queries, cities, strict=True) for city in (query.org, *there)}
    dates = {date for query in queries for date in query.date}
    flights = [
        rows.flight(row)
        for row in _rows(folder / "flights" / "clean_Flights_2022.csv", rows.FLIGHT_COLUMNS)
        if row["FlightDate"] in dates and {row["OriginCityName"], row["DestCityName"]} <= wanted
    ]
    restaurants = _places(folder / "restaurants" / "clean_restaurant_2022.csv", rows.restaurant, wanted)
    attractions = _places(folder / "attractions" / "attractions.csv", rows.attraction, wanted)
    accommodations = _places(
        folder / "accommodations" / "clean_accommodations_2022.csv", rows.accommodation, wanted
    )
    roads = list(_roads(folder / "googleDistanceMatrix" / "distance.csv", wanted))
    for query, there in zip(queries, cities, strict=True):
        own = {query.org, *there}
        yield (
            query,
            Reference(
                flights=tuple(
                    way for way in flights if way.date in query.date and {way.origin, way.destination} <= own
                ),
                roads=tuple(way for way in roads if {way.origin, way.destination} <= own),
                restaurants=tuple(place for place in restaurants if place.city in own),
                attractions=tuple(place for place in attractions if place.city in own),
                accommodations=tuple(place for place in accommodations if place.city in own),
            ),
            there,
        )


_COLUMNS: Final[Mapping[Callable[..., object], Sequence[str]]] = {
    rows.restaurant: rows.RESTAURANT_COLUMNS,
    rows.attraction: rows.ATTRACTION_COLUMNS,
    rows.accommodation: rows.ACCOMMODATION_COLUMNS,
}


def _places(path: Path, read: Callable[[Row], T], wanted: Collection[str]) -> list[T]:
    found = []
    for number, row in enumerate(_rows(path, _COLUMNS[read]), start=1):
        if row.get("city", row.get("City")) in wanted:
            try:
                found.append(read(row))
            except (ProblemError, ValidationError) as error:
                raise ProblemError(f"{path}, row {number} that is complete: {error}") from error
    return found


def _roads(path: Path, wanted: Collection[str]) -> Iterator[Road]:
    """Ways that take less than a day; the benchmark takes no others."""
    for row in _rows(path, ("origin", "destination", "duration", "distance"), unused=("cost",)):
        if not {row["origin"], row["destination"]} <= set(wanted) or row["origin"] == row["destination"]:
            continue
        minutes, meters = minutes_in(row["duration"]), meters_in(row["distance"].removesuffix(" km"))
        if minutes is None or meters is None:
            raise ProblemError(f"{path} has a road without a readable duration or distance: {dict(row)}")
        if minutes < _A_DAY:
            yield Road(origin=row["origin"], destination=row["destination"], minutes=minutes, meters=meters)


def _rows(path: Path, columns: Sequence[str], unused: Collection[str] = ()) -> Iterator[Row]:
    """The rows of a table in which no value is missing; but those that nobody uses."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = csv.DictReader(file, strict=True)
            if not set(columns) <= set(table.fieldnames or ()):
                raise ProblemError(f"{path} has not the columns {', '.join(columns)}")
            for row in table:
                if None in row or None in row.values():
                    raise ProblemError(f"{path}, line {table.line_num}: the row has not {len(row)} columns")
                if not any(value in _MISSING for key, value in row.items() if key not in unused):
                    yield row
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ProblemError(f"{path} cannot be read: {error}") from error
