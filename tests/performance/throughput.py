"""Ten thousand problems at once: throughput against the ideal, and memory per problem in flight."""

from __future__ import annotations

import asyncio
import gc
import resource
import tracemalloc
from collections.abc import Callable

import psutil
from measuring import MICRO, Row, laps
from rounds import graph_of, solve_all

import modulo
from modulo.protocols import Generation, Generator, Request
from modulo.testing import ScriptedGenerator

__all__ = ["ROUNDS", "measure_heap", "measure_resident", "measure_throughput"]

ROUNDS = 5
LATENCY_SECONDS = 0.2
KB = 1024
SCRIPT = (*(f"wrong answer {i}" for i in range(ROUNDS - 1)), "right")


GC_THRESHOLDS = (100_000, 20, 100)
"""What an application with that much in flight would give to ``gc.set_threshold``."""


def measure_throughput(
    *, problems: int, repeats: int, keeps_trace: bool, raises_gc_thresholds: bool = False
) -> list[Row]:
    """Solve all problems at once with a generator that takes 200 ms for each answer."""
    if raises_gc_thresholds:
        gc.set_threshold(*GC_THRESHOLDS)
    asyncio.run(solve_all(10, lambda i: None))  # loads modules
    plain = laps(lambda: asyncio.run(_plain(problems)), repeats)
    generator = ScriptedGenerator(SCRIPT, latency_seconds=LATENCY_SECONDS, keeps_requests=False)
    ours = laps(lambda: asyncio.run(_solve(generator, problems, keeps_trace)), repeats)
    bound = _bound_seconds(problems, repeats, keeps_trace)
    ideal_seconds = ROUNDS * LATENCY_SECONDS
    name = f"{problems:,} problems, {'trace in memory' if keeps_trace else 'no trace'}"
    name += ", raised GC thresholds" if raises_gc_thresholds else ""
    wall, cpu = ours.per(problems * ROUNDS, MICRO)
    plain_wall, _ = plain.per(1, 1)
    return [
        Row(
            what=f"{name}: throughput / ideal by latency",
            unit="%",
            values=[100 * ideal_seconds / seconds for seconds in ours.wall],
            reach=90,
            at_least=True,
            note=f"{ROUNDS} rounds of {LATENCY_SECONDS:g} s each; ideal {ideal_seconds:g} s",
        ),
        Row(
            what=f"{name}: throughput / plain asyncio",
            unit="%",
            values=[100 * min(plain_wall) / seconds for seconds in ours.wall],
            reach=90,
            at_least=True,
            note=f"plain asyncio with the same sleeps takes {min(plain_wall):.2f} s",
        ),
        Row(
            what=f"{name}: throughput / bound of one core",
            unit="%",
            values=[100 * max(ideal_seconds, bound) / seconds for seconds in ours.wall],
            note=f"bound: {problems * ROUNDS:,} rounds at what one takes with 300 loops, {bound:.2f} s",
        ),
        Row(what=f"{name}: all solved", unit="s", values=ours.wall, cpu=ours.cpu),
        Row(what=f"{name}: one round", unit="µs", values=wall, cpu=cpu),
    ]


def measure_resident(*, problems: int, keeps_trace: bool) -> list[Row]:
    """Resident memory while every problem waits for its answer in the first and in the last round."""
    asyncio.run(solve_all(10, lambda i: None))
    gc.collect()
    process = psutil.Process()
    before = process.memory_info().rss
    peak_before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KB
    sizes = asyncio.run(_held(problems, keeps_trace, lambda: process.memory_info().rss))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KB
    per_problem = [(size - before) / problems / KB for size in sizes]
    kind = "trace in memory" if keeps_trace else "no trace"
    what = f"{problems:,} in flight, {kind}: KB a problem"
    return [
        Row(what=f"{what}, RSS in round 1", unit="KB", values=per_problem[:1]),
        Row(what=f"{what}, RSS in round {ROUNDS}", unit="KB", values=per_problem[-1:], reach=50),
        Row(
            what=f"{what}, peak RSS of the run",
            unit="KB",
            values=[(peak - max(before, peak_before)) / problems / KB],
        ),
    ]


def measure_heap(*, problems: int, keeps_trace: bool) -> list[Row]:
    """The same by tracemalloc, which counts Python's own allocations alone and slows everything down."""
    asyncio.run(solve_all(10, lambda i: None))
    gc.collect()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    sizes = asyncio.run(_held(problems, keeps_trace, lambda: tracemalloc.get_traced_memory()[0]))
    kind = "trace in memory" if keeps_trace else "no trace"
    return [
        Row(
            what=f"{problems:,} in flight, {kind}: KB a problem, tracemalloc in round {ROUNDS}",
            unit="KB",
            values=[(sizes[-1] - before) / problems / KB],
            reach=50,
        )
    ]


class _Gate(Generator):
    """Lets nobody through before everybody waits for the same round; measures then."""

    def __init__(self, problems: int, measure: Callable[[], int]) -> None:
        self._problems = problems
        self._measure = measure
        self._waiting = 0
        self._opens = asyncio.Event()
        self.sizes: list[int] = []

    async def generate(self, request: Request) -> Generation:
        self._waiting += 1
        opens = self._opens
        if self._waiting == self._problems:
            await asyncio.sleep(LATENCY_SECONDS)  # let all that is on its way settle
            self.sizes.append(self._measure())
            self._waiting, self._opens = 0, asyncio.Event()
            opens.set()
        await opens.wait()
        return Generation(text=SCRIPT[request.turn], model="scripted")


def _bound_seconds(problems: int, repeats: int, keeps_trace: bool) -> float:
    """Time for all rounds at the pace of 300 loops without latency: more problems should not make it slower."""
    generator = ScriptedGenerator(SCRIPT, keeps_requests=False)
    few = laps(lambda: asyncio.run(_solve(generator, 300, keeps_trace)), max(3, repeats))
    return min(few.wall) / 300 * problems


async def _held(problems: int, keeps_trace: bool, measure: Callable[[], int]) -> list[int]:
    """What ``measure`` says in each round while all problems are in flight."""
    gate = _Gate(problems, measure)
    await _solve(gate, problems, keeps_trace)
    assert len(gate.sizes) == ROUNDS
    return gate.sizes


async def _solve(generator: Generator, problems: int, keeps_trace: bool) -> None:
    graph = graph_of(generator)

    async def one(i: int) -> None:
        trace = modulo.Trace() if keeps_trace else None
        strategy = modulo.Refine(patience=None)
        outcome = await modulo.solve(graph, f"problem {i}", strategy=strategy, trace=trace)
        assert isinstance(outcome, modulo.Certified)

    await asyncio.gather(*(one(i) for i in range(problems)))


async def _plain(problems: int) -> None:
    async def one() -> None:
        for _ in range(ROUNDS):
            await asyncio.sleep(LATENCY_SECONDS)

    await asyncio.gather(*(one() for _ in range(problems)))
