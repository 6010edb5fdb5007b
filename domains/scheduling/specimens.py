"""What the critics of schedules are audited on."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from modulo.canonical import JsonValue, parse_json
from modulo.domains.scheduling.instances import generate
from modulo.domains.scheduling.problem import JobShop
from modulo.errors import ProblemError
from modulo.specimens import Specimen, Specimens, Variant

__all__ = ["ScheduleSpecimens"]

_IMPOSSIBLE: dict[str, JsonValue] = {
    "negative": -1, "text": "0", "boolean": False, "null": None, "list": [0], "half": 0.5,
}  # fmt: skip


class ScheduleSpecimens(Specimens[JobShop]):
    """Job shops with every kind of demand; one in ten is small and asks for the optimum, found by trying all."""

    def draw(self, rng: random.Random) -> Specimen[JobShop]:
        """A job shop with a schedule that is tight in most places."""
        if rng.random() < 0.1:
            return _drawn_optimal(rng)
        problem, starts = generate(
            jobs=rng.randint(1, 5),
            machines=rng.randint(1, 4),
            slack=rng.choice((0, 0, 3)),
            seed=rng.getrandbits(32),
        )
        return Specimen(problem, (starts,))

    def damaged(self, specimen: Specimen[JobShop], rng: random.Random) -> Iterator[Variant]:
        """Each operation in turn a moment earlier and later, the last one of all among them; and other faults."""
        problem, (answer,) = specimen.problem, specimen.answers
        places = [(job, place) for job, times in enumerate(_starts(answer)) for place in range(len(times))]
        for job, place in [*rng.sample(places, min(3, len(places))), places[-1]]:
            start = _starts(answer)[job][place]
            yield _moved("a_moment_earlier", answer, job, place, start - 1)
            yield _moved("a_moment_later", answer, job, place, start + 1)
            yield _moved("at_once", answer, job, place, 0)
            yield _moved("much_later", answer, job, place, 10**6)
        job, place = rng.choice(places)
        for family, value in _IMPOSSIBLE.items():
            yield _moved(family, answer, job, place, value)
        yield Variant("all_later", [[start + 1 for start in times] for times in _starts(answer)])
        yield Variant("all_at_once", [[0] * len(times) for times in _starts(answer)])
        yield Variant("missing_job", _starts(answer)[:-1])
        yield Variant("surplus_job", [*_starts(answer), [0]])
        yield Variant("missing_operation", [*_starts(answer)[:-1], _starts(answer)[-1][:-1]])
        yield Variant("jobs_exchanged", [*_starts(answer)[1:], _starts(answer)[0]])
        yield Variant("one_after_the_other", _in_sequence(problem))

    def rewritten(self, specimen: Specimen[JobShop], rng: random.Random) -> Iterator[Variant]:
        """As an object, and as a text."""
        yield Variant("object", {"starts": specimen.answers[0]})
        yield Variant("json_text", json.dumps({"starts": specimen.answers[0]}, indent=rng.choice((None, 1))))

    def is_right(self, problem: JobShop, document: JsonValue) -> bool:
        """Whether a clock that ticks through the schedule sees every demand kept."""
        starts: Any = _parsed(document)
        jobs = problem.jobs
        if not isinstance(starts, list) or len(starts) != len(jobs):
            return False
        for times, job in zip(starts, jobs, strict=True):
            if not isinstance(times, list) or len(times) != len(job) or any(type(t) is not int for t in times):
                return False
        if not _keeps_times(problem, starts) or not _keeps_capacities(problem, starts):
            return False
        return not problem.optimal or _end(problem, starts) == _least_end(problem)


def _drawn_optimal(rng: random.Random) -> Specimen[JobShop]:
    """Two or three jobs on two machines, with a schedule that is done as early as any."""
    while True:
        problem, _ = generate(
            jobs=rng.randint(2, 3), machines=2, slack=9, optimal=True, seed=rng.getrandbits(32)
        )
        best = min(_left_shifted(problem), key=lambda starts: _end(problem, starts), default=None)
        if best is not None:
            return Specimen(problem, (best,))


def _parsed(document: JsonValue) -> Any:
    """What a text of JSON says; anything else as it is."""
    if not isinstance(document, str):
        return document
    try:
        value = parse_json(document)
    except ProblemError:
        return document
    return value["starts"] if isinstance(value, dict) and value.keys() == {"starts"} else value


def _starts(document: JsonValue) -> Any:
    return copy.deepcopy(document)


def _moved(family: str, answer: JsonValue, job: int, place: int, start: JsonValue) -> Variant:
    starts = _starts(answer)
    starts[job][place] = start
    return Variant(family, starts)


def _in_sequence(problem: JobShop) -> JsonValue:
    clock, starts = max((*problem.releases, 0)), []
    for job in problem.jobs:
        starts.append([clock := clock + before for before in (0, *(duration for _, duration in job[:-1]))])
        clock += job[-1][1]
    return starts


def _end(problem: JobShop, starts: Sequence[Sequence[int]]) -> int:
    return max(t[-1] + job[-1][1] for t, job in zip(starts, problem.jobs, strict=True))


def _keeps_times(problem: JobShop, starts: Sequence[Sequence[int]]) -> bool:
    releases = problem.releases or (0,) * len(starts)
    deadlines = problem.deadlines or (None,) * len(starts)
    for job, times, release, deadline in zip(problem.jobs, starts, releases, deadlines, strict=True):
        ends = [start + duration for start, (_, duration) in zip(times, job, strict=True)]
        if any(start < ready for start, ready in zip(times, [release, *ends], strict=False)):
            return False
        if any(limit is not None and max(ends) > limit for limit in (deadline, problem.max_makespan)):
            return False
    return True


def _keeps_capacities(problem: JobShop, starts: Sequence[Sequence[int]]) -> bool:
    """Whether at no moment at which something starts, its machine does too much. Jobs may be put down in part."""
    spans = [
        (machine, start, start + duration)
        for job, times in zip(problem.jobs, starts, strict=True)
        for (machine, duration), start in zip(job, times, strict=False)
    ]
    return all(
        sum(1 for other, begin, end in spans if other == machine and begin <= moment < end)
        <= (problem.capacities[machine] if problem.capacities else 1)
        for machine, moment, _ in spans
    )


def _left_shifted(problem: JobShop) -> Iterator[Sequence[Sequence[int]]]:
    """Every schedule in which operations are put down in some order, each at the first moment that is free.

    One of those is best: Sprecher, Kolisch and Drexl, "Semi-active, active, and non-delay schedules" (1995).
    """

    def put_down(starts: Sequence[Sequence[int]]) -> Iterator[Sequence[Sequence[int]]]:
        waiting = [job for job, times in enumerate(starts) if len(times) < len(problem.jobs[job])]
        if not waiting:
            yield starts
        for job in waiting:
            yield from put_down(_at_first_moment(problem, starts, job))

    return (found for found in put_down([[] for _ in problem.jobs]) if _keeps_times(problem, found))


def _at_first_moment(problem: JobShop, starts: Sequence[Sequence[int]], job: int) -> Sequence[Sequence[int]]:
    times = starts[job]
    release = problem.releases[job] if problem.releases else 0
    moment = times[-1] + problem.jobs[job][len(times) - 1][1] if times else release
    while True:
        more = [*starts[:job], [*times, moment], *starts[job + 1 :]]
        if _keeps_capacities(problem, more):
            return more
        moment += 1


@lru_cache(maxsize=16)
def _least_end(problem: JobShop) -> int:
    return min(_end(problem, starts) for starts in _left_shifted(problem))
