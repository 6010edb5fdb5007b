"""Problems: rows, strings, boxes of any shape, and seeded instances with one solution."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modulo.domains.sudoku import DOMAIN, SolvesSudoku, generate, read_sudoku
from modulo.domains.sudoku.search import solutions
from modulo.errors import ConfigurationError, ProblemError

USUAL = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79"


def test_the_usual_string_is_read_with_its_only_solution() -> None:
    problem = read_sudoku(USUAL)
    (solution,) = solutions(problem, most=2)
    assert (problem.size, problem.box) == (9, (3, 3))
    assert "".join(map(str, solution[0])) == "534678912"


def test_forms_of_one_problem_are_one_problem(tmp_path: Path) -> None:
    problem = read_sudoku(USUAL)
    rows = [list(row) for row in problem.rows]
    in_lines = "\n".join(USUAL[start : start + 9].replace(".", "0") for start in range(0, 81, 9))
    assert {problem, *map(read_sudoku, (rows, {"rows": rows}, {"puzzle": USUAL}, in_lines))} == {problem}
    (tmp_path / "p.txt").write_text(in_lines + "\n")
    assert DOMAIN.read_problem_file(tmp_path / "p.txt") == problem


def test_boxes_are_as_square_as_can_be_unless_they_are_given() -> None:
    assert read_sudoku("." * 36).box == (2, 3)
    assert read_sudoku({"puzzle": "." * 36, "box": [3, 2]}).box == (3, 2)
    assert read_sudoku("." * 144).box == (3, 4)
    assert read_sudoku({"rows": [[0] * 5] * 5, "box": [1, 5]}).size == 5


def test_letters_go_on_after_9() -> None:
    assert read_sudoku("AbC" + "." * 141).rows[0][:4] == (10, 11, 12, 0)


@pytest.mark.parametrize(
    "document",
    [
        None,
        1,
        "",
        "12",
        "." * 80,
        "." * 25,
        "5" + "." * 15,
        "." * 26**2,
        "." * 10_000_000,
        "\u0661" + "." * 15,
        "-" * 16,
        [],
        [[0] * 4] * 3,
        [[0] * 4, [0] * 4, [0] * 4, [0] * 3],
        [[5, 0, 0, 0], *[[0] * 4] * 3],
        [[-1, 0, 0, 0], *[[0] * 4] * 3],
        [[True, 0, 0, 0], *[[0] * 4] * 3],
        [["1", 0, 0, 0], *[[0] * 4] * 3],
        {"rows": [[0] * 4] * 4, "box": [2, 3]},
        {"rows": [[0] * 4] * 4, "box": [4]},
        {"rows": [[0] * 4] * 4, "more": 1},
        {"puzzle": 5},
        {"puzzle": "." * 16, "rows": [], "more": 1},
        {},
    ],
)
def test_what_is_no_sudoku_is_refused(document: Any) -> None:
    with pytest.raises(ProblemError):
        read_sudoku(document)


@settings(max_examples=20)
@given(st.sampled_from([(1, 1), (2, 2), (2, 3), (3, 2), (1, 4), (2, 4)]), st.integers())
def test_an_instance_has_the_one_solution_that_comes_with_it(box: tuple[int, int], seed: int) -> None:
    problem, solution = generate(box=box, seed=seed)
    assert solutions(problem, most=2) == [solution]
    assert list(SolvesSudoku().critique(problem, solution)) == []


def test_the_same_seed_gives_the_same_instance() -> None:
    assert generate(seed=5, empty=30) == generate(seed=5, empty=30) != generate(seed=6, empty=30)
    assert sum(row.count(0) for row in generate(seed=5, empty=30)[0].rows) == 30


@pytest.mark.parametrize("bad", [{"box": (0, 2)}, {"box": (5, 5)}, {"empty": -1}])
def test_an_instance_that_cannot_be_is_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        generate(**bad)
