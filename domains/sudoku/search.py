"""Exhaustive search: every solution of a Sudoku, or that there is none."""

from __future__ import annotations

from typing import Final

from modulo.domains.sudoku.problem import Cell, Rows, SudokuProblem

__all__ = ["MAX_STEPS", "TooManySteps", "solutions"]

MAX_STEPS: Final = 3_000_000
"""Cells that a search looks at before it gives up; some seconds. It is no time, so that verdicts repeat."""


class TooManySteps(Exception):
    """The search was given up."""


def solutions(problem: SudokuProblem, *, most: int, max_steps: int = MAX_STEPS) -> list[Rows]:
    """Up to ``most`` solutions, all of them if there are fewer.

    Raises:
        TooManySteps: It takes more than ``max_steps`` to tell.
    """
    search = _Search(problem, most, max_steps)
    if search.place_givens():
        search.run()
    return search.found


class _Search:
    """Fills the cell with the fewest candidates first. A set of numbers is an integer with a bit for each."""

    def __init__(self, problem: SudokuProblem, most: int, max_steps: int) -> None:
        self.found: list[Rows] = []
        self._problem, self._most, self._steps_left = problem, most, max_steps
        self._rows = [[0] * problem.size for _ in problem.rows]
        self._all = (1 << problem.size) - 1
        self._units: dict[Cell, list[int]] = {}
        for index, (_, cells) in enumerate(problem.units()):
            for cell in cells:
                self._units.setdefault(cell, []).append(index)
        self._taken = [0] * (3 * problem.size)
        self._empty = set(self._units)

    def place_givens(self) -> bool:
        """Place the given numbers; False if two of them exclude each other."""
        for cell in self._units:
            bit = 1 << self._problem.rows[cell[0]][cell[1]] >> 1
            if bit:
                if not bit & self._free(cell):
                    return False
                self._place(cell, bit)
        return True

    def run(self) -> None:
        """Try every number in the cell that allows the fewest, and go on from there."""
        self._steps_left -= len(self._empty)
        if self._steps_left < 0:
            raise TooManySteps("the search for a solution takes too many steps")
        if not self._empty:
            self.found.append([list(row) for row in self._rows])
            return
        cell = min(self._empty, key=lambda cell: (self._free(cell).bit_count(), cell))
        free = self._free(cell)
        while free and len(self.found) < self._most:
            bit = free & -free
            free ^= bit
            self._place(cell, bit)
            self.run()
            self._take_back(cell, bit)

    def _free(self, cell: Cell) -> int:
        row, column, box = self._units[cell]
        return self._all & ~(self._taken[row] | self._taken[column] | self._taken[box])

    def _place(self, cell: Cell, bit: int) -> None:
        self._empty.remove(cell)
        self._rows[cell[0]][cell[1]] = bit.bit_length()
        for unit in self._units[cell]:
            self._taken[unit] |= bit

    def _take_back(self, cell: Cell, bit: int) -> None:
        self._empty.add(cell)
        for unit in self._units[cell]:
            self._taken[unit] ^= bit
