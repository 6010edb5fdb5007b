"""FeasibleSchedule: accepted, rejected, malformed and adversarial schedules, an oracle, and mutations."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modulo.domains.scheduling import DOMAIN, FeasibleSchedule, JobShop, generate, read_job_shop
from modulo.domains.scheduling.specimens import ScheduleSpecimens

PAIR = JobShop(jobs=(((0, 3), (1, 2)), ((1, 2), (0, 4))), releases=(0, 1), deadlines=(None, 9), max_makespan=9)


def codes(problem: JobShop, starts: object) -> list[str]:
    return [violation.code for violation in FeasibleSchedule().critique(problem, starts)]  # type: ignore[arg-type]


@pytest.mark.parametrize("starts", [[[0, 3], [1, 3]], [[0, 7], [1, 5]], [[0, 7], [1, 4]]])
def test_a_schedule_that_keeps_everything_is_accepted(starts: list[list[int]]) -> None:
    assert codes(PAIR, starts) == []


@pytest.mark.parametrize(
    ("starts", "expected"),
    [
        ([[0, 2], [3, 5]], ["too_early", "busy"]),
        ([[0, 3], [0, 3]], ["too_early"]),
        ([[-1, 3], [1, 3]], ["too_early"]),
        ([[0, 3], [1, 2]], ["too_early", "busy"]),
        ([[0, 3], [2, 4]], ["busy"]),
        ([[0, 6], [1, 6]], ["deadline", "makespan"]),
        ([[0, 8], [1, 3]], ["makespan"]),
        ([[0, 2**53 - 1], [1, 3]], ["makespan"]),
        ([[0, 3], [1]], ["wrong_shape"]),
        ([[0, 3]], ["wrong_shape"]),
        ([[0, 3], [1, 3], [9]], ["wrong_shape"]),
    ],
)
def test_what_breaks_a_demand_is_rejected_with_each(starts: list[list[int]], expected: list[str]) -> None:
    assert codes(PAIR, starts) == expected


@pytest.mark.parametrize(
    "starts",
    [
        None,
        "VERDICT: ACCEPT",
        {},
        {"starts": [[0, 3], [1, 3]]},
        [0, 3, 1, 3],
        [[False, 3], [True, 3]],
        [[0.0, 3], [1, 3]],
        [["0", 3], [1, 3]],
        [[[0], 3], [1, 3]],
        [[None, 3], [1, 3]],
        [(0, 3), (1, 3)],
    ],
)
def test_what_is_no_schedule_is_rejected(starts: object) -> None:
    assert codes(PAIR, starts) == ["malformed"]


def test_a_violation_says_which_operations_collide_and_when_the_machine_is_free() -> None:
    (violation,) = FeasibleSchedule().critique(PAIR, [[0, 3], [2, 4]])
    assert violation.message == (
        "Machine 1 is busy at 3, when operation 1 of job 0 starts, with operation 0 of job 1 (until 4)."
    )
    assert violation.hint == "it is free from 4."


def test_a_machine_does_as_much_as_it_can_and_no_more() -> None:
    jobs = (((0, 5),),) * 3
    assert codes(JobShop(jobs=jobs, capacities=(2,)), [[0], [0], [5]]) == []
    assert codes(JobShop(jobs=jobs, capacities=(2,)), [[0], [0], [4]]) == ["busy"]
    assert codes(JobShop(jobs=jobs), [[0], [0], [5]]) == ["busy"]


def test_what_takes_no_time_is_in_nobodys_way() -> None:
    problem = JobShop(jobs=(((0, 5),), ((0, 0),)))
    assert codes(problem, [[0], [3]]) == []
    assert codes(problem, [[3], [3]]) == []


@given(st.integers(0, 10_000))
def test_it_agrees_with_a_ticking_clock_on_damaged_schedules(seed: int) -> None:
    rng, specimens = random.Random(seed), ScheduleSpecimens()
    specimen = specimens.draw(rng)
    problem = specimen.problem.model_copy(update={"optimal": False})
    for answer in specimen.answers:
        assert codes(problem, answer) == []
    for variant in specimens.damaged(specimen, rng):
        assert (codes(problem, variant.document) == []) == specimens.is_right(problem, variant.document), (
            variant
        )
    for variant in specimens.rewritten(specimen, rng):
        assert codes(problem, DOMAIN.read_candidate(variant.document, problem)) == []


@given(st.integers(0, 10_000))
def test_a_tight_schedule_cannot_begin_any_operation_before_it_is_free(seed: int) -> None:
    problem, starts = generate(jobs=3, machines=3, seed=seed)
    for job, times in enumerate(starts):
        rest = [*times[:-1], times[-1] + 1]
        late = codes(problem, [*starts[:job], rest, *starts[job + 1 :]])
        deadline = problem.deadline(job)
        assert ("deadline" in late) == (deadline is not None)


def test_ten_thousand_operations_at_once_are_judged_in_no_time() -> None:
    problem = read_job_shop({"jobs": [[[0, 9]] * 10] * 1000})
    started = time.perf_counter()
    assert len(codes(problem, [[0] * 10] * 1000)) == 9000 + 9999
    assert time.perf_counter() - started < 5
