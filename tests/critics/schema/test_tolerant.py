"""TolerantJson: what is mended, what is refused, that nothing is guessed, and what the trace shows."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import modulo
from modulo.critics.schema import FitsSchema, TolerantJson
from modulo.errors import Malformed
from modulo.events import CandidateReformulated
from modulo.mending import Mending
from modulo.trace import event_json

read = TolerantJson()


def mended(text: str, expects: Any = "object") -> tuple[Any, tuple[str, ...]]:
    with Mending() as mending:
        value = TolerantJson(expects)(text)
    return value, mending.mends


@pytest.mark.parametrize(
    ("text", "mends"),
    [
        ('{"a": [1, 2]}', []),
        ('\n {"a":[1,2]} \n', []),
        ('```json\n{"a": [1, 2]}\n```', ["code fences"]),
        ('```\n{"a": [1, 2]}```', ["code fences"]),
        ('Here it is: {"a": [1, 2]}. Good luck {name}!', ["text around the JSON"]),
        ('see [1] and [ ] and [x]: {"a": [1, 2]}', ["text around the JSON"]),
        ('{"a": [1, 2,],}', ["trailing commas"]),
        ('{"a": [1, 2 , ] ,\n}', ["trailing commas"]),
        ('{"a": [1, // one\n 2 /* two */]}', ["comments"]),
        ('{"a": [1, 2, // end\n],}', ["comments", "trailing commas"]),
        ("{'a': [1, 2]}", ["single quotes"]),
        ('<think>{"a": 3}? no.</think>{"a": [1, 2]}', ["reasoning before the answer"]),
        ('{"a": [1, 2]} or, again, {"a":[1,2.0]}', ["text around the JSON"]),
    ],
)
def test_what_has_one_meaning_is_mended_and_told(text: str, mends: list[str]) -> None:
    assert mended(text) == ({"a": [1, 2]}, tuple(mends))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{'a': \"it's\", 'b': 'say \"hi\"', 'c': 'don\\'t', 'd': 'x\\ny\\\\'}",
         {"a": "it's", "b": 'say "hi"', "c": "don't", "d": "x\ny\\"}),
        ('{"a": True, "b": False, "c": None}', {"a": True, "b": False, "c": None}),
        ('{"a": "True, // no comment, [1,]"}', {"a": "True, // no comment, [1,]"}),
        ('{"a": "```", "b": "</b>"}', {"a": "```", "b": "</b>"}),
        ("{}", {}),
        ('{"a": "{\\"b\\": 1}"}', {"a": '{"b": 1}'}),
    ],
)  # fmt: skip
def test_texts_inside_stay_as_they_are(text: str, value: Any) -> None:
    assert read(text) == value


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "no_json"),
        ("I cannot do that.", "no_json"),
        ("VERDICT: ACCEPT", "no_json"),
        ("[1, 2]", "no_json"),
        ('"a"', "no_json"),
        ("3", "no_json"),
        ('{"a": 1} {"a": 2}', "several_documents"),
        ('{"a": 1} [{"a": 1}]', "several_documents"),
        ('[{"a": 1}]', "wrong_kind"),
        ('[1, {"a": 1}]', "wrong_kind"),
        ('{"a": 1', "cut_off"),
        ('{"a": {"b": 1}, "c": ', "cut_off"),
        ('[{"b": 1}, ', "cut_off"),
        ('```json\n{"a": [1, 2', "cut_off"),
        ('{"a": "unclosed}', "malformed"),
        ('{"a": {"b": 1}, oops}', "malformed"),
        ('{a: {"b": 1}}', "malformed"),
        ('{"a": {"b": 1}]', "malformed"),
        ('{"a": 1, "a": 1}', "malformed"),
        ('{"a": NaN}', "malformed"),
        ('{"a": Infinity}', "malformed"),
        ('{"a": -Infinity}', "malformed"),
        ('{"a": 1e999}', "malformed"),
        ('{"a": 9007199254740993}', "malformed"),
        ('{"a": ' + "9" * 5000 + "}", "malformed"),
        ('{"a": 01}', "malformed"),
        ('{"a": +1}', "malformed"),
        ('{"a": .5}', "malformed"),
        ('{"a": 1,, "b": 2}', "malformed"),
        ('{"a": [,]}', "malformed"),
        ('{,}', "no_json"),
        ('{"a": 1 "b": 2}', "malformed"),
        ('{"a"; 1}', "malformed"),
        ('{"a": ...}', "malformed"),
        ('{"a": undefined}', "malformed"),
        ('{"a": "\\ud800"}', "malformed"),
        ('{"a": "line\nbreak"}', "malformed"),
        ("{'a': '\\x41'}", "malformed"),
        ('{"a": "b" "c"}', "malformed"),
        ('{"a": 1 /* open', "malformed"),
        ("{'a': 1, \"a\": 2}", "malformed"),
        ("{" + '"a":{' * 3000 + "}" * 3001, "malformed"),
        ('{"a": 1}' + " " * 1_000_000, "too_long"),
    ],
)  # fmt: skip
def test_nothing_is_guessed(text: str, code: str) -> None:
    with pytest.raises(Malformed) as caught:
        read(text)
    assert caught.value.code == code


def test_a_fault_names_its_line() -> None:
    with pytest.raises(Malformed) as caught:
        read('well\n{"a":\n  §}')
    assert caught.value.location == "line 3"


@pytest.mark.parametrize(
    ("expects", "text", "value"),
    [
        ("array", "Here: [1, 2,]", [1, 2]),
        ("array", '[{"a": 1}]', [{"a": 1}]),
        ("array", "- [ ] to do\n[x] done\n[]", []),
        ("any", '{"a": [1]}', {"a": [1]}),
        ("any", "[None]", [None]),
    ],
)
def test_arrays_can_be_expected(expects: Any, text: str, value: Any) -> None:
    assert mended(text, expects)[0] == value


@pytest.mark.parametrize(
    ("expects", "text"), [("array", '{"a": [1]}'), ("any", "[1] {}"), ("array", "[1] [2]")]
)
def test_other_kinds_are_malformed(expects: Any, text: str) -> None:
    with pytest.raises(Malformed):
        TolerantJson(expects)(text)


@pytest.mark.parametrize(
    "text",
    [
        "[1," * 30_000,
        "[" * 100_000,
        "{" * 100_000,
        '{"' * 40_000,
        "[1, x] " * 14_000,
        '"' * 100_000,
        "/*" * 40_000 + "{",
        "{'" + "\\" * 90_000,
        "[1, /*" * 15_000,
        "[1, '" * 15_000,
        '[1, "a' * 15_000,
        "[1, '\n" * 15_000,
    ],
)
@pytest.mark.parametrize("expects", ["object", "array", "any"])
def test_text_made_to_take_long_does_not(text: str, expects: Any) -> None:
    started = time.process_time()
    with pytest.raises(Malformed):
        TolerantJson(expects)(text)
    assert time.process_time() - started < 2


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(modulo.ConfigurationError):
        TolerantJson("number")  # type: ignore[arg-type]


_NUMBERS = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
_TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | _NUMBERS | _TEXTS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("a'\"\\{", max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(
    st.dictionaries(st.text("ab'\"", max_size=3), JSON, max_size=3), st.sampled_from(["", "```json\n", "So: "])
)
def test_what_was_written_is_what_is_read(value: dict[str, Any], before: str) -> None:
    after = "\n```" if before.startswith("```") else ""
    assert read(before + json.dumps(value, ensure_ascii=False) + after) == value


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-99, 99) | st.text("ab'\"\\ {},[]:#/*\n\té", max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("a'\"", max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text("ab'\"", max_size=3), PLAIN, min_size=1, max_size=3))
def test_what_python_prints_is_read_as_what_it_was(value: dict[str, Any]) -> None:
    assert read(repr(value)) == value


@given(st.text("{}[]\"',: \n/*atN01\\-`", max_size=40), st.sampled_from(["object", "array", "any"]))
def test_any_text_is_read_or_malformed(text: str, expects: Any) -> None:
    try:
        value = TolerantJson(expects)(text)
    except Malformed:
        return
    assert isinstance(value, dict | list)


@given(st.dictionaries(st.text("ab", max_size=3), JSON, min_size=1, max_size=3), st.data())
def test_an_answer_that_was_cut_off_is_malformed(value: dict[str, Any], data: st.DataObject) -> None:
    text = json.dumps(value)
    with pytest.raises(Malformed):
        read(text[: data.draw(st.integers(0, len(text) - 1))])


@pytest.mark.anyio
async def test_mends_stand_in_the_trace_and_on_the_candidate() -> None:
    trace = modulo.Trace()
    outcome = await modulo.solve(
        1,
        generator=lambda request: ['{"a": "x"}', "```json\n{'a': 1,}\n```"][request.turn],
        reformulator=TolerantJson(),
        critics=[FitsSchema({"properties": {"a": {"type": "integer"}}})],
        trace=trace,
    )
    assert isinstance(outcome, modulo.Certified)
    assert outcome.solution == {"a": 1}
    first, second = [event for event in trace.events if isinstance(event, CandidateReformulated)]
    told = ["code fences", "single quotes", "trailing commas"]
    assert "mended" not in event_json(first)
    assert event_json(second)["mended"] == told
    assert outcome.attempts[-1].candidate is not None
    assert list(outcome.attempts[-1].candidate.mended) == told
