"""Seeded instances with exactly one solution."""

from __future__ import annotations

import random

from modulo.domains.sudoku.problem import Rows, SudokuProblem
from modulo.domains.sudoku.search import TooManySteps, solutions
from modulo.errors import ConfigurationError

__all__ = ["generate"]


def generate(
    *, box: tuple[int, int] = (3, 3), empty: int | None = None, seed: int = 0
) -> tuple[SudokuProblem, Rows]:
    """A Sudoku with exactly one solution.

    Args:
        box: Rows and columns of a box.
        empty: How many cells to empty, at most; None empties as many as leave one solution.
        seed: The same seed gives the same instance.

    Returns:
        The problem, and its solution.

    Raises:
        ConfigurationError: There are no such boxes.
    """
    height, width = box
    if min(box) < 1 or height * width > 16 or (empty is not None and empty < 0):
        raise ConfigurationError(f"no Sudoku of up to 16 rows has boxes of {box} and {empty} empty cells")
    rng = random.Random(seed)  # noqa: S311  instances, not secrets
    solution = _solution(height, width, rng)
    problem = SudokuProblem(rows=tuple(map(tuple, solution)), box=box)
    cells = [(row, column) for row in range(problem.size) for column in range(problem.size)]
    for row, column in rng.sample(cells, len(cells)):
        if empty is not None and sum(numbers.count(0) for numbers in problem.rows) >= empty:
            break
        fewer = [list(numbers) for numbers in problem.rows]
        fewer[row][column] = 0
        emptied = SudokuProblem(rows=tuple(map(tuple, fewer)), box=box)
        problem = emptied if _has_one_solution(emptied) else problem
    return problem, solution


def _solution(height: int, width: int, rng: random.Random) -> Rows:
    """The textbook grid, with its numbers, rows within bands and columns within stacks shuffled."""
    size = height * width
    numbers = rng.sample(range(1, size + 1), size)
    rows = _shuffled_in_groups(width, height, rng)
    columns = _shuffled_in_groups(height, width, rng)
    return [
        [numbers[(width * (row % height) + row // height + column) % size] for column in columns]
        for row in rows
    ]


def _shuffled_in_groups(groups: int, length: int, rng: random.Random) -> list[int]:
    return [
        group * length + place
        for group in rng.sample(range(groups), groups)
        for place in rng.sample(range(length), length)
    ]


def _has_one_solution(problem: SudokuProblem) -> bool:
    try:
        return len(solutions(problem, most=2, max_steps=100_000)) == 1
    except TooManySteps:
        return False
