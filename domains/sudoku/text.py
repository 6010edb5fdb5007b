"""Prompts for Sudokus, and filled grids out of chat text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from modulo.canonical import JsonValue, parse_json
from modulo.domains.sudoku.problem import MAX_SIZE, Rows, SudokuProblem, rows_in_text
from modulo.errors import Malformed, ProblemError
from modulo.json_in_text import json_values_in
from modulo.problem import NO_SOLUTION, NoSolution

__all__ = ["answer_schema", "parse_grid", "prompt", "read_grid"]

_FORM: Final = 'Answer with one JSON object of all rows, such as {"rows": [[1, 2, 3, 4], ...]}.'
_CLAIM: Final = re.compile(r"\W*(?:there is )?no solution(?: exists)?\W*", re.IGNORECASE)
_LONGEST_CLAIM: Final = 100
_MAX_CHARACTERS: Final = 1_000_000
_END_OF_THOUGHT: Final = "</think>"
_ROW_CHARACTERS: Final = frozenset("0123456789._ \t|,")
_RULE_CHARACTERS: Final = frozenset("-+=| \t")


def prompt(problem: SudokuProblem) -> str:
    """The problem in words, with the answer's format."""
    height, width = problem.box
    grid = "\n".join(" ".join(str(number or ".") for number in row) for row in problem.rows)
    return (
        f"Solve this Sudoku of {problem.size} rows with boxes of {height} rows by {width} columns. "
        f"A dot is an empty cell.\n{grid}\n"
        f"Keep the given numbers and fill each empty cell with a number from 1 to {problem.size}, so that every "
        f"row, every column and every box holds each number once.\n{_FORM}"
    )


def answer_schema(problem: SudokuProblem) -> Mapping[str, JsonValue]:
    """The JSON schema of an answer: all rows, with numbers that exist."""
    size: dict[str, JsonValue] = {"minItems": problem.size, "maxItems": problem.size}
    number: JsonValue = {"type": "integer", "minimum": 1, "maximum": problem.size}
    row: JsonValue = {"type": "array", "items": number, **size}
    rows: JsonValue = {"type": "array", "items": row, **size}
    return {"type": "object", "properties": {"rows": rows}, "required": ["rows"], "additionalProperties": False}


def parse_grid(text: str, problem: SudokuProblem) -> Rows | NoSolution:
    """The filled grid in a chat answer: JSON, lines of numbers, or a word of digits, with prose around it.

    The puzzle itself, written down again, is no answer, nor is what stands before ``</think>``; nothing else is
    passed over.

    Returns:
        The rows; or ``NO_SOLUTION`` if all that the answer says is that there is no solution.

    Raises:
        Malformed: There is no such grid, or there are several different ones.
    """
    if len(text) > _MAX_CHARACTERS:
        raise Malformed(f"An answer of more than {_MAX_CHARACTERS:,} characters is not read.", hint=_FORM)
    said = text.rpartition(_END_OF_THOUGHT)[2]
    if len(said) <= _LONGEST_CLAIM and _CLAIM.fullmatch(said):
        return NO_SOLUTION
    size = problem.size
    found = list(_grids_in_json(said)) or list(_grids_in_lines(said, size)) or list(_grids_in_words(said, size))
    puzzle = [list(row) for row in problem.rows]
    grids = [grid for grid in found if grid != puzzle or all(map(all, puzzle))]
    if not grids:
        raise Malformed("The answer holds no filled grid.", hint=_FORM)
    if any(grid != grids[0] for grid in grids):
        raise Malformed("The answer holds several different grids; give exactly one.", hint=_FORM)
    return grids[0]


def read_grid(document: object) -> Rows:
    """A grid in a JSON document, as rows, as an object with ``rows``, or as a text.

    A text is one of both, a line a row, or a string of one character a cell.

    Raises:
        Malformed: The document is no such grid.
    """
    if isinstance(document, str):
        return _grid_in(document)
    rows = document.get("rows") if isinstance(document, dict) and len(document) == 1 else document
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise Malformed("The answer is no list of rows.", hint=_FORM)
    if not all(type(number) is int for row in rows for number in row):
        raise Malformed("A cell of the answer is no whole number.", hint=_FORM)
    return rows


def _grid_in(text: str) -> Rows:
    """The grid that a text is, and nothing else."""
    try:
        if text.lstrip()[:1] in ("{", "["):
            return read_grid(parse_json(text))
        return _rows_of_lines(text) or rows_in_text(text)
    except ProblemError as error:
        raise Malformed(f"The answer cannot be read: {error}.", hint=_FORM) from error


def _rows_of_lines(text: str) -> Rows | None:
    """The numbers of all lines, if these are as many rows of as many numbers."""
    lines = [line for line in text.splitlines() if not _RULE_CHARACTERS.issuperset(line)]
    if not 1 < len(lines) <= MAX_SIZE:
        return None
    rows = [row for line in lines if (row := _row(line, len(lines)))]
    return rows if len(rows) == len(lines) else None


def _grids_in_json(text: str) -> Iterator[Rows]:
    """Every JSON object must be a grid; arrays count if they hold rows."""
    if objects := json_values_in(text, form=_FORM):
        return map(read_grid, objects)
    arrays = json_values_in(text, form=_FORM, opening="[")
    return (read_grid(value) for value in arrays if value and isinstance(value[0], list))


def _grids_in_lines(text: str, size: int) -> Iterator[Rows]:
    """The grids that stand in a text as one line a row."""
    rows: Rows = []
    for line in [*text.splitlines(), "end"]:
        if not line.strip() or _RULE_CHARACTERS.issuperset(line):
            continue
        if row := _row(line, size):
            rows.append(row)
        elif rows:
            if len(rows) != size:
                raise Malformed(f"There are {len(rows)} rows of numbers together, not {size}.", hint=_FORM)
            yield rows
            rows = []


def _grids_in_words(text: str, size: int) -> Iterator[Rows]:
    """The grids that stand in a text as one word with a digit a cell."""
    if 1 < size < 10:
        for word in re.findall(rf"(?<![\w.])[0-9.]{{{size * size}}}(?!\.?\w)", text):
            yield rows_in_text(word)


def _row(line: str, size: int) -> list[int] | None:
    """The numbers of a line that is a row; None if it is none."""
    if not _ROW_CHARACTERS.issuperset(line):
        return None
    parts = line.replace("|", " ").replace(",", " ").split()
    if len(parts) == 1 and len(parts[0]) == size < 10:
        parts = list(parts[0])
    if len(parts) != size or not all(len(part) < 4 and (part in "._" or part.isdigit()) for part in parts):
        return None
    return [0 if part in "._" else int(part) for part in parts]
