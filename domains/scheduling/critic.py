"""The sound critic of schedules."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from typing import Final

from modulo.critique import Violation
from modulo.domains.scheduling.problem import JobShop, Starts
from modulo.protocols import Critic

__all__ = ["FeasibleSchedule", "faults"]

_MOST_NAMED: Final = 10
"""Operations that one violation names."""


class FeasibleSchedule(Critic[JobShop, Starts]):
    """Judges whether a schedule can be carried out.

    **Sound for:** every operation has a start that is no earlier than its job's release and the end of the operation
    before; no machine does more operations at a time than it can; deadlines and the bound on the makespan are kept.

    **Does not check:** that no schedule is done earlier; ``OptimalSchedule`` does.
    """

    proves = (
        "schedule that keeps order, machines' capacities, releases, deadlines and the bound on its makespan"
    )
    version = "1"

    def critique(self, problem: JobShop, candidate: Starts) -> Iterator[Violation]:
        """Every operation that begins too early or ends too late, and every overcrowded machine."""
        return faults(problem, candidate)


def faults(problem: JobShop, starts: Starts) -> Iterator[Violation]:
    """What is wrong with a schedule, whatever it is."""
    shape = [len(job) for job in problem.jobs]
    if not (isinstance(starts, list) and all(isinstance(times, list) for times in starts)):
        yield Violation("malformed", "The answer is no list of starts for each job.")
    elif [len(times) for times in starts] != shape:
        yield Violation("wrong_shape", f"The jobs have {shape} operations; give each of them one start.")
    elif not all(type(start) is int for times in starts for start in times):
        yield Violation("malformed", "A start is no whole number.")
    else:
        yield from _too_early(problem, starts)
        yield from _overcrowded(problem, starts)
        yield from _too_late(problem, starts)


def _too_early(problem: JobShop, starts: Starts) -> Iterator[Violation]:
    for job, operations in enumerate(problem.jobs):
        free, after = problem.release(job), "its job can begin at"
        for place, (_, duration) in enumerate(operations):
            start = starts[job][place]
            if start < free:
                message = f"Operation {place} of job {job} starts at {start}, but {after} {free}."
                yield Violation(
                    "too_early", message, location=_name(job, place), hint=f"start it at {free} or later."
                )
            free, after = start + duration, "the one before ends at"


def _overcrowded(problem: JobShop, starts: Starts) -> Iterator[Violation]:
    """For each operation, those that its machine is still doing when it starts."""
    spans: dict[int, list[tuple[int, int, str]]] = {}
    for job, operations in enumerate(problem.jobs):
        for place, (machine, duration) in enumerate(operations):
            if duration:  # what takes no time is in nobody's way
                start = starts[job][place]
                spans.setdefault(machine, []).append((start, start + duration, _name(job, place)))
    for machine, busy in sorted(spans.items()):
        running: list[tuple[int, str]] = []  # a heap by end
        for start, end, name in sorted(busy):
            while running and running[0][0] <= start:
                heapq.heappop(running)
            if len(running) >= problem.capacity(machine):
                others = " and ".join(f"{other} (until {until})" for until, other in running[:_MOST_NAMED])
                message = f"Machine {machine} is busy at {start}, when {name} starts, with {others}."
                hint = f"it is free from {running[0][0]}."
                yield Violation("busy", message, location=f"machine {machine}", hint=hint)
            heapq.heappush(running, (end, name))


def _too_late(problem: JobShop, starts: Starts) -> Iterator[Violation]:
    for job, operations in enumerate(problem.jobs):
        end, deadline = starts[job][-1] + operations[-1][1], problem.deadline(job)
        if deadline is not None and end > deadline:
            message = f"Job {job} ends at {end}, after its deadline at {deadline}."
            yield Violation("deadline", message, location=f"job {job}", expected=str(deadline), actual=str(end))
    most, makespan = problem.max_makespan, problem.makespan(starts)
    if most is not None and makespan > most:
        message = f"The last job ends at {makespan}, but all must be done by {most}."
        yield Violation("makespan", message, expected=str(most), actual=str(makespan))


def _name(job: int, place: int) -> str:
    return f"operation {place} of job {job}"
