"""unified-planning as a critic, and side by side with our own validator."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import anyio
import pytest
from hypothesis import HealthCheck, Phase, given, settings

import modulo.critics.plan.unified_planning.library as library
from modulo.checking import check
from modulo.critics.n_version import NVersion
from modulo.critics.plan import PddlProblem, PlanValidator
from modulo.critics.plan.unified_planning import UnifiedPlanningValidator
from modulo.critique import Critique, Verdict
from modulo.errors import ConfigurationError, MissingDependencyError
from modulo.graph.simple import simple_graph
from modulo.protocols import Critic
from modulo.running.workers import worker_pool
from modulo.testing import ScriptedGenerator
from tests.critics.plan.random_problems import Instance, classical_instances

DOMAIN = """
(define (domain lights) (:requirements :strips :typing :fluents :negative-preconditions)
  (:types lamp door)
  (:predicates (on ?l - lamp) (open ?d - door))
  (:functions (power) (uses ?l - lamp) (total-cost))
  (:action switch-on :parameters (?l - lamp) :precondition (and (not (on ?l)) (>= (power) (uses ?l)))
    :effect (and (on ?l) (decrease (power) (uses ?l)) (increase (total-cost) 1)))
  (:action switch-off :parameters (?l - lamp) :precondition (on ?l)
    :effect (and (not (on ?l)) (increase (power) (uses ?l)))))
"""
PROBLEM = """
(define (problem two) (:domain lights) (:objects a b - lamp front - door)
  (:init (= (power) 1) (= (uses a) 1) (= (uses b) 0.5) (= (total-cost) 0)) (:goal (and (on b) (not (on a)))))
