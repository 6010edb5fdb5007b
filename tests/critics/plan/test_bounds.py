"""Bounds on length and cost, and the format critic."""

from __future__ import annotations

from fractions import Fraction

import pytest

from modulo.critics.plan import PddlProblem, PlanCostBound, PlanLengthBound, PlanValidator, WellFormedPlan
from modulo.errors import ConfigurationError
from tests.critics.plan.judging import domain, problem

PAID = domain(
    "(:predicates (done)) (:functions (total-cost) (price ?x) (left))"
    "(:action buy :parameters (?x) :effect (and (done) (increase (total-cost) (price ?x)) (decrease (left) 1)))"
)


def asked(
    metric: str = "(:metric minimize (total-cost))", init: str = "(= (price a) 2.5) (= (price b) 4)"
) -> PddlProblem:
    return PddlProblem(PAID, problem(f"{init} (= (left) 3)", "(done)", "a b", metric))


@pytest.mark.parametrize(
    ("bound", "plan", "verdict"),
    [
        (4, "(buy b)", "accept"),
        (3, "(buy b)", "reject"),
        ("2.5", "(buy a)", "accept"),
        (Fraction(249, 100), "(buy a)", "reject"),
        (5, "(buy a)(buy a)", "accept"),
        (4, "(buy a)(buy a)", "reject"),
        (100, "", "reject"),
        (100, "(buy c)", "reject"),
        (100, "buy a", "reject"),
        (100, None, "reject"),
    ],
)
def test_a_plan_must_be_valid_and_cheap_enough(bound: int, plan: str, verdict: str) -> None:
    assert PlanCostBound(bound).critique(asked(), plan).verdict == verdict


@pytest.mark.parametrize(
    ("metric", "bound", "plan", "verdict"),
    [
        ("", 2, "(buy a)(buy a)", "accept"),
        ("", 1, "(buy a)(buy a)", "reject"),
        ("(:metric maximize (left))", 1, "(buy a)(buy a)", "accept"),
        ("(:metric maximize (left))", 2, "(buy a)(buy a)", "reject"),
        ("(:metric minimize (* 2 total-time))", 6, "0: (buy a) 3: (buy a)", "accept"),
        ("(:metric minimize (* 2 total-time))", 5, "0: (buy a) 3: (buy a)", "reject"),
        ("(:metric minimize (total-time))", 2, "(buy a)(buy b)", "accept"),
        ("(:metric minimize (total-time))", 1, "(buy a)(buy b)", "reject"),
        ("(:metric minimize (/ 1 (- (left) 2)))", 9, "(buy a)", "reject"),
    ],
)
def test_the_metric_says_what_is_measured(metric: str, bound: int, plan: str, verdict: str) -> None:
    assert PlanCostBound(bound).critique(asked(metric), plan).verdict == verdict


def test_costs_are_exact() -> None:
    thirds = asked(init="(= (price a) 0.1) (= (price b) 0.2)")
    assert PlanCostBound("0.3").critique(thirds, "(buy a)(buy b)").accepts
    assert not PlanCostBound("0.29999999999999999").critique(thirds, "(buy a)(buy b)").accepts


def test_costs_that_nobody_declared_are_nothing() -> None:
    free = PddlProblem(
        domain("(:predicates (p)) (:action act :parameters () :effect (p))"),
        problem("", "(p)", "", "(:metric minimize (total-cost))"),
    )
    assert PlanCostBound(0).critique(free, "(act)(act)").accepts


def test_a_rejection_names_the_cost() -> None:
    (violation,) = PlanCostBound(3).critique(asked(), "(buy b)").violations
    assert (violation.code, violation.expected, violation.actual) == ("cost_out_of_bound", "at most 3", "4")


@pytest.mark.parametrize(
    ("plan", "verdict"),
    [("", "accept"), ("(x)(y)", "accept"), ("(x)(y)(z)", "reject"), ("(x)(", "reject"), (7, "reject")],
)
def test_plans_are_held_to_a_length(plan: object, verdict: str) -> None:
    assert PlanLengthBound(2).critique(asked(), plan).verdict == verdict  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("plan", "verdict"), [("", "accept"), ("(no such thing)", "accept"), ("hello", "reject"), (None, "reject")]
)
def test_the_format_critic_reads_and_no_more(plan: object, verdict: str) -> None:
    assert WellFormedPlan().is_format
    assert WellFormedPlan().critique(asked(), plan).verdict == verdict  # type: ignore[arg-type]


@pytest.mark.parametrize("bound", [1.5, "x", "1e3", True, None, "9" * 200])
def test_bounds_that_are_no_exact_number_are_refused(bound: object) -> None:
    with pytest.raises(ConfigurationError, match="bound"):
        PlanCostBound(bound)  # type: ignore[arg-type]


@pytest.mark.parametrize("steps", [-1, 1.0, "3", True])
def test_lengths_that_make_no_sense_are_refused(steps: object) -> None:
    with pytest.raises(ConfigurationError, match="max_steps"):
        PlanLengthBound(steps)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("settings", "match"),
    [
        ({"epsilon": 0}, "epsilon"),
        ({"epsilon": "-0.1"}, "epsilon"),
        ({"epsilon": 0.001}, "epsilon"),
        ({"max_evaluations": 0}, "max_evaluations"),
        ({"max_evaluations": 1e6}, "max_evaluations"),
        ({"reports": "some"}, "reports"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings: dict[str, object], match: str) -> None:
    with pytest.raises(ConfigurationError, match=match):
        PlanValidator(**settings)  # type: ignore[arg-type]


def test_what_verdicts_depend_on_stands_in_the_options() -> None:
    assert PlanValidator(epsilon="0.01").options() == {"epsilon": "0.01", "max_evaluations": 20_000_000}
    assert PlanCostBound("1.50").options()["bound"] == "1.5"
    assert PlanLengthBound(3).options() == {"max_steps": 3}


def test_a_claim_says_which_bound_was_kept() -> None:
    assert PlanLengthBound(10).proves == "plan of at most 10 steps"
    assert PlanCostBound("2.5").proves == "valid plan whose cost keeps the bound of 2.5"
