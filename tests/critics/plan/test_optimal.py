"""Proofs that no plan is cheaper."""

from __future__ import annotations

import pytest

import modulo
from modulo.critics.plan import OptimalPlan, PddlProblem
from modulo.critics.plan.fast_downward import NoPlan, PlanFound, PlannerAnswer
from modulo.critics.plan.fast_downward.asking import FastDownwardQuestion
from modulo.critique import Critique, Verdict
from modulo.errors import MissingDependencyError
from tests.critics.plan.fast_downward.conftest import installation, no_fast_downward
from tests.critics.plan.fast_downward.problems import SLIDES, parity, problem

__all__ = ["installation", "no_fast_downward"]

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("installation")]

COSTLY = problem(
    "(:action direct :effect (and (r) (increase (total-cost) 10)))"
    "(:action first :effect (and (p) (increase (total-cost) 2.5)))"
    "(:action second :precondition (p) :effect (and (r) (increase (total-cost) 2.5)))",
    domain="(:functions (total-cost))",
    init="(= (total-cost) 7)",
    goal="(r)",
    metric="(:metric minimize (total-cost))",
)


async def judge(given: PddlProblem, plan: object) -> Critique:
    return await OptimalPlan(max_seconds=30).critique(given, plan)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "plan"),
    [
        (SLIDES, "(move a b)\n(move b c)"),
        (SLIDES, "; upper case and comments\n(MOVE a b) (move b C)"),
        (COSTLY, "(first)(second)"),
        (problem("(:action a :effect (q))", init="(p)", goal="(p)"), "; nothing"),
    ],
)
async def test_a_plan_of_least_cost_is_accepted(given: PddlProblem, plan: str) -> None:
    assert await judge(given, plan) == Critique.accept()


@pytest.mark.parametrize(
    ("given", "plan", "least", "cost"),
    [
        (COSTLY, "(direct)", "12", "17"),
        (COSTLY, "(first)(first)(second)", "12", "14.5"),
        (
            problem("(:action a :effect (q)) (:action b :precondition (q) :effect (q))", init="", goal="(q)"),
            "(a)(b)",
            "1",
            "2",
        ),
    ],
)
async def test_a_plan_that_costs_more_is_rejected_with_both_costs(
    given: PddlProblem, plan: str, least: str, cost: str
) -> None:
    critique = await judge(given, plan)
    assert critique.verdict is Verdict.REJECT
    (violation,) = critique.violations
    assert (violation.code, violation.expected, violation.actual) == ("not_optimal", least, cost)


@pytest.mark.parametrize("plan", ["(move a b)", "(move b c)(move a b)", "no plan", "", 7, "(fly a c)"])
async def test_what_is_no_valid_plan_is_rejected(plan: object) -> None:
    assert (await judge(SLIDES, plan)).verdict is Verdict.REJECT


@pytest.mark.parametrize(
    ("metric", "says"),
    [
        ("(:metric maximize (total-cost))", "metric"),
        ("(:metric minimize (* 2 (total-cost)))", "metric"),
        ("(:metric minimize (total-time))", "metric"),
    ],
)
async def test_other_metrics_stay_undecided(metric: str, says: str) -> None:
    given = problem(
        "(:action go :effect (and (r) (increase (total-cost) 1)))",
        domain="(:functions (total-cost))",
        init="(= (total-cost) 0)",
        goal="(r)",
        metric=metric,
    )
    critique = await judge(given, "(go)")
    assert critique.verdict is Verdict.UNDECIDED
    assert critique.reason is not None
    assert says in critique.reason


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (NoPlan(), "finds no plan"),
        (PlanFound(plan="(move b c)", steps=1), "not valid"),
        (PlanFound(plan="(move a b)\n(move b c)\n(move a b)", steps=3), "not valid"),
    ],
)
async def test_a_planner_that_contradicts_the_validator_proves_nothing(
    monkeypatch: pytest.MonkeyPatch, answer: PlannerAnswer, says: str
) -> None:
    async def ask(self: FastDownwardQuestion, problem: PddlProblem) -> PlannerAnswer:
        return answer

    monkeypatch.setattr(FastDownwardQuestion, "ask", ask)
    critique = await judge(SLIDES, "(move a b)(move b c)")
    assert critique.verdict is Verdict.UNDECIDED
    assert critique.reason is not None
    assert says in critique.reason


async def test_a_plan_cheaper_than_the_cheapest_proves_only_that_something_is_wrong(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def ask(self: FastDownwardQuestion, problem: PddlProblem) -> PlannerAnswer:
        return PlanFound(plan="(direct)", steps=1)

    monkeypatch.setattr(FastDownwardQuestion, "ask", ask)
    critique = await judge(COSTLY, "(first)(second)")
    assert critique.verdict is Verdict.UNDECIDED


async def test_a_search_that_is_not_finished_proves_nothing() -> None:
    size = 40
    goal = " ".join(f"(at o{n})" for n in range(size))
    given = PddlProblem(
        parity(size).domain_pddl, parity(size).problem_pddl.partition("(:goal")[0] + f"(:goal (and {goal})) )"
    )
    plan = "".join(f"(switch o{n} o{n + 1})" for n in range(0, size, 2))
    critique = await OptimalPlan(max_seconds=1.0).critique(given, plan)
    assert critique.verdict is Verdict.UNDECIDED


async def test_a_certificate_says_what_searched(tmp_path: object) -> None:
    outcome = await modulo.solve(
        SLIDES, generator=lambda request: "(move a b)(move b c)", critics=OptimalPlan()
    )
    assert isinstance(outcome, modulo.Certified)
    (critic,) = outcome.certificate.critics
    assert critic.options["search"] == "astar(lmcut()) then astar(blind())"
    assert set(critic.digests) == {"fast-downward", "fast-downward-translate"}
    await modulo.verify(outcome.certificate, critics=[OptimalPlan()])


@pytest.mark.usefixtures("no_fast_downward")
async def test_without_fast_downward_nothing_begins() -> None:
    with pytest.raises(MissingDependencyError, match="Fast Downward is not installed"):
        await modulo.solve(SLIDES, generator=lambda request: "", critics=OptimalPlan())
