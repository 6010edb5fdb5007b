"""Verdicts against unified-planning: on recorded plans of models, and on random domains, problems and plans."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from modulo.critics.plan import PddlProblem, PlanValidator
from modulo.critics.plan.plan_text import read_plan
from modulo.critique import Critique
from tests.critics.plan.oracle import Unreadable, accepts
from tests.critics.plan.random_problems import Instance, classical_instances, temporal_instances

VALIDATOR = PlanValidator(reports="all")
QUIET = (HealthCheck.too_slow, HealthCheck.data_too_large)
UNSHRUNK = (Phase.explicit, Phase.reuse, Phase.generate)
"""Shrinking asks the oracle too often."""
ARE_SETTLED = {"conflicting_effects", "interference"}
"""Where the two differ on purpose: see docs/design/0009-plan-validation.md."""


def judged(domain: str, problem: str, plan: str) -> Critique:
    return VALIDATOR.critique(PddlProblem(domain, problem), plan)


def recorded(data: Path) -> list[dict[str, Any]]:
    with gzip.open(data / "planbench_plans.jsonl.gz") as lines:
        return [json.loads(line) for line in lines]


def test_every_recorded_plan_is_judged_as_expected(shared_data: Path) -> None:
    validator = PlanValidator()
    wrong = [
        row["id"]
        for row in recorded(shared_data)
        if validator.critique(PddlProblem(**row["problem"]), row["candidate"]).verdict != row["expected"]
    ]
    assert wrong == []


def have_a_moment_in_common(plan: str) -> bool:
    """Whether two things happen at once; unified-planning lets none of them write what another one writes."""
    steps = read_plan(plan)
    starts = [step.time or 0 for step in steps]
    ends = [(step.time or 0) + (step.duration or 0) for step in steps]
    return len({*starts, *ends}) < len(starts) + len(ends)


def fails_only_in_between(critique: Critique) -> bool:
    """Whether nothing fails but conditions over all: where nothing else happens, unified-planning looks at none."""
    faults = critique.violations
    return bool(faults) and all("over its whole duration" in fault.message for fault in faults)


def assert_same_verdicts(instance: Instance) -> None:
    for plan in instance.plans:
        critique = judged(instance.domain, instance.problem, plan)
        if {violation.code for violation in critique.violations} & ARE_SETTLED:
            continue
        assert critique.reason is None
        try:
            theirs = accepts(instance.domain, instance.problem, plan)
        except Unreadable:
            return
        if critique.accepts and not theirs and have_a_moment_in_common(plan):
            continue
        if theirs and fails_only_in_between(critique):
            continue
        assert critique.accepts == theirs, (instance.domain, instance.problem, plan, critique)


@settings(max_examples=12, deadline=None, phases=UNSHRUNK, suppress_health_check=QUIET)
@given(classical_instances())
def test_random_plans_are_judged_as_unified_planning_does(instance: Instance) -> None:
    assert_same_verdicts(instance)


@settings(max_examples=10, deadline=None, phases=UNSHRUNK, suppress_health_check=QUIET)
@given(temporal_instances())
def test_random_plans_with_times_are_judged_as_unified_planning_does(instance: Instance) -> None:
    assert_same_verdicts(instance)


@pytest.mark.slow
@settings(max_examples=3000, deadline=None, phases=UNSHRUNK, suppress_health_check=QUIET)
@given(classical_instances())
def test_many_random_plans_are_judged_as_unified_planning_does(instance: Instance) -> None:
    assert_same_verdicts(instance)


@pytest.mark.slow
@settings(max_examples=2000, deadline=None, phases=UNSHRUNK, suppress_health_check=QUIET)
@given(temporal_instances())
def test_many_random_plans_with_times_are_judged_as_unified_planning_does(instance: Instance) -> None:
    assert_same_verdicts(instance)


def test_a_sample_of_recorded_plans_is_judged_as_unified_planning_does(shared_data: Path) -> None:
    assert_recorded_agree(recorded(shared_data)[::400])


@pytest.mark.slow
def test_every_recorded_plan_is_judged_as_unified_planning_does(shared_data: Path) -> None:
    assert_recorded_agree(recorded(shared_data))


def assert_recorded_agree(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        problem = row["problem"]
        ours = judged(problem["domain_pddl"], problem["problem_pddl"], row["candidate"]).accepts
        theirs = accepts(problem["domain_pddl"], problem["problem_pddl"], row["candidate"])
        assert ours == theirs, row["id"]
