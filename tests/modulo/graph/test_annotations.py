from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Generic, Literal, NewType, Optional, TypedDict, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modulo.canonical import JsonValue
from modulo.errors import GraphError
from modulo.graph import Graph
from modulo.graph.annotations import fits, parameter_type, positional_parameters, return_type, type_text
from modulo.nested import NestedLoop
from modulo.problem import NoSolution

T = TypeVar("T")
Name = NewType("Name", str)


class Plan: ...


class BetterPlan(Plan): ...


class Coloring(Generic[T]): ...


class Entry(TypedDict):
    name: str


@pytest.mark.parametrize(
    ("given_type", "wanted"),
    [
        (int, int),
        (BetterPlan, Plan),
        (bool, int),
        (int, float),
        (list[int], list),
        (list, list[int]),
        (list[int], Sequence[int]),
        (dict[str, int], Mapping[str, int]),
        (tuple[int, int], tuple[int, ...]),
        (Plan, Plan | None),
        (Plan, Optional[Plan]),  # noqa: UP045
        (BetterPlan | None, Plan | None),
        (None, None),
        (type(None), None),
        (None, int | None),
        (Any, Plan),
        (Plan, Any),
        (Plan, object),
        (Plan, T),
        (Plan, "Plan"),
        (Coloring[int], Coloring),
        (Literal["a"], str),
        (Name, int),
        (Entry, dict),
        (dict, Entry),
        (Callable[[int], str], Callable[[int], str]),
    ],
    ids=str,
)
def test_a_type_fits_where_it_is_or_may_be_what_is_wanted(given_type: Any, wanted: Any) -> None:
    assert fits(given_type, wanted)


@pytest.mark.parametrize(
    ("given_type", "wanted"),
    [
        (int, str),
        (float, int),
        (Plan, BetterPlan),
        (Plan, Coloring),
        (str, Plan),
        (list[int], list[str]),
        (list[int], dict[str, int]),
        (Plan | None, Plan),
        (int | Plan, int),
        (Plan, int | None),
        (None, int),
        (int, None),
        (tuple[int, str], tuple[int, int]),
        (dict[str, Plan], dict[str, int]),
    ],
    ids=str,
)
def test_a_plain_mistake_does_not_fit(given_type: Any, wanted: Any) -> None:
    assert not fits(given_type, wanted)


annotations = st.recursive(
    st.sampled_from(
        [int, str, None, Any, Plan, T, ..., 3, "Plan", Name, Entry, Literal["a", 1], [int], (), type]
    ),
    lambda inner: (
        st.builds(lambda a: list[a], inner)
        | st.builds(lambda a, b: dict[a, b], inner, inner)
        | st.builds(lambda a, b: tuple[a, b], inner, inner)
    ),
    max_leaves=6,
)


@given(annotations, annotations)
def test_any_two_annotations_are_compared_without_a_crash(one: Any, other: Any) -> None:
    assert fits(one, one)
    assert fits(one, other) in (True, False)
    assert type_text(one)


# -------------------------------------------------------------------------------------- what functions declare


def plain(text: str, problem: Plan) -> BetterPlan: ...


def silent(text, problem): ...  # type: ignore[no-untyped-def]


def lenient(text: str, problem: Plan | None = None, *, strict: bool = True) -> Plan: ...


def many(*values: int) -> Plan: ...


def broken(text: Nowhere) -> Plan: ...  # type: ignore[name-defined]  # noqa: F821


def absurd(text: 1 / 0) -> Plan: ...  # type: ignore[valid-type]


def garbled(text: str) -> "not an expression !": ...  # type: ignore[syntax]  # noqa: F722


def claiming(text: str) -> Plan | NoSolution: ...


def json_of(text: str) -> JsonValue: ...


async def waiting(text: str) -> Plan: ...


def yielding(problem: Plan, candidate: BetterPlan) -> Iterator[int]: ...


class Converter:
    def __call__(self, text: str) -> Plan: ...

    def method(self, text: int, problem: Plan) -> BetterPlan: ...


class Saying:
    returns = BetterPlan

    def __call__(self, text: str) -> Any: ...


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (plain, BetterPlan),
        (silent, Any),
        (waiting, Plan),
        (claiming, Plan),
        (json_of, Any),
        (broken, Any),
        (absurd, Any),
        (garbled, Any),
        (Converter(), Plan),
        (Converter().method, BetterPlan),
        (Saying(), BetterPlan),
        (Plan, Plan),
        (int, int),
        (functools.partial(plain, problem=Plan()), Any),
        (functools.lru_cache(plain), BetterPlan),
        (json.loads, Any),
        (len, Any),
    ],
)
def test_what_a_function_returns_is_what_it_is_annotated_with(function: Any, expected: Any) -> None:
    assert return_type(function) is expected


@pytest.mark.parametrize(
    ("function", "index", "expected"),
    [
        (plain, 0, str),
        (plain, 1, Plan),
        (plain, 2, Any),
        (silent, 0, Any),
        (yielding, 1, BetterPlan),
        (lenient, 1, Any),
        (many, 0, Any),
        (broken, 0, Any),
        (Converter(), 0, str),
        (Converter().method, 1, Plan),
        (len, 0, Any),
        (5, 0, Any),
    ],
)
def test_what_a_function_takes_is_what_it_is_annotated_with(function: Any, index: int, expected: Any) -> None:
    assert parameter_type(function, index) is expected


def test_parameters_that_must_be_given_are_counted() -> None:
    assert positional_parameters(plain) == ("text", "problem")
    assert positional_parameters(lenient) == ("text",)
    assert positional_parameters(many) == ()
    assert positional_parameters(Converter().method) == ("text", "problem")
    assert positional_parameters(5) is None  # type: ignore[arg-type]


def test_a_nested_loop_returns_what_its_graph_answers() -> None:
    inner = Graph("inner")
    inner.generator("guess", lambda request: "")
    with pytest.raises(GraphError, match="has no hard critic"):
        return_type(NestedLoop(inner, problem=lambda text, problem: text))


def test_types_are_written_as_people_write_them() -> None:
    assert type_text(Plan) == "Plan"
    assert type_text(list[int]) == "list[int]"
    assert type_text(int | None) == "int | None"
    assert type_text(Any) == "Any"
