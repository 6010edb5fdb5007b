"""Seeded instances with a known schedule."""

from __future__ import annotations

import random

from modulo.domains.scheduling.problem import JobShop, Starts
from modulo.errors import ConfigurationError

__all__ = ["FT06", "generate"]

FT06 = """\
6 6
2 1 0 3 1 6 3 7 5 3 4 6
1 8 2 5 4 10 5 10 0 10 3 4
2 5 3 4 5 8 0 9 1 1 4 7
1 5 0 5 2 5 3 3 4 8 5 9
2 9 1 3 4 5 5 4 0 3 3 1
1 3 3 3 5 9 0 10 4 4 2 1
"""
"""The instance of Fisher and Thompson (1963) with six jobs; its least makespan is 55."""


def generate(
    *, jobs: int = 3, machines: int = 3, slack: int = 0, optimal: bool = False, seed: int = 0
) -> tuple[JobShop, Starts]:
    """A random job shop with releases, deadlines, a bound on the makespan, and a schedule that keeps them all.

    Each job visits every machine once. Operations are put down one by one, each as early as can be; what demands
    there are is then read off the schedule.

    Args:
        jobs: Number of jobs.
        machines: Number of machines; every third one does two operations at a time.
        slack: How much later than the schedule deadlines and the bound are.
        optimal: Whether the problem asks for the earliest end, which the schedule need not reach.
        seed: The same seed gives the same instance.

    Returns:
        The problem, and a schedule.

    Raises:
        ConfigurationError: A number makes no sense.
    """
    if not 1 <= jobs <= 100 or not 1 <= machines <= 100 or slack < 0:
        raise ConfigurationError(f"no job shop has {jobs} jobs, {machines} machines and a slack of {slack}")
    rng = random.Random(seed)  # noqa: S311  instances, not secrets
    routes = tuple(
        tuple((m, rng.randint(1, 9)) for m in rng.sample(range(machines), machines)) for _ in range(jobs)
    )
    capacities = tuple(2 if machine % 3 == 2 else 1 for machine in range(machines))
    releases = tuple(rng.choice((0, 0, rng.randint(1, 9))) for _ in range(jobs))
    starts = _put_down(routes, capacities, releases, rng)
    ends = [times[-1] + route[-1][1] for times, route in zip(starts, routes, strict=True)]
    deadlines = tuple(rng.choice((None, end + slack)) for end in ends)
    problem = JobShop(
        jobs=routes,
        capacities=capacities,
        releases=releases,
        deadlines=deadlines,
        max_makespan=None if optimal else max(ends) + slack,
        optimal=optimal,
    )
    return problem, starts


def _put_down(
    routes: tuple[tuple[tuple[int, int], ...], ...],
    capacities: tuple[int, ...],
    releases: tuple[int, ...],
    rng: random.Random,
) -> Starts:
    """Each machine has as many places as it has capacity, each of them free from a time on."""
    free = [[0] * capacity for capacity in capacities]
    ready = list(releases)
    starts: Starts = [[] for _ in routes]
    turns = [job for job, route in enumerate(routes) for _ in route]
    rng.shuffle(turns)
    for job in turns:
        machine, duration = routes[job][len(starts[job])]
        place = min(range(len(free[machine])), key=free[machine].__getitem__)
        start = max(ready[job], free[machine][place])
        starts[job].append(start)
        ready[job] = free[machine][place] = start + duration
    return starts
