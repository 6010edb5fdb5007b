"""The problem: a grid with some of its cells given, as rows of numbers or as the usual string of 81 characters."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated, Final, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator

from modulo.canonical import JsonValue, canonical_json, codec_for
from modulo.errors import ProblemError

__all__ = ["MAX_SIZE", "Cell", "Rows", "SudokuProblem", "read_sudoku", "rows_in_text"]

Rows: TypeAlias = list[list[int]]
"""A grid, row by row."""
Cell: TypeAlias = tuple[int, int]
"""Row and column, from 0."""

MAX_SIZE: Final = 25
"""Most rows of a grid: boxes of five by five."""

_MAX_CHARACTERS: Final = 10_000
_Number: TypeAlias = Annotated[int, Field(ge=0, le=MAX_SIZE)]


class SudokuProblem(BaseModel):
    """A Sudoku.

    Attributes:
        rows: The grid, row by row; 0 stands for a cell to fill.
        box: Rows and columns of a box.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    rows: tuple[tuple[_Number, ...], ...] = Field(min_length=1, max_length=MAX_SIZE)
    box: tuple[_Number, _Number]

    @model_validator(mode="after")
    def _is_a_grid(self) -> Self:
        if any(len(row) != self.size for row in self.rows):
            raise ValueError(f"a grid of {self.size} rows has {self.size} columns")
        if math.prod(self.box) != self.size:
            raise ValueError(f"a box of {self.box[0]} by {self.box[1]} does not hold {self.size} numbers")
        if max(map(max, self.rows)) > self.size:
            raise ValueError(f"the numbers go from 1 to {self.size}; 0 stands for a cell to fill")
        return self

    @property
    def size(self) -> int:
        """How many rows, columns, boxes and numbers there are."""
        return len(self.rows)

    def units(self) -> Iterator[tuple[str, list[Cell]]]:
        """Every row, column and box by name: the cells that hold each number once."""
        size, (height, width) = self.size, self.box
        for i in range(size):
            top, left = i // height * height, i % height * width
            yield f"row {i + 1}", [(i, k) for k in range(size)]
            yield f"column {i + 1}", [(k, i) for k in range(size)]
            yield f"box {i + 1}", [(top + k // width, left + k % width) for k in range(size)]

    def candidates(self, cell: Cell) -> list[int]:
        """The numbers that no given number forbids in a cell."""
        near = {near for _, cells in self.units() if cell in cells for near in cells} - {cell}
        taken = {self.rows[row][column] for row, column in near}
        return [number for number in range(1, self.size + 1) if number not in taken]


def read_sudoku(document: JsonValue) -> SudokuProblem:
    """The Sudoku in a document: rows, the usual string, or an object with one of them as ``rows`` or ``puzzle``.

    Without ``box``, boxes are as square as can be, and wide rather than high: 2 by 3 for six rows.

    Raises:
        ProblemError: There is none.
    """
    fields: object = document
    if isinstance(document, dict) and isinstance(document.get("puzzle"), str):
        others = {name: value for name, value in document.items() if name != "puzzle"}
        fields = {"rows": rows_in_text(document["puzzle"]), **others}
    elif isinstance(document, str):
        fields = {"rows": rows_in_text(document)}
    elif isinstance(document, list):
        fields = {"rows": document}
    if isinstance(fields, dict) and isinstance(fields.get("rows"), list) and "box" not in fields:
        fields = {**fields, "box": _usual_box(len(fields["rows"]))}
    problem: SudokuProblem = codec_for(SudokuProblem).decode(canonical_json(fields))
    return problem


def rows_in_text(text: str) -> Rows:
    """The rows in a string of one character a cell: digits, then letters from A for 10 on; a dot or 0 if empty.

    Raises:
        ProblemError: It is no such string.
    """
    if len(text) > _MAX_CHARACTERS:
        raise ProblemError(f"a text of more than {_MAX_CHARACTERS:,} characters is no grid")
    cells = "".join(text.split())
    size = math.isqrt(len(cells))
    if not cells or len(cells) != size**2 or not all(c == "." or (c.isascii() and c.isalnum()) for c in cells):
        raise ProblemError("the text is no square of digits, letters (A is 10) and dots, a character a cell")
    numbers = [0 if cell == "." else int(cell, 36) for cell in cells]
    return [numbers[start : start + size] for start in range(0, len(cells), size)]


def _usual_box(size: int) -> list[int]:
    height = max((h for h in range(1, math.isqrt(size) + 1) if size % h == 0), default=1)
    if height == 1 and size > 1:
        raise ProblemError(f"{size} rows make no usual boxes; give the rows and columns of a box as 'box'")
    return [height, size // height]
