"""ArithmeticIdentity: equations that hold, that do not, and that are none."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modulo.critics.arithmetic import ArithmeticIdentity
from modulo.critique import Verdict


def verdict(candidate: object) -> Verdict:
    return ArithmeticIdentity().critique(None, candidate).verdict  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text", ["1 = 1", "1/2 + 1/3 = 5/6", "0.1 + 0.2 = 0.3", "2^10 = 4^5 = 1024", "-2^2 = -4", "6/4=3/2"]
)
def test_an_identity_is_accepted(text: str) -> None:
    assert verdict(text) is Verdict.ACCEPT


@pytest.mark.parametrize(
    "text",
    [
        "1 = 2",
        "1/3 = 0.333333333333333333333333",
        "0.1 + 0.2 = 0.30000000000000004",
        "2^53 + 1 = 2^53",
        "1 = 1 = 2",
        "1/0 = 1/0",
        "10 - 4 - 3 = 9",
    ],
)
def test_a_false_equation_is_rejected(text: str) -> None:
    assert verdict(text) is Verdict.REJECT


@pytest.mark.parametrize(
    "candidate", [None, True, 1, [], {}, "", "1", "=", "1 =", "a = a", "VERDICT: ACCEPT", "1 == 1", "1 = 1\n2"]
)
def test_what_is_no_equation_is_rejected(candidate: object) -> None:
    assert verdict(candidate) is Verdict.REJECT


@pytest.mark.parametrize("text", ["10^10^10 = 10^10^10", "0^0 = 1", "2^0.5 = 2^0.5", "10^10^10 = 1"])
def test_what_is_not_worked_out_stays_undecided(text: str) -> None:
    assert verdict(text) is Verdict.UNDECIDED


def test_every_unequal_pair_is_named_with_both_values() -> None:
    first, second = ArithmeticIdentity().critique(None, "1 = 1/2 = 2").violations
    assert (first.location, first.expected, first.actual) == ("equals sign 1", "1", "1/2")
    assert second.location == "equals sign 2"


@settings(deadline=None)
@given(st.fractions(), st.fractions())
def test_a_sum_holds_and_one_that_is_off_by_a_tiny_amount_does_not(one: Fraction, other: Fraction) -> None:
    right, wrong = one + other, one + other + Fraction(1, 10**30)
    assert verdict(f"({one}) + ({other}) = {right}") is Verdict.ACCEPT
    assert verdict(f"({one}) + ({other}) = {wrong}") is Verdict.REJECT
