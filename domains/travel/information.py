"""Reads ``reference_information``: what the benchmark gives a planner who needs no tools.

It is a list of ``{"Description": .., "Content": ..}`` whose content is a table printed by pandas, or an object of
titles and lists of rows (``train_ref_info.jsonl``). What is neither a known title nor a readable row is an error.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from pydantic import ValidationError

from modulo.domains.travel import rows
from modulo.domains.travel.facts import meters_in, minutes_in
from modulo.domains.travel.problem import Reference, Road
from modulo.domains.travel.tables import read_table
from modulo.errors import ProblemError

__all__ = ["read_information"]

Row: TypeAlias = Mapping[str, object]

_TITLE: Final = re.compile(
    r"(Attractions|Restaurants|Accommodations) in ([^\n]{1,100})"
    r"|(Flight|Self-driving|Taxi) from ([^\n]{1,100}?) to ([^\n]{1,100}?)(?: on ([0-9-]{10}))?"
)
_NOTHING: Final = ("There is no ", "No valid information", "Empty DataFrame")
_MOST_PARTS: Final = 20_000


def read_information(information: object, dates: Collection[str]) -> Reference:
    """What there is, from a row's ``reference_information``.

    Args:
        information: The list or object.
        dates: The days of the trip; flights of others are left out.

    Raises:
        ProblemError: Something in it cannot be read.
    """
    found: dict[str, list[Any]] = {"flights": [], "restaurants": [], "attractions": [], "accommodations": []}
    roads: dict[tuple[str, str], Road] = {}
    for title, content in _parts(information):
        match = _TITLE.fullmatch(title)
        if match is None:
            raise ProblemError(f"reference_information has the unknown title {title[:100]!r}")
        place, _, means, origin, destination, _ = match.groups()
        try:
            if means in ("Self-driving", "Taxi"):
                _add_road(roads, means, origin, destination, content)
            elif means is not None:
                found["flights"] += [rows.flight(row) for row in _table(content, rows.FLIGHT_COLUMNS)]
            else:
                found[place.lower()] += _places(place, content)
        except (ProblemError, ValidationError) as error:
            raise ProblemError(f"reference_information, {title[:100]!r}: {_first_line(error)}") from error
    found["flights"] = [flight for flight in found["flights"] if flight.date in dates]
    return Reference(roads=tuple(roads.values()), **{kind: tuple(there) for kind, there in found.items()})


def _parts(information: object) -> Iterator[tuple[str, object]]:
    """Titles and contents, each title once."""
    if isinstance(information, Mapping):
        pairs: list[tuple[object, object]] = list(information.items())
    elif isinstance(information, Sequence) and not isinstance(information, (str, bytes)):
        pairs = [_pair(part) for part in information]
    else:
        raise ProblemError("the row has no reference_information, and no database was given")
    if len(pairs) > _MOST_PARTS:
        raise ProblemError(f"reference_information has {len(pairs)} parts; {_MOST_PARTS} are read at most")
    seen: set[object] = set()
    for title, content in pairs:
        if not isinstance(title, str) or title in seen:
            raise ProblemError(f"reference_information has the title {title!r:.100} twice, or it is no text")
        seen.add(title)
        yield title, content


def _pair(part: object) -> tuple[object, object]:
    if not isinstance(part, Mapping) or set(part) != {"Description", "Content"}:
        raise ProblemError("a part of reference_information is not {Description, Content}")
    return part["Description"], part["Content"]


def _places(kind: str, content: object) -> list[Any]:
    if kind == "Restaurants":
        return [rows.restaurant(row) for row in _table(content, rows.RESTAURANT_COLUMNS)]
    if kind == "Attractions":
        return [rows.attraction(row) for row in _table(content, rows.ATTRACTION_COLUMNS)]
    return [rows.accommodation(row) for row in _table(content, rows.ACCOMMODATION_COLUMNS)]


def _table(content: object, columns: Sequence[str]) -> list[Row]:
    if isinstance(content, str):
        return [] if content.startswith(_NOTHING) else list(read_table(content, columns))
    if not isinstance(content, Sequence) or not all(isinstance(row, Mapping) for row in content):
        raise ProblemError("the content is neither a table nor a list of rows")
    return list(content)


_ROAD: Final = re.compile(
    r"(?i:self-driving|taxi|driving), from ([^\n]{1,100}?) to ([^\n]{1,100}?), duration: ([a-z0-9 ]{1,40}), "
    r"distance: ([0-9,.]{1,12}) km, cost: ([0-9]{1,9})"
)


def _add_road(
    roads: dict[tuple[str, str], Road], means: str, origin: str, destination: str, content: object
) -> None:
    """Add the road that a text tells of, unless it is there; its cost must be the one of this distance."""
    if not isinstance(content, str):
        raise ProblemError("the content is no text")
    if content.startswith(_NOTHING) or content.endswith("no valid information."):
        return
    match = _ROAD.fullmatch(content)
    road = None if match is None else rows.road(origin, destination, minutes_in(match[3]), meters_in(match[4]))
    if match is None or road is None or (match[1], match[2]) != (origin, destination):
        raise ProblemError(f"no road can be read of {content[:100]!r}")
    cents = road.taxi_cents if means == "Taxi" else road.self_driving_cents
    if int(match[5]) * 100 != cents:
        raise ProblemError(f"the cost is {match[5]}, but by the distance it is {cents // 100}")
    if roads.setdefault((origin, destination), road) != road:
        raise ProblemError("self-driving and taxi have different distances")


def _first_line(error: Exception) -> str:
    if isinstance(error, ValidationError):
        fault = error.errors()[0]
        return f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}"
    return str(error)
