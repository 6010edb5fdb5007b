"""The sound critics: of filled grids, and of the claim that there is none."""

from __future__ import annotations

from collections.abc import Iterator

from modulo.critique import Critique, Violation
from modulo.domains.sudoku.problem import Cell, Rows, SudokuProblem
from modulo.domains.sudoku.search import TooManySteps, solutions
from modulo.problem import NO_SOLUTION
from modulo.protocols import Critic

__all__ = ["NoSudokuSolution", "SolvesSudoku"]


class SolvesSudoku(Critic[SudokuProblem, Rows]):
    """Judges whether a grid solves a Sudoku.

    **Sound for:** the grid has the numbers that are given, and each number exactly once in every row, every column
    and every box.

    **Does not check:** that there is no other solution.
    """

    proves = "solution of this Sudoku"
    version = "1"

    def critique(self, problem: SudokuProblem, candidate: Rows) -> Iterator[Violation]:
        """Every changed or impossible number, and every number that stands twice, with both cells."""
        if not _is_square(candidate, problem.size):
            message = f"The answer is not {problem.size} rows of {problem.size} numbers."
            yield Violation("wrong_shape", message)
            return
        yield from _faulty_cells(problem, candidate)
        for unit, cells in problem.units():
            seen: dict[int, Cell] = {}
            for cell in cells:
                number = candidate[cell[0]][cell[1]]
                if number in seen:
                    yield _repeated(problem, number, unit, seen[number], cell)
                seen.setdefault(number, cell)


class NoSudokuSolution(Critic[SudokuProblem, object]):
    """Judges the claim that a Sudoku has no solution.

    **Sound for:** a search went through every way to fill the grid, and none is a solution.

    **Does not check:** what takes more than ``max_steps``; that stays UNDECIDED.
    """

    proves = "this Sudoku has no solution: every way to fill it was ruled out"
    version = "1"
    judges = "unsolvability"
    runs_in = "thread"

    def critique(self, problem: SudokuProblem, candidate: object) -> Critique:
        """Search for a solution."""
        if candidate is not NO_SOLUTION:
            return Critique.reject(Violation("no_claim", "The answer does not say that there is no solution."))
        try:
            found = solutions(problem, most=1)
        except TooManySteps as error:
            return Critique.undecided(str(error))
        if found:
            return Critique.reject(Violation("solvable", "This Sudoku has a solution."))
        return Critique.accept()


def _is_square(candidate: object, size: int) -> bool:
    return (
        isinstance(candidate, list)
        and len(candidate) == size
        and all(isinstance(row, list) and len(row) == size for row in candidate)
        and all(type(number) is int for row in candidate for number in row)
    )


def _faulty_cells(problem: SudokuProblem, candidate: Rows) -> Iterator[Violation]:
    for row, numbers in enumerate(candidate):
        for column, number in enumerate(numbers):
            given, where = problem.rows[row][column], _name((row, column))
            if given and number != given:
                message = f"{where} is given as {given}, but the answer has {number}."
                yield Violation(
                    "given_changed", message, location=where, expected=str(given), actual=str(number)
                )
            elif not 1 <= number <= problem.size:
                message = f"{where} has {number}, which is no number from 1 to {problem.size}."
                yield Violation("no_number", message, location=where, hint=_hint(problem, (row, column)))


def _repeated(problem: SudokuProblem, number: int, unit: str, one: Cell, other: Cell) -> Violation:
    return Violation(
        "repeated",
        f"{number} stands twice in {unit}: in {_name(one)} and in {_name(other)}.",
        location=unit,
        hint=" ".join(_hint(problem, cell) for cell in (one, other)),
    )


def _hint(problem: SudokuProblem, cell: Cell) -> str:
    if problem.rows[cell[0]][cell[1]]:
        return f"{_name(cell)} is given."
    numbers = " or ".join(map(str, problem.candidates(cell))) or "nothing at all"
    return f"{_name(cell)} can be {numbers} beside the given numbers."


def _name(cell: Cell) -> str:
    return f"row {cell[0] + 1}, column {cell[1] + 1}"
