"""Reads trips as TravelPlanner publishes them: rows of its data set, with the information that each comes with.

A row has ``org``, ``dest``, ``days``, ``visiting_city_number``, ``date``, ``people_number``, ``local_constraint``,
``budget``, ``query``, ``level`` and ``reference_information``. In its ``.csv`` files, lists and objects are Python
literals.
"""

from __future__ import annotations

import ast
import csv
import io
import warnings
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from modulo.canonical import JsonValue, canonical_json, codec_for, parse_json
from modulo.domain import read_file
from modulo.domains.travel.information import read_information
from modulo.domains.travel.problem import LocalConstraints, Reference, TravelProblem
from modulo.errors import ProblemError
from modulo.generators.transcript import json_lines

__all__ = ["Query", "problem_of", "read_problem", "read_problem_in", "read_queries"]

_MOST_CHARACTERS: Final = 5_000_000
_PARSED: Final = ("date", "local_constraint", "reference_information")
_IGNORED: Final = ("annotated_plan", "annotated plan", "idx", "")


class _Wishes(BaseModel):
    """``local_constraint`` as the benchmark writes it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    house_rule: str | None = Field(alias="house rule")
    cuisine: list[str] | None
    room_type: str | None = Field(alias="room type")
    transportation: str | None


class Query(BaseModel):
    """A row of the benchmark, without its information.

    Attributes:
        org: Where the trip begins and ends.
        dest: A city, or for more than three days a state.
        days: The number of days.
        visiting_city_number: How many cities are to be visited.
        date: The days.
        people_number: How many travel.
        local_constraint: What they ask for.
        budget: What they have, in dollars.
        query: The request in words.
        level: How hard it is.
        reference_information: What there is, if the row says it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    org: str
    dest: str
    days: int
    visiting_city_number: int
    date: list[str]
    people_number: int
    local_constraint: _Wishes
    budget: int
    query: str
    level: str = ""
    reference_information: Any = None


def read_problem(document: JsonValue) -> TravelProblem:
    """A problem in our own form, or a row of the benchmark with its ``reference_information``.

    Raises:
        ProblemError: It is neither.
    """
    if isinstance(document, Mapping) and "org" in document:
        return problem_of(_query(document))
    problem: TravelProblem = codec_for(TravelProblem).decode(canonical_json(document))
    return problem


def problem_of(
    query: Query, reference: Reference | None = None, cities: Sequence[str] | None = None
) -> TravelProblem:
    """The problem that a row of the benchmark states.

    Args:
        query: The row.
        reference: What there is; None takes the row's ``reference_information``.
        cities: The cities that may be visited; None takes those that the information is about.

    Raises:
        ProblemError: It states none, or says not what there is.
    """
    if reference is None:
        reference = read_information(query.reference_information, query.date)
    if len(query.date) != query.days:
        raise ProblemError(f"the row has {query.days} days but {len(query.date)} dates")
    try:
        return TravelProblem(
            query=query.query,
            origin=query.org,
            destination=query.dest,
            cities=tuple(cities if cities is not None else _visitable(query, reference)),
            cities_to_visit=query.visiting_city_number,
            dates=tuple(query.date),
            people=query.people_number,
            budget_cents=query.budget * 100,
            constraints=_constraints(query.local_constraint),
            reference=reference,
        )
    except ValidationError as error:
        raise _no_row(error) from error


def _visitable(query: Query, reference: Reference) -> list[str]:
    """Of three days, the destination is a city, else a state: ``is_reasonalbe_visiting_city``."""
    if query.days <= 3:
        return [query.dest]
    return [city for city in dict.fromkeys(reference.cities()) if city != query.org]


def _constraints(wishes: _Wishes) -> LocalConstraints:
    rule = wishes.house_rule
    fields = {
        # The benchmark's code spells it so.
        "house_rule": "parties" if rule == "parities" else rule,
        "cuisines": tuple(wishes.cuisine) if wishes.cuisine else None,
        "room_type": wishes.room_type,
        "transportation": wishes.transportation,
    }
    return LocalConstraints.model_validate(fields)


def read_queries(path: Path) -> Iterator[Query]:
    """The rows of a file, ``.csv`` or JSON lines (plain or .gz).

    Raises:
        ProblemError: It cannot be read, or a line is no row.
    """
    for number, row in enumerate(_rows(path), start=1):
        try:
            yield _query(row)
        except ProblemError as error:
            raise ProblemError(f"row {number} of {path}: {error}") from error


def read_problem_in(path: Path) -> TravelProblem:
    """The problem in a file of JSON, or with ``#N`` behind its name, in the N-th row of a file of them.

    Raises:
        ProblemError: There is none.
    """
    name, mark, wanted = str(path).rpartition("#")
    if not mark:
        return read_problem(parse_json(read_file(path)))
    if not wanted.isascii() or not wanted.isdigit() or not 0 < len(wanted) < 8 or int(wanted) < 1:
        raise ProblemError(f"{path}: after '#' comes the number of a row, from 1")
    query = next(islice(read_queries(Path(name)), int(wanted) - 1, None), None)
    if query is None:
        raise ProblemError(f"{name} has fewer than {wanted} rows")
    return problem_of(query)


def _rows(path: Path) -> Iterator[Mapping[str, Any]]:
    if path.suffix == ".csv":
        yield from _csv_rows(path)
        return
    for line in json_lines(path):
        row = parse_json(line)
        if not isinstance(row, dict):
            raise ProblemError(f"{path} has a line that is no JSON object")
        yield row


def _csv_rows(path: Path) -> Iterator[Mapping[str, Any]]:
    try:
        text = read_file(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ProblemError(f"{path} is not a text file") from error
    rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    limit = csv.field_size_limit(_MOST_CHARACTERS)
    try:
        for row in rows:
            yield {key: _number(key, value) for key, value in row.items()}
    except csv.Error as error:
        raise ProblemError(f"{path}, line {rows.line_num}: {error}") from error
    finally:
        csv.field_size_limit(limit)


def _number(key: str | None, value: str | None) -> Any:
    whole = ("days", "visiting_city_number", "people_number", "budget")
    if key in whole and value and value.isascii() and value.isdigit() and len(value) < 12:
        return int(value)
    return value


def _query(row: Mapping[str, Any]) -> Query:
    fields = {key: value for key, value in row.items() if key not in _IGNORED}
    for key in _PARSED:
        if isinstance(fields.get(key), str):
            fields[key] = _literal(key, fields[key])
    try:
        return Query.model_validate(fields)
    except ValidationError as error:
        raise _no_row(error) from error


def _literal(key: str, text: str) -> Any:
    """The value of a Python literal; nothing is evaluated."""
    if len(text) > _MOST_CHARACTERS:
        raise ProblemError(f"{key} is longer than {_MOST_CHARACTERS} characters")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of escapes that are none
            return ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError) as error:
        raise ProblemError(f"{key} is no list or object: {type(error).__name__}") from error


def _no_row(error: ValidationError) -> ProblemError:
    faults = (f"{'.'.join(map(str, fault['loc'])) or 'row'}: {fault['msg']}" for fault in error.errors()[:5])
    return ProblemError(f"no trip of the benchmark's: {'; '.join(faults)}")
