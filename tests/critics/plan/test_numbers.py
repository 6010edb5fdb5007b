"""Numeric fluents: exact arithmetic, and what has no value."""

from __future__ import annotations

import pytest

from tests.critics.plan.judging import codes, domain, judge, problem, verdict

DECLARED = (
    "(:requirements :adl :fluents) (:constants k) (:predicates (p)) (:functions (x) (y) (z) (at ?o) - number)"
)


def after(
    effect: str, goal: str, init: str = "(= (x) 1) (= (y) 3)", condition: str = "()", steps: int = 1
) -> list[str]:
    act = f"(:action act :parameters () :precondition {condition} :effect {effect})"
    return codes(domain(DECLARED + act), problem(init, goal, "o"), "(act)" * steps)


@pytest.mark.parametrize(
    ("effect", "goal"),
    [
        ("(increase (x) 2)", "(= (x) 3)"),
        ("(decrease (x) 2.5)", "(= (x) -1.5)"),
        ("(assign (z) (+ (x) (y)))", "(= (z) 4)"),
        ("(scale-up (y) 1.5)", "(= (y) 4.5)"),
        ("(scale-down (y) 9)", "(= (* (y) 3) 1)"),
        ("(assign (x) (/ 1 3))", "(= (+ (x) (x) (x)) 1)"),
        ("(assign (x) (- (y)))", "(= (x) -3)"),
        ("(assign (x) (- (y) 5))", "(< (x) -1)"),
        ("(and (increase (x) 0.1) (increase (x) 0.2))", "(= (x) 1.3)"),
        ("(and (increase (x) 1) (decrease (x) 1))", "(= (x) 1)"),
        ("(and (assign (x) (y)) (assign (y) (x)))", "(and (= (x) 3) (= (y) 1))"),
        ("(and (increase (x) (y)) (increase (y) (x)))", "(and (= (x) 4) (= (y) 4))"),
        ("(and (p) (when (p) (increase (x) 5)))", "(= (x) 1)"),
        ("(when (> (y) (x)) (assign (z) (* (y) (y))))", "(>= (z) 9)"),
        ("(assign (at k) 0)", "(<= (at k) 0)"),
        ("(increase x 2)", "(= x 3)"),
        ("(increase (total-cost) 7)", "(= (total-cost) 7)"),
    ],
)
def test_arithmetic_is_exact_and_reads_the_state_before(effect: str, goal: str) -> None:
    assert after(effect, goal) == []


@pytest.mark.parametrize(
    ("effect", "expected"),
    [
        ("(increase (z) 1)", "undefined_value"),
        ("(assign (x) (z))", "undefined_value"),
        ("(assign (x) (/ (y) 0))", "division_by_zero"),
        ("(scale-down (x) (- (y) 3))", "division_by_zero"),
        ("(when (> (z) 0) (p))", "undefined_value"),
        ("(and (assign (x) 1) (assign (x) 2))", "conflicting_effects"),
        ("(and (assign (x) 1) (assign (x) 1))", "conflicting_effects"),
        ("(and (assign (x) 1) (increase (x) 2))", "conflicting_effects"),
        ("(and (scale-up (x) 2) (scale-up (x) 2))", "conflicting_effects"),
        ("(and (increase (x) 1) (scale-up (x) 2))", "conflicting_effects"),
        ("(and (increase (x) 1) (when (> (y) 0) (assign (x) 2)))", "conflicting_effects"),
    ],
)
def test_effects_without_a_value_fail_the_step(effect: str, expected: str) -> None:
    assert after(effect, "(and)") == [expected]


@pytest.mark.parametrize(
    ("condition", "is_met"),
    [
        ("(> (z) 0)", False),
        ("(not (> (z) 0))", False),
        ("(or (> (z) 0) (p))", True),
        ("(or (p) (> (z) 0))", True),
        ("(and (> (z) 0) (p))", False),
        ("(or (> (/ 1 (- (x) 1)) 0) (p))", True),
        ("(imply (> (z) 0) (p))", True),
        ("(not (and (> (z) 0) (not (p))))", True),
        ("(exists (?o) (> (at ?o) 0))", False),
        ("(forall (?o) (or (p) (> (at ?o) 0)))", True),
        ("(= (x) 1.0)", True),
        ("(= (/ (x) 3) 0.3333333333333333)", False),
        ("(>= (x) 1)", True),
        ("(> (x) 1)", False),
        ("(< 0 (x))", True),
        ("(= 1 1)", True),
        ("(= (x) (y))", False),
    ],
)
def test_conditions_without_a_value_hold_only_if_the_rest_decides(condition: str, is_met: bool) -> None:
    found = after("()", "(and)", "(= (x) 1) (= (y) 3) (p)", condition)
    assert (found == []) is is_met


def test_a_goal_without_a_value_is_not_met() -> None:
    assert after("()", "(= (z) 0)") == ["unmet_goal"]
    assert after("()", "(not (= (z) 0))") == ["unmet_goal"]


def test_a_step_after_which_a_value_is_defined_works() -> None:
    assert after("(assign (z) (x))", "(= (z) 1)") == []


def test_numbers_that_grow_without_end_are_not_decided() -> None:
    square = domain(DECLARED + "(:action act :parameters () :effect (assign (x) (* (x) (x))))")
    critique = judge(square, problem("(= (x) 3)"), "(act)" * 60)
    assert critique.verdict == "undecided"
    assert critique.reason is not None
    assert "bits" in critique.reason


def test_fractions_that_grow_without_end_are_not_decided() -> None:
    halve = domain(DECLARED + "(:action act :parameters () :effect (assign (x) (/ (+ (x) 1) 3)))")
    assert verdict(halve, problem("(= (x) 0.1)"), "(act)" * 20_000) == "undecided"
