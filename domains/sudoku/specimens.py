"""What the critic of grids is audited on."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

from modulo.canonical import JsonValue, parse_json
from modulo.domains.sudoku.instances import generate
from modulo.domains.sudoku.problem import SudokuProblem
from modulo.errors import ProblemError
from modulo.specimens import Specimen, Specimens, Variant

__all__ = ["SudokuSpecimens"]

_BOXES = ((2, 2), (2, 3), (3, 2), (3, 3))


class SudokuSpecimens(Specimens[SudokuProblem]):
    """Grids of several shapes, some almost empty, so that a fault in rows, columns or boxes is the only one."""

    def draw(self, rng: random.Random) -> Specimen[SudokuProblem]:
        """A filled grid, of which cells were emptied at random."""
        full, solution = generate(box=rng.choice(_BOXES), empty=0, seed=rng.getrandbits(32))
        share = rng.choice((0.3, 0.6, 0.9, 1.0))
        rows = tuple(tuple(0 if rng.random() < share else number for number in row) for row in solution)
        return Specimen(SudokuProblem(rows=rows, box=full.box), (solution,))

    def damaged(self, specimen: Specimen[SudokuProblem], rng: random.Random) -> Iterator[Variant]:
        """Exchanged and impossible numbers; each of the first three spares two of rows, columns and boxes."""
        problem, (solution,) = specimen.problem, specimen.answers
        size, (height, width) = problem.size, problem.box
        row, column = rng.randrange(size), rng.randrange(size)
        beside = column // width * width + (column + 1) % width
        below = row // height * height + (row + 1) % height
        yield _exchanged("column_fault", solution, (row, column), (row, beside))
        yield _exchanged("row_fault", solution, (row, column), (below, column))
        yield Variant("box_fault", _moved(solution, height))
        yield _exchanged("exchanged_cells", solution, (row, column), (rng.randrange(size), rng.randrange(size)))
        yield Variant("renumbered", [[number % size + 1 for number in numbers] for numbers in _rows(solution)])
        last = _rows(solution)[-1][-1]
        yield _changed("last_cell", solution, (size - 1, size - 1), last % size + 1)
        for family, number in _impossible(size):
            yield _changed(family, solution, (row, column), number)
        yield Variant("missing_row", _rows(solution)[:-1])
        yield Variant("surplus_row", [*_rows(solution), _rows(solution)[0]])
        yield Variant("ragged_row", [*_rows(solution)[:-1], _rows(solution)[-1][:-1]])
        yield Variant("turned", [*map(list, zip(*_rows(solution), strict=True))])

    def rewritten(self, specimen: Specimen[SudokuProblem], rng: random.Random) -> Iterator[Variant]:
        """As an object, and as texts."""
        (solution,) = specimen.answers
        text = "".join(str(number) for row in _rows(solution) for number in row)
        yield Variant("object", {"rows": solution})
        yield Variant("json_text", json.dumps({"rows": solution}, indent=rng.choice((None, 1))))
        yield Variant("separated", "\n".join(" ".join(map(str, row)) for row in _rows(solution)))
        yield Variant("string", text)
        yield Variant("string_in_lines", "\n".join(map("".join, zip(*[iter(text)] * specimen.problem.size))))  # noqa: B905

    def is_right(self, problem: SudokuProblem, document: JsonValue) -> bool:
        """Whether all sorted rows, columns and boxes are 1, 2, 3, ..., and the given numbers stand."""
        size, (height, width) = problem.size, problem.box
        rows: Any = _parsed(document)
        if not isinstance(rows, list) or len(rows) != size:
            return False
        flat = [number for row in rows if isinstance(row, list) and len(row) == size for number in row]
        if len(flat) != size * size or not all(type(number) is int for number in flat):
            return False
        whole = list(range(1, size + 1))
        columns = [flat[start::size] for start in range(size)]
        boxes = [
            [flat[(top + y) * size + left + x] for y in range(height) for x in range(width)]
            for top in range(0, size, height)
            for left in range(0, size, width)
        ]
        given = [number for row in problem.rows for number in row]
        kept = all(number in (0, mine) for number, mine in zip(given, flat, strict=True))
        return kept and all(sorted(unit) == whole for unit in [*rows, *columns, *boxes])


def _parsed(document: JsonValue) -> Any:
    """What a text of JSON says; anything else as it is."""
    if not isinstance(document, str):
        return document
    try:
        value = parse_json(document)
    except ProblemError:
        return document
    return value["rows"] if isinstance(value, dict) and value.keys() == {"rows"} else value


def _rows(document: JsonValue) -> Any:
    return copy.deepcopy(document)


def _changed(family: str, solution: JsonValue, cell: tuple[int, int], number: JsonValue) -> Variant:
    rows = _rows(solution)
    rows[cell[0]][cell[1]] = number
    return Variant(family, rows)


def _exchanged(family: str, solution: JsonValue, one: tuple[int, int], other: tuple[int, int]) -> Variant:
    rows = _rows(solution)
    rows[one[0]][one[1]], rows[other[0]][other[1]] = rows[other[0]][other[1]], rows[one[0]][one[1]]
    return Variant(family, rows)


def _moved(solution: JsonValue, by: int) -> JsonValue:
    """The last row of the first band and the first row of the next one exchanged: rows and columns stay right."""
    rows = _rows(solution)
    rows[by - 1], rows[by] = rows[by], rows[by - 1]
    return list(rows)


def _impossible(size: int) -> Iterator[tuple[str, JsonValue]]:
    yield "zero", 0
    yield "too_large", size + 1
    yield "negative", -1
    yield "text", "1"
    yield "boolean", True
    yield "null", None
    yield "list", [1]
    yield "huge", 2**53 - 1
