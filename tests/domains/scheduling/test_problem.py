"""Problems: JSON, benchmark files, and seeded instances with a schedule."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modulo.domains.scheduling import DOMAIN, FT06, FeasibleSchedule, JobShop, generate, read_job_shop, read_jsp
from modulo.errors import ConfigurationError, ProblemError


def test_ft06_is_read(tmp_path: Path) -> None:
    problem = read_job_shop(FT06)
    assert (len(problem.jobs), problem.machines) == (6, 6)
    assert problem.jobs[0][:2] == ((2, 1), (0, 3))
    assert sum(duration for job in problem.jobs for _, duration in job) == 197
    (tmp_path / "ft06.txt").write_text("# Fisher and Thompson\n\n" + FT06)
    assert DOMAIN.read_problem_file(tmp_path / "ft06.txt") == problem
    assert read_job_shop({"jsp": FT06, "max_makespan": 55}).max_makespan == 55


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "does not begin"),
        ("6", "does not begin"),
        ("hello there", "line 1: 'hello'"),
        ("2 1\n0 5", "announces 2 jobs, and there are 1"),
        ("1 2\n0 5", "2 numbers are not 2 pairs"),
        ("1 1\n1 5", "no machine 1"),
        ("1 1\n0 -5", "line 2: '-5'"),
        ("1 1\n0 5.0", "line 2"),
        ("1 1\n0 \u0665", "line 2"),
        ("1 1\n0 99999999", "line 2"),
        ("1 1\n0 5 # five", "line 2"),
        ("0 0", "at least 1 item"),
        ("1 0\n", "announces 1 jobs"),
    ],
)
def test_what_is_no_benchmark_file_is_refused(text: str, says: str) -> None:
    with pytest.raises(ProblemError, match=says):
        read_job_shop(text)


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {},
        {"jobs": []},
        {"jobs": [[]]},
        {"jobs": [[[0]]]},
        {"jobs": [[[0, -1]]]},
        {"jobs": [[[0, True]]]},
        {"jobs": [[[0, 1.5]]]},
        {"jobs": [[[0, 10**7]]]},
        {"jobs": [[[1000, 1]]]},
        {"jobs": [[[0, 1]]], "releases": [0, 0]},
        {"jobs": [[[0, 1]]], "deadlines": [], "capacities": [0]},
        {"jobs": [[[1, 1]]], "capacities": [1]},
        {"jobs": [[[0, 1]]], "optimal": 1},
        {"jobs": [[[0, 1]] * 101] * 100},
        {"jobs": [[[0, 1]]], "more": 1},
        {"jsp": FT06, "jobs": [[[0, 1]]], "more": 1},
    ],
)
def test_what_is_no_job_shop_is_refused(document: Any) -> None:
    with pytest.raises(ProblemError):
        read_job_shop(document)


@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 9), st.booleans(), st.integers())
def test_the_schedule_of_an_instance_keeps_everything(
    jobs: int, machines: int, slack: int, optimal: bool, seed: int
) -> None:
    problem, starts = generate(jobs=jobs, machines=machines, slack=slack, optimal=optimal, seed=seed)
    assert list(FeasibleSchedule().critique(problem, starts)) == []
    assert problem == generate(jobs=jobs, machines=machines, slack=slack, optimal=optimal, seed=seed)[0]


@pytest.mark.parametrize("bad", [{"jobs": 0}, {"machines": 101}, {"slack": -1}])
def test_an_instance_that_cannot_be_is_refused(bad: dict[str, int]) -> None:
    with pytest.raises(ConfigurationError):
        generate(**bad)


def test_numbers_of_machines_count_unused_ones_with_a_capacity() -> None:
    assert JobShop(jobs=(((0, 1),),), capacities=(1, 1, 1)).machines == 3
    assert read_jsp("1 2\n1 5 0 3") == [[[1, 5], [0, 3]]]
