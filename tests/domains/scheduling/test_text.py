"""Prompts and the reformulator of schedules."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from modulo.domains.scheduling import DOMAIN, answer_schema, generate, parse_starts, prompt, read_starts
from modulo.errors import Malformed
from modulo.problem import NO_SOLUTION

ANSWER = [[0, 3], [1, 3]]


@pytest.mark.parametrize(
    "text",
    [
        '{"starts": [[0, 3], [1, 3]]}',
        '```json\n{"starts": [[0, 3], [1, 3]]}\n```',
        "As in [1]: [[0, 3], [1, 3]]",
        "<think>[[0, 3], [1, 2]] is {wrong}</think>[[0, 3], [1, 3]]",
        'Job 0 first {then}: {"starts": [[0, 3], [1, 3]]} That is {"starts":[[0,3],[1,3]]}.',
    ],
)
def test_a_schedule_is_read_out_of_chat(text: str) -> None:
    assert parse_starts(text) == ANSWER


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[[0, 3], [1, 3]] or [[0, 3], [1, 4]]",
        "[0, 3]",
        '{"starts": [[0, 3], [1, 3]]} or {"starts": [[0, 3], [1, 4]]}',
        '{"starts": [0, 3]}',
        '{"starts": [[0.5, 3], [1, 3]]}',
        '{"starts": [[true, 3], [1, 3]]}',
        '{"starts": [["0", 3], [1, 3]]}',
        '{"starts": [[0, 3], [1, 3]], "makespan": 7}',
        "There is no schedule that I know of.",
        "No solution" + "!" * 1_000,
    ],
)
def test_what_holds_no_single_schedule_is_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        parse_starts(text)


@pytest.mark.parametrize("text", ["No schedule exists.", "There is no solution!", "**no schedule**"])
def test_a_claim_is_read_where_the_answer_says_nothing_else(text: str) -> None:
    assert parse_starts(text) is NO_SOLUTION


def test_a_text_that_is_a_schedule_in_json_is_read() -> None:
    assert read_starts("[[0, 3], [1, 3]]") == read_starts('{"starts": [[0, 3],\n[1, 3]]}\n') == ANSWER


@pytest.mark.parametrize(
    "text", ["", "3", "[[0, 3", "[" * 5_000, '{"starts": 1}', "[[0, 3], [1, 3]] or so", '"[[0]]"']
)
def test_any_other_text_is_no_schedule(text: str) -> None:
    with pytest.raises(Malformed):
        read_starts(text)


@given(st.text('0123,[]{}starts": ', max_size=100))
def test_any_text_gives_a_schedule_or_is_malformed(text: str) -> None:
    try:
        starts = parse_starts(text)
    except Malformed:
        return
    assert read_starts(starts) == starts


@given(st.integers(0, 1000))
def test_the_schema_takes_what_the_generator_knows(seed: int) -> None:
    problem, starts = generate(seed=seed)
    validator = Draft202012Validator(dict(answer_schema(problem)))
    assert validator.is_valid({"starts": starts})
    assert not validator.is_valid({"starts": starts[:-1]})
    assert not validator.is_valid({"starts": [[-1, *starts[0][1:]], *starts[1:]]})


def test_the_prompt_tells_every_demand() -> None:
    problem = DOMAIN.read_problem(
        {
            "jobs": [[[0, 3], [1, 4]]],
            "capacities": [1, 2],
            "releases": [5],
            "deadlines": [15],
            "max_makespan": 16,
            "optimal": True,
        }
    )
    text = prompt(problem)
    for words in (
        "machine 0 for 3, machine 1 for 4",
        "up to 2",
        "at 5 or later",
        "by 15",
        "by 16",
        "as early as",
    ):
        assert words in text
