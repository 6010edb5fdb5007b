"""Prompts and the reformulator: it converts form only."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from modulo.domains.graph_coloring import ColoringProblem, answer_schema, generate, parse_coloring, prompt
from modulo.errors import Malformed

PAIR = ColoringProblem(nodes=("A", "B"), edges=(("A", "B"),), colors=("red", "blue"))
ANSWER = {"A": "red", "B": "blue"}


@pytest.mark.parametrize(
    "text",
    [
        '{"A": "red", "B": "blue"}',
        '```json\n{"A": "red", "B": "blue"}\n```',
        'Sure! Here it is:\n{"A": "red", "B": "blue"}\nHope this helps {smile}.',
        '{"a": "Red", "b": " BLUE "}',
        'First {"A": "red", "B": "blue"}, so again: {"B": "blue", "A": "red"}',
    ],
)
def test_a_coloring_is_read_out_of_chat(text: str) -> None:
    assert parse_coloring(text, PAIR) == ANSWER


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I cannot solve this problem.",
        "A: red, B: blue",
        "{'A': 'red', 'B': 'blue'}",
        '{"A": "red", "B": "blue"',
        '{"A": "red", "A": "blue", "B": "blue"}',
        '{"A": "red", "a": "blue", "B": "blue"}',
        '{"A": "red", "B": "red"} or {"A": "red", "B": "blue"}',
        '{"A": 1, "B": 2}',
        '{"A": null}',
        '["red", "blue"]',
        "{}",
        '{"A": NaN}',
        "{" * 100_000,
        '{"a":' * 100_000,
        '{"A": "\\ud800", "B": "blue"}',
    ],
)
def test_what_holds_no_single_coloring_is_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        parse_coloring(text, PAIR)


@given(st.text())
def test_any_text_gives_a_coloring_or_is_malformed(text: str) -> None:
    try:
        coloring = parse_coloring(text, PAIR)
    except Malformed:
        return
    assert all(isinstance(part, str) for pair in coloring.items() for part in pair)


@given(st.dictionaries(st.text(min_size=1), st.text(), min_size=1))
def test_nothing_is_invented_or_dropped(coloring: dict[str, str]) -> None:
    try:
        read = parse_coloring(json.dumps(coloring), PAIR)
    except Malformed:
        return
    assert len(read) == len(coloring)


def test_names_that_differ_only_in_case_are_left_alone() -> None:
    problem = ColoringProblem(nodes=("a", "A"), edges=(("a", "A"),), colors=("red", "blue"))
    assert parse_coloring('{"a": "red", "A": "blue"}', problem) == {"a": "red", "A": "blue"}


def test_the_prompt_names_every_node_edge_and_color() -> None:
    problem, _ = generate(nodes=9, colors=4, density=0.5, seed=3)
    text = prompt(problem)
    assert all(node in text for node in problem.nodes)
    assert all(color in text for color in problem.colors)
    assert all(f"{one}-{other}" in text for one, other in problem.edges)


def test_the_schema_takes_complete_answers_in_allowed_colors_only() -> None:
    validator = Draft202012Validator(dict(answer_schema(PAIR)))
    assert validator.is_valid(ANSWER)
    assert not validator.is_valid({"A": "red"})
    assert not validator.is_valid({"A": "red", "B": "green"})
    assert not validator.is_valid({**ANSWER, "C": "red"})
