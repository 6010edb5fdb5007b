"""Hints and traces: what would achieve what is missing, short repairs, and the states on the way."""

from __future__ import annotations

import time

import pytest

from modulo.critics.plan import PddlProblem, PlanValidator
from modulo.critics.plan.achieving import applicable_steps
from modulo.critics.plan.plan_text import read_plan, step_text
from tests.critics.plan.judging import domain, judge, problem
from tests.critics.plan.test_classical import BLOCKS, TWO_BLOCKS
from tests.critics.plan.test_temporal import CELLAR, MATCH


def hints(domain_pddl: str, problem_pddl: str, plan: str) -> list[str | None]:
    return [violation.hint for violation in judge(domain_pddl, problem_pddl, plan, hints=True).violations]


@pytest.mark.parametrize(
    ("plan", "hint"),
    [
        (
            "(stack a b)",
            "(holding a) is made true by (pick-up a), (unstack a ?under). "
            "Inserting (pick-up a) before step 1 makes the plan valid.",
        ),
        (
            "",
            "(on a b) is made true by (stack a b). Adding (pick-up a) (stack a b) at the end reaches the goal.",
        ),
        (
            "(pick-up a)(pick-up b)(stack a b)",
            "(handempty) is made true by (put-down ?ob), (stack ?ob ?under). "
            "Leaving out step 2 makes the plan valid.",
        ),
        (
            "(pick-up b)(stack a b)(pick-up a)(unstack b a)",
            "(clear b) is made true by (put-down b), (stack b ?under), (unstack ?ob b). "
            "(holding a) is made true by (pick-up a), (unstack a ?under). "
            "Inserting (put-down b) (pick-up a) before step 2 makes that step possible.",
        ),
    ],
)
def test_hints_name_achievers_and_a_shortest_repair(plan: str, hint: str) -> None:
    assert hints(BLOCKS, TWO_BLOCKS, plan)[0] == hint


def test_of_several_shortest_repairs_always_the_same_is_named() -> None:
    # Sets of texts have another order in every process; a replay in another one must find what was said.
    names = " ".join(f"o{number}" for number in range(10, 40))
    facts = " ".join(f"(p {name})" for name in names.split())
    body = "(:predicates (p ?x) (q)) (:action act :parameters (?x) :precondition (p ?x) :effect (q))"
    (hint,) = hints(domain(body), problem(facts, "(q)", names), "")
    assert hint == "(q) is made true by (act ?x). Adding (act o10) at the end reaches the goal."


def test_without_being_asked_there_are_no_hints() -> None:
    assert all(violation.hint is None for violation in judge(BLOCKS, TWO_BLOCKS, "(stack a b)").violations)


def test_hints_do_not_change_the_verdict_or_the_messages() -> None:
    plan = "(stack a b)(pick-up b)(put-down a)"
    plain, hinted = judge(BLOCKS, TWO_BLOCKS, plan), judge(BLOCKS, TWO_BLOCKS, plan, hints=True)
    assert [v.message for v in plain.violations] == [v.message for v in hinted.violations]


def test_actions_that_could_never_achieve_it_are_not_named() -> None:
    ways = domain(
        "(:predicates (at ?x ?y) (car ?x) (plane ?x))"
        "(:action drive :parameters (?x ?y ?z) :precondition (and (car ?x) (at ?x ?y)) :effect (at ?x ?z))"
        "(:action fly :parameters (?x ?y ?z) :precondition (and (plane ?x) (at ?x ?y)) :effect (at ?x ?z))"
    )
    assert hints(ways, problem("(plane p) (car c)", "(at p b)", "p c a b"), "") == [
        "(at p b) is made true by (fly p ?y b)."
    ]
    assert hints(ways, problem("(plane p) (car c)", "(car p)", "p c a b"), "") == [None]


def test_a_step_that_does_not_exist_may_only_be_left_out() -> None:
    assert hints(BLOCKS, TWO_BLOCKS, "(pick-up a)(jump)(stack a b)") == [
        "Leaving out step 2 makes the plan valid."
    ]
    assert hints(BLOCKS, TWO_BLOCKS, "(jump)")[0] is None


def test_plans_with_times_are_judged_with_hints_as_without() -> None:
    assert hints(MATCH, CELLAR, "0: (mend f m) [1]")


def test_the_actions_that_can_be_carried_out_are_found() -> None:
    task = PddlProblem(BLOCKS, TWO_BLOCKS).task()
    found = [step_text(step) for step in applicable_steps(task, task.start(10_000))]
    assert sorted(found) == ["(pick-up a)", "(pick-up b)"]


def test_a_trace_shows_what_each_step_changes() -> None:
    moments = list(PlanValidator().trace(PddlProblem(BLOCKS, TWO_BLOCKS), "(pick-up a)(put-down b)(pick-up b)"))
    (first,) = moments
    assert first.what == "step 1 (pick-up a)"
    assert first.added == ("(holding a)",)
    assert first.removed == ("(clear a)", "(handempty)", "(ontable a)")


def test_a_trace_of_a_plan_with_times_goes_by_times() -> None:
    plan = "0: (strike m) [5]\n1: (mend f m) [2]"
    moments = list(PlanValidator().trace(PddlProblem(MATCH, CELLAR), plan))
    assert [moment.what.partition(":")[0] for moment in moments] == ["0", "1", "3", "5"]
    assert moments[0].added == ("(light m)",)


def test_a_trace_shows_numbers_and_derived_facts() -> None:
    counted = domain(
        "(:predicates (many)) (:functions (n)) (:derived (many) (>= (n) 2))"
        "(:action more :parameters () :effect (increase (n) 1))"
    )
    moments = list(PlanValidator().trace(PddlProblem(counted, problem("(= (n) 0)")), "(more)(more)"))
    assert [moment.values for moment in moments] == [{"(n)": "1"}, {"(n)": "2"}]
    assert [moment.added for moment in moments] == [(), ("(many)",)]


def test_a_repair_is_not_looked_for_among_very_many_steps_that_change_nothing() -> None:
    names = [f"o{number}" for number in range(150)]
    body = "(:predicates (p ?x ?y) (q)) (:action mark :parameters (?x ?y) :effect (p ?x ?y))"
    facts = " ".join(f"(p {one} {other})" for one in names for other in names)
    started = time.perf_counter()
    assert hints(domain(body), problem(facts, "(q)", " ".join(names)), "") == [None]
    assert time.perf_counter() - started < 20


def test_every_repair_that_is_said_to_mend_a_plan_mends_it() -> None:
    plan = "(stack a b)"
    (hint, *_) = hints(BLOCKS, TWO_BLOCKS, plan)
    assert hint is not None
    inserted = hint.partition("Inserting ")[2].partition(" before")[0]
    assert judge(BLOCKS, TWO_BLOCKS, inserted + plan).accepts
    assert len(read_plan(inserted)) == 1
