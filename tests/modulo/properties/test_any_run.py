"""Random programs, verdicts, limits and cancellations: no run breaks a rule, and each replays."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import anyio
import pytest
import structlog
from hypothesis import HealthCheck, event, example, given, settings

from modulo import Attempt, Budget, Certified, ChatBackprompter, Refine, StopReason
from tests.modulo.properties.programs import PLANS, QUIET_PLANS, Call, CriticPlan, Plan, Several, StagePlan
from tests.modulo.properties.rules import assert_nobody_is_left, assert_rules_hold
from tests.modulo.properties.running import Ran, run_again, run_all

ACCEPTS = CriticPlan(("accept",) * 4, "async", True, 0, True, "solutions", False, False)
CUT_OFF_AMID_SAMPLES = Plan(
    stages=(
        StagePlan(
            generators=(
                (
                    Call("broken", "usual", 3, 1),
                    Call("c", "usual", 4, 0),
                    Call("c", "lost", 0, 2),
                    Call("c", "no calls", 4, 2),
                    Call("broken", "usual", 1, 0),
                ),
            ),
            samples_per_call=1,
            critics=(ACCEPTS,),
            conversion="none",
            inner=(),
            reads_first_too=False,
        ),
    ),
    budget=Budget(rounds=10),
    batch=Budget(),
    runs=1,
    strategy=Several(asks=((2, 4, True),)),
    backprompter=ChatBackprompter(),
    select="best",
    max_tries=3,
    cut_off_after=23,
    by="stream",
)
"""The first of some samples failed without a bill, and the run was cancelled before anybody looked at it."""

LARGE = (HealthCheck.too_slow, HealthCheck.data_too_large)


@pytest.fixture(autouse=True, scope="module")
def _quiet() -> Iterator[None]:
    """A hundred thousand warnings of failing critics would hide the one plan that matters."""
    with structlog.testing.capture_logs():
        yield


async def check(plan: Plan, folder: Path) -> None:
    batch = await run_all(plan, folder)
    assert_nobody_is_left()
    assert_rules_hold(batch)
    for ran in batch.runs:
        event(f"ended: {end_of(ran)}")
        replayed = await run_again(ran)
        assert replayed.differences == ()
        if ran.outcome is not None:
            assert replayed.attempts == len(ran.outcome.attempts)
    assert_nobody_is_left()


def end_of(ran: Ran) -> str:
    return str(ran.outcome.stop_reason) if ran.outcome else "scope cancelled"


def check_in_a_folder(plan: Plan, backend: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        anyio.run(check, plan, Path(folder), backend=backend)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@given(plan=PLANS)
@example(plan=CUT_OFF_AMID_SAMPLES)
@settings(max_examples=100, suppress_health_check=LARGE)
def test_whatever_happens_no_run_breaks_the_rules(backend: str, plan: Plan) -> None:
    check_in_a_folder(plan, backend)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@given(plan=QUIET_PLANS)
@settings(max_examples=200, suppress_health_check=LARGE)
def test_whatever_critics_say_only_what_all_of_them_accept_is_certified(backend: str, plan: Plan) -> None:
    with tempfile.TemporaryDirectory() as folder:
        batch = anyio.run(run_all, plan, Path(folder), backend=backend)
        event(f"ended: {end_of(batch.runs[0])}")
        assert_rules_hold(batch)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@given(plan=QUIET_PLANS)
@settings(max_examples=60, suppress_health_check=LARGE)
def test_whatever_a_judge_says_the_same_answers_are_certified(backend: str, plan: Plan) -> None:
    plan = without_races(plan)
    with tempfile.TemporaryDirectory() as folder:
        (judged,) = anyio.run(run_all, plan, Path(folder), backend=backend).runs
    with tempfile.TemporaryDirectory() as folder:
        (silent,) = anyio.run(run_all, replace(plan, judge=()), Path(folder), backend=backend).runs
    assert judged.outcome is not None
    assert silent.outcome is not None
    assert [accepted_of(attempt) for attempt in judged.outcome.attempts] == [
        accepted_of(attempt) for attempt in silent.outcome.attempts
    ]
    assert judged.outcome.stop_reason == silent.outcome.stop_reason
    if plan.select == "first" and isinstance(silent.outcome, Certified):
        assert isinstance(judged.outcome, Certified)
        assert judged.outcome.solution == silent.outcome.solution


def without_races(plan: Plan) -> Plan:
    """One call at a time: who is first among several is for the clock to say, judged or not."""
    stages = tuple(replace(stage, generators=stage.generators[:1]) for stage in plan.stages)
    return replace(plan, stages=stages, strategy=Refine(width=1))


def accepted_of(attempt: Attempt) -> tuple[object, ...]:
    return attempt.text, attempt.accepted, attempt.critiques


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@given(plan=PLANS)
@settings(max_examples=3000, suppress_health_check=LARGE)
def test_whatever_happens_no_run_breaks_the_rules_in_many_more_cases(backend: str, plan: Plan) -> None:
    check_in_a_folder(plan, backend)


def test_random_programs_come_to_every_kind_of_end() -> None:
    """A guard over the tests above: programs that all ended the same way would show nothing."""
    seen: Counter[str] = Counter()

    @given(plan=PLANS)
    @settings(max_examples=100, database=None, derandomize=True, suppress_health_check=LARGE)
    def collect(plan: Plan) -> None:
        with tempfile.TemporaryDirectory() as folder:
            batch = anyio.run(run_all, plan, Path(folder))
        seen.update(end_of(ran) for ran in batch.runs)

    collect()
    rare = {StopReason.UNSOLVABLE, StopReason.COST_LIMIT, StopReason.STUCK}
    rare.add(StopReason.GIVEN_UP)  # these programs have no gates
    assert {*StopReason, "scope cancelled"} - seen.keys() <= rare
