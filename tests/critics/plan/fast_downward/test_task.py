"""Problems as they are written for Fast Downward."""

from __future__ import annotations

import re

import pytest

from modulo.critics.plan import PddlProblem
from modulo.critics.plan.fast_downward.results import UnsupportedByPlanner
from modulo.critics.plan.fast_downward.task import PlannerTask, planner_task
from tests.critics.plan.fast_downward.problems import SLIDES, problem


def written(given: PddlProblem, *, has_costs: bool = False) -> PlannerTask:
    task = given.task()
    return planner_task(task.domain, task.problem, has_costs=has_costs)


def words(text: str) -> set[str]:
    return set(re.findall(r"[^\s()]+", text))


def test_no_name_of_the_user_reaches_the_planner() -> None:
    task = written(SLIDES)
    ours = {"define", "domain", "d", "problem", "q", "not", "and", "t"}
    for word in words(task.domain_text + task.problem_text):
        assert word in ours or word.startswith(":") or re.fullmatch(r"\??[atpovx]\d+", word), word


def test_a_plan_is_told_in_the_names_of_the_problem() -> None:
    assert written(SLIDES).action(["a0", "o0", "o1"]) == "(move a b)"


def test_types_are_facts_and_subtypes_belong_to_their_parents() -> None:
    task = written(
        problem(
            "(:action go :parameters (?x - mid) :effect (at ?x))",
            domain="(:types low - mid other)",
            predicates="(at ?x)",
            objects="a - low b - mid c - other",
            init="",
            goal="(at a)",
        )
    )
    assert "(t0 ?v0)" in task.domain_text
    assert ":types" not in task.domain_text
    assert {"(t0 o0)", "(t0 o1)"} <= set(task.problem_text.splitlines())
    assert "(t0 o2)" not in task.problem_text


def test_a_variable_that_hides_another_gets_a_name_of_its_own() -> None:
    task = written(
        problem(
            "(:action go :parameters (?x) :effect (when (at ?x) (and (forall (?x) (near ?x ?x)) (not (at ?x)))))",
            init="",
            goal="(at a)",
        )
    )
    assert "(forall (?v1) (when (and (p3 ?v0)) (p4 ?v1 ?v1)))" in task.domain_text
    assert "(when (and (p3 ?v0)) (not (p3 ?v0)))" in task.domain_text


def test_quantifiers_that_bind_nothing_are_left_out() -> None:
    task = written(problem("(:action go :effect (r))", init="", goal="(exists () (r))"))
    assert "exists" not in task.problem_text


@pytest.mark.parametrize(
    ("actions", "more", "says"),
    [
        ("(:action go :precondition (> (fuel) 0) :effect (r))", {}, "compares numbers"),
        ("(:action go :effect (r))", {"goal": "(and (r) (>= (fuel) 1))"}, "compares numbers"),
        (
            "(:durative-action go :parameters () :duration (= ?duration 1) :condition (and) :effect (at end (r)))",
            {},
            "about time",
        ),
        ("(:action go :effect (r))", {"init": "(at 5 (r))"}, "about time"),
    ],
)
def test_what_the_planner_does_not_know_is_refused(actions: str, more: dict[str, str], says: str) -> None:
    given = {"init": "(= (fuel) 1)", "goal": "(r)", **more}
    domain = "(:functions (fuel))"
    asked = problem(actions, domain=domain, requirements=":durative-actions :timed-initial-literals", **given)
    with pytest.raises(UnsupportedByPlanner, match=says):
        written(asked)


def test_numbers_that_no_condition_reads_are_left_out() -> None:
    task = written(
        problem(
            "(:action go :effect (and (r) (increase (fuel) 1)))",
            domain="(:functions (fuel))",
            init="(= (fuel) 1)",
            goal="(r)",
        )
    )
    assert "increase" not in task.domain_text
    assert task.most_cost == 1


def costs(effect: str, *, values: str = "", metric: str = "(:metric minimize (total-cost))") -> PddlProblem:
    return problem(
        f"(:action go :parameters (?x) :effect (and (r) {effect}))",
        domain="(:functions (total-cost) (fuel) (fee ?x))",
        init=f"(= (total-cost) 0) (= (fuel) 0) {values}",
        goal="(r)",
        metric=metric,
    )


def test_costs_are_written_in_the_smallest_unit() -> None:
    task = written(
        costs("(increase (total-cost) (fee ?x))", values="(= (fee a) 0.5) (= (fee b) 0.75) (= (fee c) 2)"),
        has_costs=True,
    )
    assert {"(= (f0 o0) 2)", "(= (f0 o1) 3)", "(= (f0 o2) 8)"} <= set(task.problem_text.splitlines())
    assert "(increase (total-cost) (f0 ?v0))" in task.domain_text
    assert "(:metric minimize (total-cost))" in task.problem_text
    assert task.most_cost == 8


@pytest.mark.parametrize(
    ("effect", "more", "says"),
    [
        ("(increase (total-cost) 1) (increase (total-cost) 2)", {}, "no single"),
        ("(when (r) (increase (total-cost) 1))", {}, "unconditional"),
        ("(decrease (total-cost) 1)", {}, "no single, unconditional increase"),
        ("(increase (total-cost) (* 2 (fee ?x)))", {}, "is computed"),
        ("(increase (total-cost) (total-cost))", {}, "changes"),
        ("(increase (total-cost) (fee ?x)) (assign (fee ?x) 1)", {}, "changes"),
        ("(increase (total-cost) (fee ?x))", {"values": "(= (fee a) -1)"}, "negative"),
        ("(increase (total-cost) (fee ?x))", {"values": "(= (fee a) 2000000)"}, "more than 1,000,000"),
        ("(increase (total-cost) 1)", {"metric": "(:metric maximize (total-cost))"}, "metric"),
        ("(increase (total-cost) 1)", {"metric": "(:metric minimize (+ (total-cost) (fuel)))"}, "metric"),
        ("(increase (total-cost) 1)", {"metric": ""}, "metric"),
    ],
)
def test_costs_of_another_form_are_refused(effect: str, more: dict[str, str], says: str) -> None:
    with pytest.raises(UnsupportedByPlanner, match=says):
        written(costs(effect, **more), has_costs=True)
