"""Prompts and the reformulator of Sudokus."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modulo.domains.sudoku import generate, parse_grid, prompt, read_grid, read_sudoku
from modulo.errors import Malformed
from modulo.problem import NO_SOLUTION

PROBLEM = read_sudoku("1.3..........4.1")
SOLVED = [[1, 4, 3, 2], [3, 2, 1, 4], [4, 1, 2, 3], [2, 3, 4, 1]]
UNREADABLE = ('{"rows": [[1', "[" * 5000, '{"rows": 1}', f"{SOLVED} {SOLVED}", "1 2\n3 4 5", "1 2\n3 4\nso")


@pytest.mark.parametrize(
    "text",
    [
        '{"rows": [[1, 4, 3, 2], [3, 2, 1, 4], [4, 1, 2, 3], [2, 3, 4, 1]]}',
        "Here it is [1]:\n```json\n[[1,4,3,2],[3,2,1,4],[4,1,2,3],[2,3,4,1]]\n```\nDone.",
        "1 4 3 2\n3 2 1 4\n4 1 2 3\n2 3 4 1",
        "1432\n3214\n4123\n2341\n",
        "| 1 4 | 3 2 |\n| 3 2 | 1 4 |\n|-----+-----|\n| 4 1 | 2 3 |\n| 2 3 | 4 1 |",
        "Given:\n1 . 3 .\n. . . .\n. . . .\n. 4 . 1\nSolution:\n1 4 3 2\n3 2 1 4\n\n4 1 2 3\n2 3 4 1\nBye.",
        "1 4 3 2\n3 2 1 4\n4 1 2 3\n2 3 4 1\nso\n1432\n3214\n4123\n2341",
        "1.3..........4.1 becomes **1432321441232341**.",
        "<think>1 2 3 4\nor 1432321441232344?</think>\n1432321441232341",
    ],
)
def test_a_grid_is_read_out_of_chat(text: str) -> None:
    assert parse_grid(text, PROBLEM) == SOLVED


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I cannot solve this.",
        "1 . 3 .\n. . . .\n. . . .\n. 4 . 1",
        "1 4 3 2\n3 2 1 4\n4 1 2 3",
        "1 4 3 2\n3 2 1 4\n4 1 2 3\n2 3 4 1\n1 2 3 4",
        "1432\n3214\n4123\n2341\nor\n2413\n3214\n4123\n1342",
        '{"rows": [[1, 4, 3, 2]]} {"rows": [[2, 3, 4, 1]]}',
        "1432321441232341 or 2413321441231342",
        "Order 14323214412323410 of 2024.",
        '{"grid": [[1, 4, 3, 2], [3, 2, 1, 4], [4, 1, 2, 3], [2, 3, 4, 1]]}',
        '{"rows": [["1", 4, 3, 2]]}',
        '{"rows": [[true, 4, 3, 2]]}',
        '{"rows": 5}',
        "[[1, 4, 3, 2], 5]",
        "No solution exists, but 1 2 3 4",
        "There is no solution" + " " * 200 + "to be seen yet",
        "[" * 100_000,
        "1 " * 600_000,
        "\u0661 4 3 2\n3 2 1 4\n4 1 2 3\n2 3 4 1",
    ],
)
def test_what_holds_no_single_grid_is_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        parse_grid(text, PROBLEM)


@pytest.mark.parametrize(
    "text",
    ["No solution.", "There is no solution", "**No solution exists!**", "1432321441232344</think>No solution"],
)
def test_a_claim_is_read_where_the_answer_says_nothing_else(text: str) -> None:
    assert parse_grid(text, PROBLEM) is NO_SOLUTION


@given(st.text('0123456789.|,[]{}rows": \n', max_size=200))
def test_any_text_gives_a_grid_or_is_malformed(text: str) -> None:
    try:
        grid = parse_grid(text, PROBLEM)
    except Malformed:
        return
    assert isinstance(grid, list)
    assert all(type(number) is int for row in grid for number in row)


def test_a_solved_puzzle_can_be_answered_with_itself() -> None:
    assert parse_grid("1432\n3214\n4123\n2341", read_sudoku(SOLVED)) == SOLVED


def test_large_numbers_are_read() -> None:
    problem, solution = generate(box=(3, 4), empty=20, seed=1)
    assert parse_grid("\n".join(" ".join(map(str, row)) for row in solution), problem) == solution


@pytest.mark.parametrize("box", [(2, 2), (3, 3), (4, 4)])
def test_a_text_that_is_a_grid_in_json_or_in_lines_is_read(box: tuple[int, int]) -> None:
    _, solution = generate(box=box, empty=3, seed=1)
    lines = [list(map(str, row)) for row in solution]
    for text in (
        json.dumps(solution),
        json.dumps({"rows": solution}, indent=1),
        "\n".join(map(" ".join, lines)),
        "\n\n".join(f"| {' | '.join(line)} |" for line in lines),
        "\n".join(map(", ".join, lines)) + "\n",
    ):
        assert read_grid(text) == solution


@pytest.mark.parametrize(
    "document", [None, 1, True, [], [1], {"rows": SOLVED, "more": 1}, "", "12", "1x32" * 4, *UNREADABLE]
)
def test_documents_are_read_to_the_letter(document: object) -> None:
    if document in ([], "1x32" * 4):
        assert isinstance(read_grid(document), list)  # a form without meaning: the critic says so
        return
    with pytest.raises(Malformed):
        read_grid(document)


def test_the_prompt_shows_the_grid_and_the_boxes() -> None:
    problem, _ = generate(box=(2, 3), seed=1)
    text = prompt(problem)
    assert "boxes of 2 rows by 3 columns" in text
    for row in problem.rows:
        assert " ".join(str(number or ".") for number in row) in text
