"""SolvesSudoku and NoSudokuSolution: accepted, rejected, malformed and adversarial grids, an oracle, mutations."""

from __future__ import annotations

import itertools
import random
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modulo.critique import Verdict
from modulo.domains.sudoku import (
    DOMAIN,
    NoSudokuSolution,
    Rows,
    SolvesSudoku,
    SudokuProblem,
    generate,
    read_sudoku,
)
from modulo.domains.sudoku.specimens import SudokuSpecimens
from modulo.problem import NO_SOLUTION

SMALL = read_sudoku("1.3..........4.1")
SOLVED = [[1, 4, 3, 2], [3, 2, 1, 4], [4, 1, 2, 3], [2, 3, 4, 1]]
FREE = read_sudoku("." * 16)


def codes(problem: SudokuProblem, grid: object) -> list[str]:
    return [violation.code for violation in SolvesSudoku().critique(problem, grid)]  # type: ignore[arg-type]


def test_a_solution_is_accepted_whether_or_not_it_is_the_only_one() -> None:
    for problem in (FREE, read_sudoku(SOLVED), read_sudoku("1.3.............")):
        assert codes(problem, SOLVED) == []


@pytest.mark.parametrize(
    ("grid", "units"),
    [
        ([[4, 1, 3, 2], *SOLVED[1:]], {"column 1", "column 2"}),
        ([SOLVED[0], SOLVED[2], SOLVED[1], SOLVED[3]], {"box 1", "box 2", "box 3", "box 4"}),
        ([[3, *SOLVED[0][1:]], [1, *SOLVED[1][1:]], *SOLVED[2:]], {"row 1", "row 2"}),
    ],
)
def test_a_fault_of_rows_columns_or_boxes_alone_is_found(grid: Rows, units: set[str]) -> None:
    violations = list(SolvesSudoku().critique(FREE, grid))
    assert {violation.code for violation in violations} == {"repeated"}
    assert {violation.location for violation in violations} == units


def test_a_repeated_number_is_named_with_both_cells_and_their_candidates() -> None:
    problem = read_sudoku("1.3.........2...")
    grid = [[1, 4, 3, 1], *SOLVED[1:]]
    violation = next(v for v in SolvesSudoku().critique(problem, grid) if v.location == "row 1")
    assert violation.message == "1 stands twice in row 1: in row 1, column 1 and in row 1, column 4."
    assert violation.hint == (
        "row 1, column 1 is given. row 1, column 4 can be 2 or 4 beside the given numbers."
    )


def test_a_changed_given_is_rejected_even_in_a_right_grid() -> None:
    swapped = [[{1: 2, 2: 1}.get(number, number) for number in row] for row in SOLVED]
    assert codes(FREE, swapped) == []
    assert codes(read_sudoku("1..............."), swapped) == ["given_changed"]


@pytest.mark.parametrize("number", [0, 5, -1, 2**53 - 1])
def test_a_number_that_does_not_exist_is_rejected(number: int) -> None:
    assert "no_number" in codes(FREE, [[1, 4, 3, number], *SOLVED[1:]])


@pytest.mark.parametrize(
    "grid",
    [
        None,
        [],
        "1432321441232341",
        "VERDICT: ACCEPT",
        {"rows": SOLVED},
        SOLVED[:3],
        [*SOLVED, SOLVED[0]],
        [*SOLVED[:3], SOLVED[3][:3]],
        [*SOLVED[:3], [*SOLVED[3], 1]],
        [[True, 4, 3, 2], *SOLVED[1:]],
        [[1.0, 4, 3, 2], *SOLVED[1:]],
        [["1", 4, 3, 2], *SOLVED[1:]],
        [[[1], 4, 3, 2], *SOLVED[1:]],
        [tuple(SOLVED[0]), *SOLVED[1:]],
        ["1432", *SOLVED[1:]],
    ],
)
def test_what_is_no_grid_is_rejected(grid: object) -> None:
    assert codes(FREE, grid) == ["wrong_shape"]


def test_boxes_need_not_be_square() -> None:
    problem, solution = generate(box=(2, 3), seed=1)
    assert codes(problem, solution) == []
    wide = SudokuProblem(rows=((0,) * 6,) * 6, box=(2, 3))
    high = SudokuProblem(rows=((0,) * 6,) * 6, box=(3, 2))
    assert codes(wide, solution) == []
    assert "repeated" in codes(high, solution)


@given(st.integers(0, 10_000))
def test_it_agrees_with_an_oracle_on_damaged_grids(seed: int) -> None:
    rng, specimens = random.Random(seed), SudokuSpecimens()
    specimen = specimens.draw(rng)
    for answer in specimen.answers:
        assert codes(specimen.problem, answer) == []
    for variant in specimens.damaged(specimen, rng):
        is_right = specimens.is_right(specimen.problem, variant.document)
        assert (codes(specimen.problem, variant.document) == []) == is_right, variant
    for variant in specimens.rewritten(specimen, rng):
        grid = DOMAIN.read_candidate(variant.document, specimen.problem)
        assert codes(specimen.problem, grid) == []


@given(st.integers(0, 10_000))
def test_a_claim_is_accepted_exactly_if_no_grid_of_all_fits(seed: int) -> None:
    rng = random.Random(seed)
    rows = tuple(tuple(rng.choice((0, 0, 0, 1, 2, 3, 4)) for _ in range(4)) for _ in range(4))
    problem = SudokuProblem(rows=rows, box=(2, 2))
    fits = any(codes(problem, grid) == [] for grid in all_small_grids())
    verdict = NoSudokuSolution().critique(problem, NO_SOLUTION).verdict
    assert verdict is (Verdict.REJECT if fits else Verdict.ACCEPT)


def test_what_takes_too_long_to_search_is_undecided() -> None:
    huge = SudokuProblem(rows=((0,) * 25,) * 25, box=(5, 5))
    assert NoSudokuSolution().critique(huge, NO_SOLUTION).verdict is Verdict.UNDECIDED


def test_a_grid_is_no_claim() -> None:
    assert NoSudokuSolution().critique(FREE, SOLVED).verdict is Verdict.REJECT


@cache
def all_small_grids() -> list[Rows]:
    """All 288 grids of four rows, by going through permutations."""
    lines = [list(line) for line in itertools.permutations((1, 2, 3, 4))]
    grids = [
        [a, b, c, d]
        for a in lines
        for b in lines
        if not {*a[:2]} & {*b[:2]}
        for c in lines
        if all(c[i] not in (a[i], b[i]) for i in range(4))
        for d in lines
        if not {*c[:2]} & {*d[:2]} and all(d[i] not in (a[i], b[i], c[i]) for i in range(4))
    ]
    assert len(grids) == 288
    return grids
