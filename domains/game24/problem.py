"""The problem: numbers and a target; read from JSON, from JSON lines, or from the CSV file of Tree of Thoughts."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field

from modulo.canonical import JsonValue, canonical_json, codec_for, parse_json
from modulo.domain import read_file
from modulo.errors import ProblemError
from modulo.generators.transcript import json_lines

__all__ = ["MAX_NUMBERS", "Game24Problem", "read_problem", "read_problem_in", "read_puzzles"]

MAX_NUMBERS: Final = 30
"""Most numbers of a puzzle."""
_LARGEST: Final = 1_000_000
_CSV_RANK, _CSV_PUZZLE = "Rank", "Puzzles"


class Game24Problem(BaseModel):
    """Numbers to make a target of.

    Attributes:
        numbers: The numbers, each to be used as often as it stands here.
        target: What to make of them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    numbers: tuple[Annotated[int, Field(ge=0, le=_LARGEST)], ...] = Field(min_length=1, max_length=MAX_NUMBERS)
    target: Annotated[int, Field(ge=-_LARGEST, le=_LARGEST)] = 24


def read_problem(document: JsonValue) -> Game24Problem:
    """A problem as ``{"numbers": [1, 2, 4, 7]}``; a ``rank``, as files of puzzles have it, says nothing.

    Raises:
        ProblemError: It is none.
    """
    if isinstance(document, dict):
        document = {name: value for name, value in document.items() if name != "rank"}
    problem: Game24Problem = codec_for(Game24Problem).decode(canonical_json(document))
    return problem


def read_puzzles(path: Path) -> dict[str, Game24Problem]:
    """The puzzles in a file by their ranks.

    The file has JSON lines (plain or .gz) such as ``{"rank": 900, "numbers": [4, 5, 6, 10]}``, or is a CSV file as
    of Yao et al., "Tree of Thoughts" (2023), with the columns ``Rank`` and ``Puzzles``.

    Raises:
        ProblemError: It cannot be read, a line holds no puzzle, or two have the same rank.
    """
    rows = _csv_rows(path) if path.suffix == ".csv" else map(parse_json, json_lines(path))
    return _ranked(path, rows)


def read_problem_in(path: Path) -> Game24Problem:
    """The problem in a JSON file, or the one in a file of puzzles whose rank is given as ``FILE#RANK``.

    Raises:
        ProblemError: There is none.
    """
    name, mark, rank = str(path).rpartition("#")
    if not mark:
        return read_problem(parse_json(read_file(path)))
    puzzles = read_puzzles(Path(name))
    if rank not in puzzles:
        raise ProblemError(f"{name} has no puzzle of rank {rank!r}, but {', '.join(list(puzzles)[:5])}, ...")
    return puzzles[rank]


def _ranked(path: Path, rows: Iterable[Any]) -> dict[str, Game24Problem]:
    found: dict[str, Game24Problem] = {}
    lines = enumerate(rows, start=1)
    while True:
        number = len(found) + 1
        try:
            number, row = next(lines)
            problem = read_problem(row)
        except StopIteration:
            return found
        except ProblemError as error:
            raise ProblemError(f"puzzle {number} of {path}: {error}") from error
        rank = str(row.get("rank", number))
        if rank in found:
            raise ProblemError(f"puzzle {number} of {path}: the rank {rank} is given twice")
        found[rank] = problem


def _csv_rows(path: Path) -> Iterator[JsonValue]:
    try:
        text = read_file(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ProblemError(f"{path} is no UTF-8 text") from error
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        if not {_CSV_RANK, _CSV_PUZZLE} <= set(reader.fieldnames or ()):
            raise ProblemError(f"{path} has no columns {_CSV_RANK} and {_CSV_PUZZLE}")
        for row in reader:
            yield {"rank": row[_CSV_RANK], "numbers": _numbers(row[_CSV_PUZZLE])}
    except csv.Error as error:
        raise ProblemError(f"{path} is no CSV file: {error}") from error


def _numbers(text: str | None) -> list[JsonValue]:
    words = (text or "").split()
    if not all(word.isascii() and word.isdigit() and len(word) <= 9 for word in words):
        raise ProblemError(f"{text!s:.80} are no numbers")
    return [int(word) for word in words]
