"""Composed constraints: an oracle over all truth values, messages, what does not apply, and crashes."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modulo.critics.constraints import (
    Constraint,
    ConstraintFailed,
    all_of,
    any_of,
    at_most,
    implies,
    in_order,
    optional,
)
from tests.critics.constraints.conditions import condition, crashing
from tests.critics.constraints.test_constraint import is_even, is_large

A, B, D = condition("a"), condition("b"), condition("d")
Truth = Callable[[dict[str, bool], set[str]], bool | None]


def _leaf(name: str) -> tuple[Constraint[Any, Any], Truth]:
    return condition(name), lambda values, absent: None if name in absent else values[name]


def _compose(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    many = st.lists(children, min_size=1, max_size=3)
    return st.one_of(
        many.map(lambda pairs: (all_of(*[c for c, _ in pairs]), _known(pairs, all))),
        many.map(lambda pairs: (in_order(*[c for c, _ in pairs]), _known(pairs, all))),
        many.map(lambda pairs: (any_of(*[c for c, _ in pairs]), _known(pairs, any))),
        st.tuples(st.integers(0, 3), many).map(
            lambda made: (
                at_most(made[0], *[c for c, _ in made[1]]),
                _known(made[1], lambda truths: sum(truths) <= made[0]),
            )
        ),
        st.tuples(children, children).map(lambda pair: (implies(pair[0][0], pair[1][0]), _implied(*pair))),
    )


def _known(pairs: list[tuple[Any, Truth]], combine: Callable[[list[bool]], bool]) -> Truth:
    def truth(values: dict[str, bool], absent: set[str]) -> bool | None:
        known = [v for _, t in pairs if (v := t(values, absent)) is not None]
        return combine(known) if known else None

    return truth


def _implied(one: tuple[Any, Truth], other: tuple[Any, Truth]) -> Truth:
    def truth(values: dict[str, bool], absent: set[str]) -> bool | None:
        premise, consequence = one[1](values, absent), other[1](values, absent)
        return None if premise is None or consequence is None else (not premise or consequence)

    return truth


NAMES = "abcd"
TREES = st.recursive(st.sampled_from(NAMES).map(_leaf), _compose, max_leaves=8)


@given(TREES, st.fixed_dictionaries({n: st.booleans() for n in NAMES}), st.sets(st.sampled_from(NAMES)))
def test_any_composition_agrees_with_three_valued_truth(
    tree: tuple[Constraint[Any, Any], Truth], values: dict[str, bool], absent: set[str]
) -> None:
    composed, truth = tree
    expected = truth(values, absent)
    problem = sorted(absent)
    assert composed.applies_to(problem) is (expected is not None)
    if expected is not None:
        assert (composed.violations(problem, values) == ()) is expected


def messages(composed: Constraint[Any, Any], **values: bool) -> list[str]:
    return [violation.message for violation in composed.violations((), values)]


def test_all_of_reports_every_violation() -> None:
    assert messages(all_of(A, B), a=False, b=False) == ["no a", "no b"]


def test_in_order_reports_the_first_that_is_violated_and_judges_nothing_after_it() -> None:
    assert messages(in_order(A, B, crashing), a=True, b=False) == ["no b"]
    with pytest.raises(ConstraintFailed):
        in_order(A, B, crashing).violations((), {"a": True, "b": True})


def test_any_of_says_what_each_alternative_lacks() -> None:
    (violation,) = any_of(A, B).violations((), {"a": False, "b": False})
    assert violation.code == "any_of"
    assert violation.message == 'One of these must hold, and none does: "a" (no a); "b" (no b).'
    assert violation.hint == "do a or do b"


def test_messages_about_many_alternatives_are_shortened() -> None:
    many = any_of(*[condition(str(i)) for i in range(50)])
    (message,) = messages(many, **{str(i): False for i in range(50)})
    assert message.endswith('"4" (no 4); 45 more.')


def test_at_most_names_what_holds() -> None:
    (message,) = messages(at_most(1, A, B, D), a=True, b=False, d=True)
    assert message == 'At most 1 of 3 may hold, and 2 do: "a", "d".'
    (message,) = messages(at_most(0, A), a=True)
    assert message == 'None of 1 may hold, and 1 do: "a".'


def test_implies_says_what_the_consequence_is_needed_for() -> None:
    (violation,) = implies(A, B).violations((), {"a": True, "b": False})
    assert violation.message == 'Given "a": no b'
    assert (violation.code, violation.location, violation.hint) == ("b", "b", "do b")


@pytest.mark.parametrize(
    "composed",
    [
        any_of(A, B, message="Own.", location="there", hint="so"),
        at_most(0, D, message="Own.", location="there", hint="so"),
    ],
)
def test_a_composition_can_have_words_of_its_own(composed: Constraint[Any, Any]) -> None:
    (violation,) = composed.violations((), {"a": False, "b": False, "d": True})
    assert (violation.message, violation.location, violation.hint) == ("Own.", "there", "so")


@pytest.mark.parametrize(
    ("composed", "name", "definition", "says"),
    [
        (all_of(A, B), "all_of(a, b)", "all_of(a, b)", "a and b"),
        (any_of(A, all_of(B, D)), "any_of(a, all_of(b, d))", "any_of(a, all_of(b, d))", "a or (b and d)"),
        (at_most(2, A, B, D), "at_most(2, a, b, d)", "at_most(2, a, b, d)", "at most 2 of: a, b, d"),
        (at_most(0, A), "at_most(0, a)", "at_most(0, a)", "not: a"),
        (implies(A, B), "implies(a, b)", "implies(a, b)", "if a, then b"),
        (any_of(A, B, name="pays"), "pays", "pays = any_of(a, b)", "pays"),
        (any_of(A, B, says="it pays"), "any_of(a, b)", "any_of(a, b)", "it pays"),
        (
            all_of(any_of(A, B, name="pays"), D),
            "all_of(pays, d)",
            "all_of(pays = any_of(a, b), d)",
            "(pays) and d",
        ),
    ],
)
def test_names_and_claims_show_what_a_composition_is_made_of(
    composed: Constraint[Any, Any], name: str, definition: str, says: str
) -> None:
    assert (composed.name, composed.definition, composed.says) == (name, definition, says)


@pytest.mark.parametrize(
    "composed",
    [
        any_of(A, crashing),
        any_of(crashing, A),
        all_of(B, crashing),
        all_of(crashing, B),
        at_most(1, A, crashing),
        at_most(0, A, crashing),
        implies(A, crashing),
        implies(crashing, A),
        implies(crashing, B),
    ],
)
def test_a_crash_inside_is_an_error_whatever_holds_beside_it(composed: Constraint[Any, Any]) -> None:
    with pytest.raises(
        ConstraintFailed, match="'crashing' could not be judged: it raised RuntimeError: broken"
    ):
        composed.violations((), {"a": True, "b": False})


def test_implies_judges_the_consequence_only_where_the_premise_holds() -> None:
    assert messages(implies(B, crashing), b=False) == []


@pytest.mark.parametrize("compose", [all_of, in_order, any_of, lambda *parts: at_most(1, *parts)])
def test_nothing_is_composed_of_nothing(compose: Any) -> None:
    with pytest.raises(ValueError, match="of no constraints says nothing"):
        compose()


@pytest.mark.parametrize("wrong", [None, True, lambda p, c: [], optional(A)])
def test_only_constraints_are_composed(wrong: Any) -> None:
    for compose in (all_of, in_order, any_of, implies, lambda *parts: at_most(1, *parts)):
        with pytest.raises(TypeError, match="takes constraints"):
            compose(A, wrong)


@pytest.mark.parametrize(
    ("count", "error"), [(-1, ValueError), (True, TypeError), (1.5, TypeError), ("2", TypeError)]
)
def test_at_most_takes_a_whole_number(count: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        at_most(count, A)


def test_a_composition_of_top_level_functions_can_be_pickled() -> None:
    composed = any_of(is_even, implies(is_large, at_most(0, is_even)), name="either", message="Own.")
    copy: Constraint[Any, Any] = pickle.loads(pickle.dumps(composed))
    assert copy.definition == composed.definition
    assert copy.violations(1, 13) == composed.violations(1, 13) == ()
    assert [v.message for v in copy.violations(1, 3)] == []