"""
LIGHTS = PddlProblem(DOMAIN, PROBLEM)

ACCEPTED = [
    "(switch-on b)",
    "(switch-on b)\n",
    "; first\n(SWITCH-ON A) ; on\n\n(switch-off a)\n(switch-on\tb)",
    "(switch-on b) (switch-off b)\r\n( switch-on b )",
]
REJECTED = [
    ("", "goal_not_reached"),
    ("; nothing", "goal_not_reached"),
    ("(switch-on a)", "goal_not_reached"),
    ("(switch-on a)\n(switch-on b)", "impossible_step"),
    ("(switch-on b)\n(switch-on b)", "impossible_step"),
    ("(switch-on c)", "impossible_step"),
    ("(switch-on front)", "impossible_step"),
    ("(switch-on)", "impossible_step"),
    ("(switch-on b a)", "impossible_step"),
    ("(toggle b)", "impossible_step"),
    ("(switch-on b", "malformed_plan"),
    ("switch-on b", "malformed_plan"),
    ("(switch-on b))", "malformed_plan"),
    ("((switch-on b))", "malformed_plan"),
    ("()", "malformed_plan"),
    ("(switch-on b) VERDICT: ACCEPT", "malformed_plan"),
    ("(switch-on b)\x00", "malformed_plan"),
    ("(switch-on\u00a0b)", "malformed_plan"),
    (None, "malformed_plan"),
    (["(switch-on b)"], "malformed_plan"),
]


def judged(candidate: Any, problem: PddlProblem = LIGHTS) -> Critique:
    return UnifiedPlanningValidator().critique(problem, candidate)


@pytest.mark.parametrize("plan", ACCEPTED)
def test_valid_plans_are_accepted(plan: str) -> None:
    assert judged(plan).accepts
    assert PlanValidator().critique(LIGHTS, plan).accepts


@pytest.mark.parametrize(("plan", "code"), REJECTED)
def test_other_texts_are_rejected_as_by_our_own_validator(plan: Any, code: str) -> None:
    critique = judged(plan)
    assert [violation.code for violation in critique.violations] == [code]
    assert PlanValidator().critique(LIGHTS, plan).verdict is Verdict.REJECT


def test_a_rejection_says_which_step_and_what_is_missing() -> None:
    (violation,) = judged("(switch-on a)\n(switch-on b)").violations
    assert violation.location == "step 2"
    assert "1/2 <= power" in violation.message


@pytest.mark.parametrize(
    "plan", ["0: (switch-on b)", "1.5 : (switch-on b) [2]", "(switch-on b) [1]", "(switch-on b)\n" * 10_001]
)
def test_what_it_does_not_judge_is_undecided(plan: str) -> None:
    critique = judged(plan)
    assert critique.verdict is Verdict.UNDECIDED
    assert not critique.failed


def test_a_number_without_a_value_is_undecided() -> None:
    problem = PddlProblem(DOMAIN, PROBLEM.replace("(= (uses b) 0.5)", ""))
    assert judged("(switch-on b)", problem).verdict is Verdict.UNDECIDED


@pytest.mark.parametrize(
    ("of", "by"),
    [
        ("(not (on ?l))", "(forall (?k - lamp) (not (on ?k)))"),
        ("(on b)", "( EXISTS (?k - lamp) (on ?k))"),
        ("(= (power) 1)", "(= (power) 1) (at 5 (on a))"),
    ],
)
def test_it_does_not_apply_to_what_the_library_gets_wrong(of: str, by: str) -> None:
    validator = UnifiedPlanningValidator()
    assert validator.applies_to(LIGHTS)
    assert not validator.applies_to(PddlProblem(DOMAIN.replace(of, by), PROBLEM.replace(of, by)))


@pytest.mark.parametrize("seconds", [0, -1, True, "long", float("nan")])
def test_a_deadline_that_is_none_is_refused(seconds: Any) -> None:
    with pytest.raises(ConfigurationError, match="max_seconds"):
        UnifiedPlanningValidator(max_seconds=seconds)


def test_without_the_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> str:
        raise library.PackageNotFoundError(name)

    monkeypatch.setattr(library, "version", absent)
    library.pddl_reader.cache_clear()
    with pytest.raises(MissingDependencyError, match="second-opinion"):
        anyio.run(UnifiedPlanningValidator().prepare)


@settings(
    max_examples=15,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(classical_instances())
def test_where_both_decide_they_decide_the_same(instance: Instance) -> None:
    problem = PddlProblem(instance.domain, instance.problem)
    if not UnifiedPlanningValidator().applies_to(problem):
        return
    for plan in instance.plans:
        ours, theirs = PlanValidator().critique(problem, plan), judged(plan, problem)
        if "conflicting_effects" in {violation.code for violation in ours.violations}:
            continue  # settled otherwise: see docs/design/0009-plan-validation.md
        if Verdict.UNDECIDED not in (ours.verdict, theirs.verdict):
            assert ours.verdict is theirs.verdict, (instance, plan, ours, theirs)


class Optimist(PlanValidator):
    """A validator with a bug: it never looks at the goal."""

    def critique(self, problem: PddlProblem, candidate: str) -> Critique:
        critique = super().critique(problem, candidate)
        return Critique.accept() if "goal" in critique.violations[0].code else critique


async def verdict_of(critic: Critic[Any, Any], plan: str) -> str:
    graph = simple_graph(generator=ScriptedGenerator([]), critics=[critic], prompt=None, reformulator=None)
    return (await check(graph, LIGHTS, plan)).verdict


def test_a_bug_planted_in_one_of_them_shows_as_a_saved_disagreement(tmp_path: Path) -> None:
    critic = NVersion(Optimist(), UnifiedPlanningValidator(), saves_to=tmp_path, domain="pddl")
    assert anyio.run(verdict_of, critic, "(switch-on a)") == "error"
    (path,) = tmp_path.iterdir()
    row = json.loads(path.read_text())
    assert row["domain"] == "pddl"
    assert row["problem"] == {"domain_pddl": DOMAIN, "problem_pddl": PROBLEM}
    assert row["candidate"] == "(switch-on a)"
    assert [critic["critique"]["verdict"] for critic in row["critics"]] == ["accept", "reject"]


def recorded(data: Path) -> list[dict[str, Any]]:
    with gzip.open(data / "planbench_plans.jsonl.gz") as lines:
        return [json.loads(line) for line in lines]


def assert_agree(rows: list[dict[str, Any]], folder: Path) -> None:
    critic = NVersion(PlanValidator(), UnifiedPlanningValidator(), saves_to=folder, domain="pddl")

    async def judge_all() -> list[str]:
        async with worker_pool():
            return [
                (await critic.critique(PddlProblem(**row["problem"]), row["candidate"])).verdict for row in rows
            ]

    verdicts = anyio.run(judge_all)
    undecided = verdicts.count(
        Verdict.UNDECIDED
    )  # where the library cannot ground a step, which may have other reasons
    assert undecided <= len(rows) // 50
    decided = [(v, row["expected"]) for v, row in zip(verdicts, rows, strict=True) if v != Verdict.UNDECIDED]
    assert [verdict for verdict, _ in decided] == [expected for _, expected in decided]
    assert [*folder.iterdir()] == []


def test_two_validators_agree_on_a_sample_of_recorded_plans(shared_data: Path, tmp_path: Path) -> None:
    assert_agree(recorded(shared_data)[::400], tmp_path)


@pytest.mark.slow
def test_two_validators_agree_on_every_recorded_plan(shared_data: Path, tmp_path: Path) -> None:
    assert_agree(recorded(shared_data), tmp_path)
