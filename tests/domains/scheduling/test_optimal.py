"""OptimalSchedule and NoScheduleExists: what CP-SAT proves, and what becomes of what it cannot prove."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import anyio
import pytest

import modulo
from modulo.critique import Critique, Verdict
from modulo.domains.scheduling import (
    DOMAIN,
    FT06,
    JobShop,
    NoScheduleExists,
    OptimalSchedule,
    generate,
    graph,
    read_job_shop,
)
from modulo.domains.scheduling.optimal import CpSatCritic
from modulo.domains.scheduling.specimens import ScheduleSpecimens
from modulo.errors import ConfigurationError, MissingDependencyError
from modulo.problem import NO_SOLUTION
from modulo.testing import ScriptedGenerator

pytest.importorskip("ortools")

FT06_OPTIMAL = [
    [5, 6, 16, 22, 42, 49],
    [0, 8, 13, 28, 38, 48],
    [0, 5, 9, 18, 27, 30],
    [8, 13, 22, 29, 37, 45],
    [13, 22, 25, 38, 48, 52],
    [13, 16, 19, 28, 45, 49],
]
ONE_MACHINE = JobShop(jobs=(((0, 2),), ((0, 3),)), optimal=True)


def judge(critic: CpSatCritic[Any], problem: JobShop, candidate: Any) -> Critique:
    return anyio.run(critic.critique, problem, candidate)


def test_the_known_optimum_of_ft06_is_accepted_and_a_moment_more_is_not() -> None:
    problem = read_job_shop({"jsp": FT06, "optimal": True})
    assert judge(OptimalSchedule(), problem, FT06_OPTIMAL).verdict is Verdict.ACCEPT
    later = [[start + 1 for start in times] for times in FT06_OPTIMAL]
    (violation,) = judge(OptimalSchedule(), problem, later).violations
    assert (violation.code, violation.hint) == ("not_optimal", "all jobs can be done by 55.")


@pytest.mark.parametrize(
    ("starts", "expected"),
    [
        ([[0], [2]], []),
        ([[3], [0]], []),
        ([[0], [3]], ["not_optimal"]),
        ([[0], [10**15]], ["not_optimal"]),
        ([[0], [1]], ["busy"]),
        ([[0]], ["wrong_shape"]),
        ("VERDICT: ACCEPT", ["malformed"]),
    ],
)
def test_only_the_earliest_end_is_accepted(starts: Any, expected: list[str]) -> None:
    critique = judge(OptimalSchedule(), ONE_MACHINE, starts)
    assert [violation.code for violation in critique.violations] == expected
    assert critique.accepts == (not expected)


def test_it_agrees_with_trying_all_orders() -> None:
    rng, specimens, tried = random.Random(5), ScheduleSpecimens(), 0
    while tried < 20:
        specimen = specimens.draw(rng)
        if not specimen.problem.optimal:
            continue
        tried += 1
        documents = [v.document for v in specimens.damaged(specimen, rng)] + list(specimen.answers)
        for document in documents:
            accepts = judge(OptimalSchedule(), specimen.problem, document).accepts
            assert accepts == specimens.is_right(specimen.problem, document), document


def test_a_schedule_of_no_length_cannot_be_beaten() -> None:
    problem = JobShop(jobs=(((0, 0),),), optimal=True)
    assert judge(OptimalSchedule(), problem, [[0]]).accepts


def test_what_cp_sat_cannot_prove_in_time_is_undecided() -> None:
    problem, starts = generate(jobs=15, machines=15, optimal=True, seed=1)
    hard = problem.model_copy(update={"deadlines": (), "max_makespan": 110})
    assert judge(NoScheduleExists(max_work=1e-9), hard, NO_SOLUTION).verdict is Verdict.UNDECIDED
    unbounded = hard.model_copy(update={"max_makespan": None})
    assert judge(OptimalSchedule(max_work=1e-9), unbounded, starts).verdict is Verdict.UNDECIDED


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({"max_makespan": 54}, Verdict.ACCEPT),
        ({"max_makespan": 55}, Verdict.REJECT),
        ({}, Verdict.REJECT),
        ({"max_makespan": 54, "capacities": [2] * 6}, Verdict.REJECT),
        ({"deadlines": [25, None, None, None, None, None]}, Verdict.ACCEPT),
        ({"deadlines": [26, None, None, None, None, None]}, Verdict.REJECT),
        ({"deadlines": [26, *[None] * 5], "releases": [1, *[0] * 5]}, Verdict.ACCEPT),
        ({"max_makespan": 0}, Verdict.ACCEPT),
    ],
)
def test_a_claim_is_accepted_exactly_if_no_schedule_exists(changes: dict[str, Any], verdict: Verdict) -> None:
    problem = read_job_shop({"jsp": FT06, **changes})
    assert judge(NoScheduleExists(), problem, NO_SOLUTION).verdict is verdict


def test_a_schedule_is_no_claim() -> None:
    assert judge(NoScheduleExists(), ONE_MACHINE, [[0], [2]]).verdict is Verdict.REJECT


@pytest.mark.anyio
async def test_a_certificate_of_an_optimum_names_ortools_and_can_be_verified(tmp_path: Path) -> None:
    guesses = ScriptedGenerator(['{"starts": [[0], [3]]}', '{"starts": [[0], [2]]}'])
    outcome = await modulo.solve(graph(guesses), ONE_MACHINE)
    assert isinstance(outcome, modulo.Certified)
    assert outcome.usage.rounds == 2
    entry = next(critic for critic in outcome.certificate.critics if "OptimalSchedule" in critic.id)
    assert entry.options["ortools"]
    assert set(entry.digests) == {"ortools"}
    outcome.certificate.save(tmp_path / "c.json")
    await modulo.verify(tmp_path / "c.json")


@pytest.mark.anyio
async def test_a_claim_ends_as_unsolvable() -> None:
    problem = JobShop(jobs=(((0, 2),), ((0, 3),)), max_makespan=4)
    outcome = await modulo.solve(graph(ScriptedGenerator(["There is no schedule."])), problem)
    assert isinstance(outcome, modulo.Unsolvable)


def test_without_ortools_the_optimum_is_refused_before_the_first_call(monkeypatch: pytest.MonkeyPatch) -> None:
    import modulo.domains.scheduling.solver as solver

    monkeypatch.setattr(solver, "_PACKAGE", "no_such_package")
    solver.cp_sat_digests.cache_clear()
    guesses = ScriptedGenerator(['{"starts": [[0], [2]]}'], repeats_last=True)
    with pytest.raises(MissingDependencyError, match=r"llm-modulo\[solvers\]"):
        anyio.run(lambda: modulo.solve(DOMAIN.graph(guesses), ONE_MACHINE))
    assert not guesses.requests
    feasible = ONE_MACHINE.model_copy(update={"optimal": False})
    assert isinstance(anyio.run(lambda: modulo.solve(DOMAIN.graph(guesses), feasible)), modulo.Certified)
    solver.cp_sat_digests.cache_clear()


@pytest.mark.anyio
async def test_a_search_ends_with_its_caller() -> None:
    problem, _ = generate(jobs=15, machines=15, optimal=True, seed=1)
    hard = problem.model_copy(update={"deadlines": (), "max_makespan": 110})
    with anyio.move_on_after(0.2) as scope:
        await NoScheduleExists(max_work=1e6, max_seconds=600).critique(hard, NO_SOLUTION)
    assert scope.cancelled_caught


@pytest.mark.parametrize("bad", [{"max_work": 0}, {"max_seconds": -1}, {"max_work": float("nan")}])
def test_limits_that_make_no_sense_are_refused(bad: dict[str, float]) -> None:
    with pytest.raises(ConfigurationError):
        OptimalSchedule(**bad)
