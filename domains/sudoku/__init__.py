"""Sudoku: fill a grid so that every row, column and box holds each number once, with boxes of any shape.

The rules are those of Howard Garns' "Number Place" (1979). For a shorter domain to start from, see
``modulo new-domain``.
"""

from modulo.domains.sudoku.critic import NoSudokuSolution, SolvesSudoku
from modulo.domains.sudoku.domain import DOMAIN, SudokuDomain, graph
from modulo.domains.sudoku.instances import generate
from modulo.domains.sudoku.problem import Rows, SudokuProblem, read_sudoku
from modulo.domains.sudoku.text import answer_schema, parse_grid, prompt, read_grid

__all__ = [
    "DOMAIN",
    "NoSudokuSolution",
    "Rows",
    "SolvesSudoku",
    "SudokuDomain",
    "SudokuProblem",
    "answer_schema",
    "generate",
    "graph",
    "parse_grid",
    "prompt",
    "read_grid",
    "read_sudoku",
]
