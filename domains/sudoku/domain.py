"""The domain and its graph."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import modulo
from modulo.canonical import JsonValue, parse_json
from modulo.domain import Domain, generated, read_file
from modulo.domains.sudoku.critic import NoSudokuSolution, SolvesSudoku
from modulo.domains.sudoku.instances import generate
from modulo.domains.sudoku.problem import Rows, SudokuProblem, read_sudoku
from modulo.domains.sudoku.specimens import SudokuSpecimens
from modulo.domains.sudoku.text import answer_schema, parse_grid, prompt, read_grid
from modulo.errors import ProblemError

__all__ = ["DOMAIN", "SudokuDomain", "graph"]


def graph(generator: modulo.Generator) -> modulo.Graph:
    """Generator, parser, ``SolvesSudoku`` and ``NoSudokuSolution``."""
    result = modulo.Graph("sudoku", problem_type=SudokuProblem)
    solver = result.generator("solver", generator, prompt=prompt)
    grid = result.reformulator("grid", parse_grid, reads=solver)
    result.critic("solves", SolvesSudoku(), reads=grid, backprompts=solver)
    result.critic("no_solution", NoSudokuSolution(), reads=grid, backprompts=solver)
    return result


class SudokuDomain(Domain[SudokuProblem]):
    """Problems are JSON (``rows`` and perhaps ``box``) or strings of 81 characters; answers are rows."""

    name = "sudoku"
    summary = "fill a grid so that every row, column and box holds each number once"
    problem_type = SudokuProblem
    local_temperature = 0.5

    def graph(self, generator: modulo.Generator) -> modulo.Graph:
        """The domain's graph around a generator."""
        return graph(generator)

    def example(self) -> SudokuProblem:
        """Four rows."""
        return generate(box=(2, 2), empty=6, seed=1)[0]

    def generate(self, seed: int, **difficulty: Any) -> SudokuProblem:
        """See ``instances.generate``: ``box``, ``empty``."""
        return generated(generate, seed, difficulty)[0]

    def read_problem(self, document: JsonValue) -> SudokuProblem:
        """Rows, a string, or an object with one of them."""
        return read_sudoku(document)

    def read_problem_file(self, path: Path) -> SudokuProblem:
        """JSON, or the string as it is."""
        data = read_file(path)
        try:
            return read_sudoku(parse_json(data) if data.lstrip()[:1] in (b"{", b"[", b'"') else data.decode())
        except UnicodeDecodeError as error:
            raise ProblemError(f"{path} is not a text file") from error

    def read_candidate(self, document: JsonValue, problem: SudokuProblem) -> Rows:
        """Rows, an object with them, or a string."""
        return read_grid(document)

    def answer_schema(self, problem: SudokuProblem) -> Mapping[str, JsonValue]:
        """All rows, with numbers that exist."""
        return answer_schema(problem)

    def backprompter(self) -> modulo.Backprompter:
        """All violations, with the candidates of their cells."""
        return modulo.ChatBackprompter(granularity="constructive")

    def specimens(self) -> SudokuSpecimens:
        """Filled grids and damaged ones."""
        return SudokuSpecimens()


DOMAIN = SudokuDomain()
