"""Reading expressions: what is read, what is refused, and values against Python's own arithmetic."""

from __future__ import annotations

import ast
from contextlib import suppress
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modulo.critics.arithmetic import (
    DivisionByZero,
    Notation,
    TooLarge,
    read_equation,
    read_expression,
    value_of,
)
from modulo.errors import Malformed

POWERS = Notation(powers=True)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("8 / (3 - 8 / 3)", 24),
        ("10 - 4 - 3", 3),
        ("24 / 4 / 2", 3),
        ("-2 + 5", 3),
        ("2 * -3", -6),
        ("- - 2", 2),
        ("\t1\n+ 1 ", 2),
        ("1.50", Fraction(3, 2)),
        ("0.1 + 0.2", Fraction(3, 10)),
    ],
)
def test_precedence_and_values_are_the_usual_ones(text: str, value: Fraction) -> None:
    assert value_of(read_expression(text)) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("-2^2", -4),
        ("2^3^2", 512),
        ("2**-1", Fraction(1, 2)),
        ("(-1)^999999999", -1),
        ("0^5", 0),
        ("1^10^15", 1),
    ],
)
def test_powers_bind_as_in_mathematics(text: str, value: Fraction) -> None:
    assert value_of(read_expression(text, POWERS)) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "()",
        "1 3",
        "2(3)",
        "(2)(3)",
        "1 +",
        "* 1",
        "+ 1",
        "1 ++ 1",
        "(1",
        "1)",
        "1e5",
        "1e999999999",
        ".5",
        "5.",
        "1,5",
        "2 ^ 3",
        "2 ** 3",
        "7 // 2",
        "7 % 2",
        "4!",
        "2 \u00d7 3",
        "2 \u2212 1",
        "\uff11 + 1",
        "\u0661 + 1",
        "x",
        "__import__('os')",
        "1_000",
        "0x10",
        "1;2",
        "1 = 1",
        "1\x00",
        "1" * 300,
        "(" * 200 + "1" + ")" * 200,
        "-" * 200 + "1",
        "1+" * 3000 + "1",
        "(" * 4999,
    ],
)
def test_what_is_no_expression_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        read_expression(text)


def test_a_long_sum_needs_no_recursion() -> None:
    assert value_of(read_expression("1+" * 2499 + "1")) == 2500


def test_sides_of_a_chain_are_read_in_order() -> None:
    assert [value_of(side) for side in read_equation("1 + 1 = 2 = 4/2")] == [2, 2, 2]


def test_an_empty_side_is_refused() -> None:
    with pytest.raises(Malformed):
        read_equation("1 = ")


@pytest.mark.parametrize("text", ["1/0", "1/(2-2)", "0^-1", "0/0"])
def test_a_division_by_zero_is_told_apart(text: str) -> None:
    with pytest.raises(DivisionByZero):
        value_of(read_expression(text, POWERS))


@pytest.mark.parametrize(
    "text", ["10^10^10", "9^9^9^9^9", "2^0.5", "0^0", "(1/3)^(10^9)", "*".join(["9" * 200] * 24) + "^300"]
)
def test_what_has_no_value_of_reasonable_size_is_not_worked_out(text: str) -> None:
    with pytest.raises(TooLarge):
        value_of(read_expression(text, POWERS))


TREES = st.recursive(
    st.integers(0, 20).map(str),
    lambda inner: st.tuples(
        st.sampled_from(["{} + {}", "({} - {})", "{} * {}", "{} / ({})", "-({} - {})"]), inner, inner
    ).map(lambda parts: parts[0].format(*parts[1:])),
    max_leaves=12,
)


def exactly(node: ast.expr) -> Fraction:
    match node:
        case ast.Constant(value=int(number)):
            return Fraction(number)
        case ast.UnaryOp(operand=operand):
            return -exactly(operand)
        case ast.BinOp(left=left, op=op, right=right):
            one, other = exactly(left), exactly(right)
            match op:
                case ast.Add():
                    return one + other
                case ast.Sub():
                    return one - other
                case ast.Mult():
                    return one * other
            return one / other
    raise AssertionError(node)


@settings(deadline=None)
@given(TREES)
def test_values_agree_with_pythons_parser(text: str) -> None:
    tree = ast.parse(text, mode="eval").body
    try:
        expected = exactly(tree)
    except ZeroDivisionError:
        with pytest.raises(DivisionByZero):
            value_of(read_expression(text))
    else:
        assert value_of(read_expression(text)) == expected


@settings(deadline=None)
@given(st.text(alphabet="0123456789+-*/()^=. x!", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        sides = read_equation(text, POWERS)
    except Malformed:
        return
    for side in sides:
        with suppress(DivisionByZero, TooLarge):
            value_of(side)
