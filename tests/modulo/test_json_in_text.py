"""JSON out of chat text: what stands there, all of it, and nothing mended."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modulo.errors import Malformed
from modulo.json_in_text import json_object_in, json_values_in

FORM = 'answer with {"a": 1}.'


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1}',
        '```json\n{"a": 1}\n```',
        'First {"a": 1}, so again: { "a" : 1.0 } {smile}',
        '<think>hm</think>{"a": 1}',
        'As {a: number, b: {"a": 2}}: {"a": 1}',
        'The set {"x", "y"} of {things} {1} :{ gives {"a": 1}',
    ],
)
def test_the_one_object_is_found(text: str) -> None:
    assert json_object_in(text, form=FORM) == {"a": 1}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "holds no JSON object"),
        ("[1]", "holds no JSON object"),
        ('{"a": 1', "ends too early"),
        ('{"answer": {"a": 1}, "b": ', "ends too early"),
        ('{"answer": {"a": 1}, "b', "ends too early"),
        ('{"a": 1} {"b', "ends too early"),
        ('{answer: {"a": 1}}', "holds no JSON object"),
        ('{answer: {"a": 1}, b: "}', "holds no JSON object"),
        ("{'answer': {\"a\": 1}}", "cannot be read"),
        ("{'a': 1}", "cannot be read"),
        ('{"a": 1} or {"a": 2}', "2 different"),
        ('{"a": 1, "a": 1}', "stands twice"),
        ('{"a": NaN}', "cannot be read"),
        ('{"a": 9007199254740993}', "cannot be read"),
        ('{"a": "\\ud800"}', "cannot be read"),
        ("{" * 100_000, "too many"),
        ('{"a":' * 100_000, "nested too deeply"),
        ('{"a": ' + "9" * 100_000 + "}", "too many digits"),
    ],
)
def test_what_holds_no_single_strict_object_is_malformed(text: str, says: str) -> None:
    with pytest.raises(Malformed, match=says) as error:
        json_object_in(text, form=FORM)
    assert error.value.hint == FORM


def test_arrays_are_found_as_far_out_as_they_go() -> None:
    assert json_values_in("see [1]: [[1, 2], [3]] or [x]", form=FORM, opening="[") == [[1], [[1, 2], [3]]]


def test_brackets_of_prose_are_passed_over_and_arrays_that_are_cut_off_are_not() -> None:
    assert json_values_in("in [0, 5) or [[link]]: [[1]]", form=FORM, opening="[") == [[[1]]]
    with pytest.raises(Malformed, match="ends too early"):
        json_values_in("[[[1, 2]], [[3", form=FORM, opening="[")


@given(st.lists(st.dictionaries(st.sampled_from("ab"), st.integers(-9, 9)), max_size=3), st.sampled_from(" ,x"))
def test_what_is_found_is_what_was_written(values: list[dict[str, int]], between: str) -> None:
    found = json_values_in(between.join(map(json.dumps, values)), form=FORM)
    assert list(found) == [value for at, value in enumerate(values) if value not in values[:at]]
