"""FitsSchema: verdicts by the standard, paths of faults, hostile schemas and answers, and the gate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

import modulo
from modulo.critics.schema import FitsSchema
from modulo.critique import Verdict

TRIP: dict[str, Any] = {
    "title": "Trip",
    "type": "object",
    "properties": {
        "stops": {"type": "array", "items": {"$ref": "#/$defs/stop"}, "minItems": 1, "uniqueItems": True},
        "pace": {"enum": ["slow", "fast", 1, None]},
    },
    "required": ["stops"],
    "additionalProperties": False,
    "$defs": {
        "stop": {
            "type": "object",
            "properties": {
                "city": {"type": "string", "minLength": 1},
                "days": {"type": "integer", "minimum": 1},
            },
            "required": ["city", "days"],
        }
    },
}
GOOD = {"stops": [{"city": "Rome", "days": 2}], "pace": "slow"}


def faults(schema: Any, candidate: Any) -> list[tuple[str, str | None]]:
    found = FitsSchema(schema, max_seconds=None).critique(None, candidate)
    assert found.accepts is not bool(found.violations)
    return [(violation.code, violation.location) for violation in found.violations]


@pytest.mark.parametrize(
    "candidate", [GOOD, {"stops": GOOD["stops"]}, {**GOOD, "pace": 1}, {**GOOD, "pace": None}]
)
def test_what_fits_is_accepted(candidate: Any) -> None:
    assert faults(TRIP, candidate) == []


@pytest.mark.parametrize(
    ("candidate", "expected"),
    [
        ({}, [("required", "(whole answer)")]),
        ([], [("type", "(whole answer)")]),
        ({"stops": []}, [("minItems", "/stops")]),
        ({"stops": [{"city": "", "days": 0}]}, [("minLength", "/stops/0/city"), ("minimum", "/stops/0/days")]),
        ({"stops": [{"city": "Rome", "days": True}]}, [("type", "/stops/0/days")]),
        ({"stops": [{"city": "Rome", "days": "2"}]}, [("type", "/stops/0/days")]),
        ({"stops": [{"city": "Rome", "days": 2.5}]}, [("type", "/stops/0/days")]),
        ({"stops": GOOD["stops"] * 2}, [("uniqueItems", "/stops")]),
        ({**GOOD, "pace": True}, [("enum", "/pace")]),
        ({**GOOD, "a/b~c": 1}, [("additionalProperties", "(whole answer)")]),
    ],
)
def test_every_fault_has_its_path(candidate: Any, expected: list[tuple[str, str]]) -> None:
    assert faults(TRIP, candidate) == expected


def test_keys_are_escaped_in_paths() -> None:
    assert faults({"additionalProperties": False}, {"a/b~": 1}) == [("additionalProperties", "(whole answer)")]
    assert faults({"properties": {"a/b~": False}}, {"a/b~": 1}) == [("not", "/a~1b~0")]


@pytest.mark.parametrize(
    "candidate",
    [
        float("nan"),
        float("inf"),
        10**400,
        2**60,
        "\ud800",
        {1: 2},
        {"a": {1, 2}},
        object(),
        ("a", object()),
        [[[[]]]] and __import__("functools").reduce(lambda inner, _: [inner], range(5000), []),
    ],
)
def test_what_is_no_json_value_is_rejected(candidate: Any) -> None:
    assert [code for code, _ in faults({}, candidate)] == ["not_json"]


def test_messages_do_not_repeat_long_answers() -> None:
    found = FitsSchema({"type": "object"}).critique(None, ["x" * 10_000])
    (violation,) = found.violations
    assert len(violation.message) < 300
    assert violation.actual is not None
    assert len(violation.actual) < 300


def test_one_of_several_alternatives_names_the_closest() -> None:
    schema = {"anyOf": [{"type": "null"}, {"properties": {"a": {"type": "integer"}}, "type": "object"}]}
    (violation,) = FitsSchema(schema).critique(None, {"a": "x"}).violations
    assert "fits none of 2 alternatives; closest: /a: must be of type integer" in violation.message


@pytest.mark.parametrize(
    ("schema", "accepted", "rejected"),
    [
        ({"multipleOf": 0.1}, [0.3, 0.7, 1, 1e300, -4.3], [0.35, 1e-3]),
        ({"multipleOf": 3}, [9, 0, -3, 3.0, 2**53 - 2], [True and 1, 4, 2**53 - 1]),
        ({"pattern": "^[a-z]+$"}, ["abc", 3], ["abc\n", "", "äb", "ABC"]),
        ({"pattern": r"^\d$"}, ["5"], ["\u0665", "5\n"]),
        ({"pattern": r"^\S+$"}, ["ab\u200b"], ["a\u00a0b", "a\ufeff", "a b", "\u2028"]),
        ({"pattern": r"^[\s,]$"}, ["\u00a0", ",", "\n"], ["x", "\u200b"]),
        ({"pattern": r"^[\S\t]$"}, ["x", "\t"], ["\u00a0", "\n"]),
        ({"pattern": r"^.\.$"}, ["x."], ["\r.", "\u2028.", "xx"]),
        (
            {"$id": "http://a/b", "$ref": "c", "$defs": {"c": {"$id": "c", "pattern": "^x$"}}},
            ["x"],
            ["x\n", "y"],
        ),
        ({"pattern": r"^[$]\$$"}, ["$$"], ["$", "$$\n"]),
        (
            {"patternProperties": {"^x$": {"type": "null"}}, "additionalProperties": False},
            [{"x": None}],
            [{"x": 1}, {"x\n": None}],
        ),
        (
            {"uniqueItems": True},
            [[1, True, "1", None, [1], [True]]],
            [[1, 1.0], [{"a": 1, "b": 2}, {"b": 2, "a": 1}]],
        ),
        ({"const": 1}, [1, 1.0], [True, "1"]),
        (
            {"format": "date"},
            ["2024-02-29", 5],
            ["2023-02-29", "20240229", "2024-02-29\n", "2024-W01-1", "\u0662\u0660\u0662\u0664-01-01"],
        ),
        (
            {"format": "time"},
            ["12:00:00Z", "12:00:00.123456789+05:30"],
            ["12:00", "12:00:00", "24:00:00Z", "12:61:00Z", "12:00:00Z\n"],
        ),
        (
            {"format": "date-time"},
            ["2024-01-01T00:00:00Z"],
            ["2024-01-01 00:00:00Z", "2024-01-01", "2024-13-01T00:00:00Z"],
        ),
        (
            {"format": "uuid"},
            ["12345678-1234-1234-1234-123456789abc"],
            ["12345678123412341234123456789abc", "{}"],
        ),
        ({"format": "ipv4"}, ["127.0.0.1"], ["127.0.0.01", "1.2.3", "\u0661.2.3.4"]),
        ({"format": "ipv6"}, ["::1"], ["::1%eth0", ":::"]),
        (
            {"definitions": {"n": {"pattern": "^a$"}}, "items": {"$ref": "#/definitions/n"}},
            [["a"]],
            [["a\n"]],
        ),
        (
            {"$defs": {"t": {"items": {"$ref": "#/$defs/t"}, "type": "array"}}, "$ref": "#/$defs/t"},
            [[[], [[]]]],
            [[1]],
        ),
        (
            {
                "$schema": "http://json-schema.org/draft-07/schema#",
                "definitions": {"n": {"pattern": "a$"}},
                "$ref": "#/definitions/n",
            },
            ["a"],
            ["a\n"],
        ),
    ],
)
def test_keywords_mean_exactly_what_they_say(schema: Any, accepted: list[Any], rejected: list[Any]) -> None:
    for candidate in accepted:
        assert faults(schema, candidate) == [], candidate
    for candidate in rejected:
        assert faults(schema, candidate), candidate


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "objekt"},
        {"properties": []},
        {"$ref": "https://example.com/schema.json"},
        {"items": {"$ref": "other.json"}},
        {"$ref": "#/$defs/missing"},
        {"allOf": [{"properties": {"a": {"$dynamicRef": "#nowhere"}}}]},
        {"pattern": "("},
        {"patternProperties": {"[": {}}},
        {"pattern": r"\p{Lu}"},
        {"$schema": "https://example.com/dialect"},
        {"minimum": float("nan")},
        {"enum": [2**60]},
        {"default": object()},
    ],
)
def test_a_schema_with_a_fault_is_refused_when_it_is_given(schema: Any) -> None:
    with pytest.raises(modulo.ConfigurationError):
        FitsSchema(schema)


@pytest.mark.parametrize("schema", [None, "object", 3, ["a"], True])
def test_what_is_no_schema_is_refused(schema: Any) -> None:
    with pytest.raises(modulo.ConfigurationError):
        FitsSchema(schema)


def test_a_data_value_that_looks_like_a_reference_is_data() -> None:
    schema = {"const": {"$ref": "https://example.com", "pattern": "$"}}
    assert faults(schema, {"$ref": "https://example.com", "pattern": "$"}) == []


def test_formats_that_nobody_checks_are_named_in_the_claim() -> None:
    critic = FitsSchema({"title": "Mail", "properties": {"to": {"format": "email"}, "on": {"format": "date"}}})
    accepted = critic.critique(None, {"to": "no address"})
    assert accepted.proves == "fits the JSON schema 'Mail' (formats not checked: email)"


def test_its_options_are_the_schema_as_it_was_given() -> None:
    schema = {"pattern": "a$", "items": {"type": "string"}}
    critic = FitsSchema(schema)
    schema["items"] = {}
    assert critic.options() == {"schema": {"pattern": "a$", "items": {"type": "string"}}}


def test_an_endless_reference_is_an_error_and_no_verdict() -> None:
    with pytest.raises(RecursionError):
        FitsSchema({"$ref": "#"}).critique(None, 1)


def schema_for(problem: Mapping[str, int]) -> dict[str, Any]:
    return {"type": "integer", "maximum": problem["most"]}


def test_a_schema_can_be_made_of_the_problem() -> None:
    critic = FitsSchema(schema_for)
    assert critic.critique({"most": 3}, 3).accepts
    assert critic.critique({"most": 3}, 4).verdict is Verdict.REJECT
    assert critic.options() == {"schema_of": f"{__name__}:schema_for"}
    assert critic.max_seconds == 10


def test_only_patterns_need_a_deadline() -> None:
    assert FitsSchema(TRIP).max_seconds is None
    assert FitsSchema({"properties": {"a": {"pattern": "^a"}}}).max_seconds == 10
    assert FitsSchema({"properties": {"pattern": {"type": "string"}}}).max_seconds is None
    assert FitsSchema({"pattern": "^a"}, max_seconds=3).max_seconds == 3
    with pytest.raises(modulo.ConfigurationError):
        FitsSchema(TRIP, max_seconds="soon")


@pytest.mark.anyio
async def test_a_pattern_that_takes_for_ever_is_an_error_and_no_verdict() -> None:
    critic = FitsSchema({"pattern": "^(a+)+$"}, max_seconds=0.5)
    graph = modulo.Graph("texts")
    node = graph.generator("guess", lambda request: "")
    graph.critic("form", critic, reads=node)
    checked = await modulo.check(graph, 1, "a" * 60 + "!")
    assert checked.verdict == "error"


@pytest.mark.anyio
async def test_it_gates_the_other_critics() -> None:
    @modulo.critic(proves="it has days")
    def days(problem: object, candidate: Any) -> Any:
        if candidate["stops"][0]["days"] > 9:
            yield modulo.Violation("long", "Too long.")

    graph = modulo.Graph("trips")
    guess = graph.generator("guess", lambda request: "")
    trip = graph.reformulator("trip", modulo.parse_json, reads=guess)
    graph.critic("days", days, reads=trip)
    graph.critic("form", FitsSchema(TRIP), reads=trip)
    rejected = await modulo.check(graph, 1, {"stops": []})
    assert rejected.verdict == "reject"
    assert [critique.critic for critique in rejected.critiques] == ["form"]
    assert (await modulo.check(graph, 1, GOOD)).verdict == "accept"


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.sampled_from([0.5, 1.0, -2.0])
    | st.text("ab", max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=2), inner, max_size=3),
    max_leaves=6,
)
TYPES = st.sampled_from(["null", "boolean", "integer", "number", "string", "array", "object"])
SCHEMAS: st.SearchStrategy[Any] = st.recursive(
    st.one_of(
        st.booleans(),
        TYPES.map(lambda kind: {"type": kind}),
        st.fixed_dictionaries({}, optional={"minimum": st.integers(-3, 3), "maxLength": st.integers(0, 3)}),
        st.lists(VALUES, min_size=1, max_size=3).map(lambda values: {"enum": values}),
        st.sampled_from([{"uniqueItems": True}, {"multipleOf": 2}, {"pattern": "^a"}, {"maxItems": 1}]),
    ),
    lambda inner: st.one_of(
        st.fixed_dictionaries(
            {},
            optional={
                "items": inner,
                "properties": st.dictionaries(st.text("ab", max_size=2), inner, max_size=2),
                "required": st.lists(st.text("ab", max_size=2), max_size=2, unique=True),
                "additionalProperties": inner,
                "not": inner,
                "contains": inner,
            },
        ),
        st.tuples(st.sampled_from(["anyOf", "oneOf", "allOf"]), st.lists(inner, min_size=1, max_size=2)).map(
            lambda pair: {pair[0]: pair[1]}
        ),
    ),
    max_leaves=5,
)


@given(SCHEMAS.filter(lambda schema: isinstance(schema, dict)), VALUES)
def test_verdicts_agree_with_the_validator_of_the_library(schema: Any, value: Any) -> None:
    expected = jsonschema.Draft202012Validator(schema).is_valid(value)
    assert (faults(schema, value) == []) is expected
