"""Sudoku: fill a grid so that every row, column and box holds each number once. A domain to learn from.

What a domain must have (problem, prompt, reformulator, critic, graph) are the first four modules below, about 250
lines with their docstrings; the others give it instances, an audit, and proofs that a puzzle has no solution.
The rules are those of Howard Garns' "Number Place" (1979), with boxes of any shape.
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
