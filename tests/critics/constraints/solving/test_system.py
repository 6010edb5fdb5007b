"""Declaring systems: what is refused in words, and how conditions read."""

from __future__ import annotations

from typing import Any

import pytest

from modulo.critics.constraints.solving import (
    ConstraintSystem,
    all_different,
    both,
    count,
    either,
    total,
)
from modulo.critics.constraints.solving.wording import condition_text, listed
from modulo.errors import ConfigurationError

S = ConstraintSystem()
P, X, Y, C, D = (
    S.boolean("p"),
    S.integer("x", 0, 9),
    S.integer("y", 0, 9),
    S.choice("c", ["red", "green"]),
    S.choice("d", ["red"]),
)


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        (P, "p"),
        (~P, "not p"),
        (X + 2 * Y - 3 <= 7, "x + 2*y - 3 <= 7"),
        (-X + 1 == Y, "-x + 1 == y"),
        (3 - X > 0, "-x + 3 > 0"),
        (X - (X - Y) != 0, "x - x + y != 0"),
        (X * Y >= X, "x * y >= x"),
        ((X + 1) * (X + Y) < 4, "(x + 1) * (x + y) < 4"),
        (abs(X - Y) == 1, "|x - y| == 1"),
        (count([P, X > 1]) <= 1, "[p] + [x > 1] <= 1"),
        (total([X, Y, 1]) == 3, "x + y + 1 == 3"),
        (total([]) == 0, "0 == 0"),
        ((C == "red") | (C == D), "c is red or c is the same as d"),
        (C != "red", "not c is red"),
        (C.is_in(["red", "green"]), "c is red or green"),
        (P & (P | (X == 1)), "p and (p or x == 1)"),
        (P >> (X == 1), "(not p) or x == 1"),
        (all_different([X, Y + 1]), "x, y + 1 are all different"),
        (both([]), "true"),
        (either([]), "false"),
    ],
)
def test_conditions_read_as_they_are_written(condition: Any, text: str) -> None:
    assert condition_text(condition) == text


@pytest.mark.parametrize(
    "declare",
    [
        lambda s: s.integer("x", 2, 1),
        lambda s: s.integer("x", 0, 2**53),
        lambda s: s.integer("x", 0, True),
        lambda s: s.integer("x", 0.0, 1),
        lambda s: s.integer("", 0, 1),
        lambda s: s.integer(3, 0, 1),
        lambda s: s.boolean(" "),
        lambda s: s.boolean("\ud800"),
        lambda s: s.choice("c", []),
        lambda s: s.choice("c", ["a", "a"]),
        lambda s: s.choice("c", [1, 2]),
        lambda s: (s.boolean("x"), s.integer("x", 0, 1)),
    ],
)
def test_a_variable_that_makes_no_sense_is_refused(declare: Any) -> None:
    with pytest.raises(ConfigurationError):
        declare(ConstraintSystem())


@pytest.mark.parametrize(
    "condition",
    [None, True, 3, "x <= 3", X, C, lambda values: True],
)
def test_only_conditions_can_be_required(condition: Any) -> None:
    with pytest.raises(ConfigurationError, match="is a condition over variables"):
        S.require("wrong", condition)


def test_a_condition_over_another_systems_variables_is_refused() -> None:
    other = ConstraintSystem()
    other.integer("x", 0, 9)
    with pytest.raises(ConfigurationError, match="a variable of another system"):
        other.require("wrong", X == 1)


def test_a_name_stands_for_one_constraint() -> None:
    system = ConstraintSystem()
    x = system.integer("x", 0, 9)
    system.require("same", x == 1)
    with pytest.raises(ConfigurationError, match="two constraints 'same'"):
        system.require("same", x == 2)


@pytest.mark.parametrize(
    "misuse",
    [
        lambda: X == 1 and X == 2,
        lambda: 0 <= X <= 5,
        lambda: not P,
        lambda: bool(X == 1),
        lambda: X in [1, 2],
    ],
)
def test_an_expression_has_no_truth_value(misuse: Any) -> None:
    with pytest.raises(TypeError, match="true or false only of an assignment"):
        misuse()


@pytest.mark.parametrize(
    "write",
    [
        lambda: X + "1",
        lambda: X + 1.5,
        lambda: X * True,
        lambda: X == 1.0,
        lambda: X == True,  # noqa: E712
        lambda: X <= None,
        lambda: P & True,
        lambda: P | X,
        lambda: P >> None,
        lambda: C == "blue",
        lambda: C == 1,
        lambda: C.is_in(["red", "blue"]),
        lambda: all_different([X, C]),
        lambda: all_different([P, P]),
        lambda: count([X]),
        lambda: both([True]),
    ],
)
def test_an_expression_of_wrong_parts_is_refused(write: Any) -> None:
    with pytest.raises(ConfigurationError):
        write()


def test_long_chains_are_flat_and_deep_nesting_is_refused() -> None:
    deep: Any = P
    flat: Any = P
    number: Any = X
    for _ in range(300):
        flat, number = flat & P, number + X
    assert len(flat.conditions) == 301
    with pytest.raises(ConfigurationError, match="nested more than"):
        for _ in range(300):
            deep = (deep & P) | P


def test_long_lists_are_shortened_where_asked_for() -> None:
    assert listed(["a"]) == '"a"'
    assert listed(["a", "b", "c"]) == '"a", "b" and "c"'
    assert listed(["a", "b", "c", "d"], most=2) == '"a", "b" and 2 more'
