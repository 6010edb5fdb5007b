"""Overhead of one round: many loops at once, each nine wrong answers and then the right one."""

from __future__ import annotations

import asyncio
import cProfile
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from measuring import MICRO, Row, Times, laps

import modulo
from modulo.testing import ScriptedGenerator

__all__ = ["ROUNDS", "SCRIPT", "graph_of", "is_right", "measure_disk", "measure_memory", "solve_all"]

ROUNDS = 10
SCRIPT = (*(f"wrong answer {i}" for i in range(ROUNDS - 1)), "right")


@modulo.critic(proves="the answer is 'right'")
def is_right(problem: str, candidate: str) -> Any:
    if candidate != "right":
        yield modulo.Violation("wrong", f"{candidate!r} is not right.")


def graph_of(generator: modulo.Generator) -> modulo.Graph:
    """One generator and one critic."""
    graph = modulo.Graph("benchmark")
    answer = graph.generator("answer", generator)
    graph.critic("right", is_right, reads=answer)
    return graph


def measure_memory(*, loops: int, repeats: int) -> list[Row]:
    """Plain asyncio, then the same work in Modulo with its trace in memory."""
    plain = laps(lambda: asyncio.run(_plain(loops)), repeats)
    first, warm = _modulo(loops, repeats, lambda i: modulo.Trace())
    plain_wall, plain_cpu = plain.per(loops * ROUNDS, MICRO)
    return [
        Row(what="one round, plain asyncio", unit="µs", values=plain_wall, cpu=plain_cpu),
        _row("one round, trace in memory", warm, plain, loops, reach=60),
        _row("the same, first use in the process", first, plain, loops),
        Row(
            what="the same, function calls",
            unit="calls",
            values=[_function_calls(loops) / loops / ROUNDS],
            note="does not depend on what else the machine does; built-in functions included",
        ),
    ]


def measure_disk(*, loops: int, repeats: int) -> list[Row]:
    """The same with every run's trace in a file of its own; opening and closing it is part of the time."""
    plain = laps(lambda: asyncio.run(_plain(loops)), repeats)
    warm = Times()
    asyncio.run(solve_all(loops, lambda i: modulo.Trace()))
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as folder, warm.lap():
            asyncio.run(solve_all(loops, partial(_file_trace, Path(folder))))
    return [_row("one round, trace on disk", warm, plain, loops, reach=150)]


async def solve_all(loops: int, trace_of: Callable[[int], modulo.Trace | None]) -> None:
    """Run that many loops at once, one graph for all."""
    graph = graph_of(ScriptedGenerator(SCRIPT, keeps_requests=False))

    async def one(i: int) -> None:
        trace = trace_of(i)
        strategy = modulo.Refine(patience=None)
        outcome = await modulo.solve(graph, f"problem {i}", strategy=strategy, trace=trace)
        assert isinstance(outcome, modulo.Certified)
        assert len(outcome.attempts) == ROUNDS
        if trace is not None:
            trace.close()

    await asyncio.gather(*(one(i) for i in range(loops)))


def _modulo(loops: int, repeats: int, trace_of: Callable[[int], modulo.Trace]) -> tuple[Times, Times]:
    """The first lap, in which modules are loaded and critics prove that they are quick; and the others."""
    first = laps(lambda: asyncio.run(solve_all(loops, trace_of)), 1)
    return first, laps(lambda: asyncio.run(solve_all(loops, trace_of)), repeats)


def _function_calls(loops: int) -> int:
    profile = cProfile.Profile()
    profile.runcall(asyncio.run, solve_all(loops, lambda i: modulo.Trace()))
    return sum(entry.callcount for entry in profile.getstats())


def _file_trace(folder: Path, i: int) -> modulo.Trace:
    return modulo.Trace(folder / f"{i}.jsonl")


async def _plain(loops: int) -> None:
    """The trivial work alone: a call that answers, a check, the feedback, again."""
    solved = await asyncio.gather(*(_plain_loop(f"problem {i}") for i in range(loops)))
    assert all(solved)


async def _plain_loop(problem: str) -> bool:
    messages = [problem]
    for turn in range(ROUNDS):
        answer = await _plain_answer(messages, turn)
        violations = [v.message for v in is_right.function(problem, answer)]  # type: ignore[union-attr]
        if not violations:
            return True
        messages += [answer, *violations]
    return False


async def _plain_answer(messages: list[str], turn: int) -> str:
    return SCRIPT[turn]


def _row(what: str, times: Times, plain: Times, loops: int, reach: float | None = None) -> Row:
    """Time per round without what plain asyncio takes for it."""
    wall, cpu = times.per(loops * ROUNDS, MICRO)
    least_wall, least_cpu = (min(values) for values in plain.per(loops * ROUNDS, MICRO))
    return Row(
        what=what,
        unit="µs",
        values=[value - least_wall for value in wall],
        cpu=[value - least_cpu for value in cpu],
        reach=reach,
        note=f"{loops} loops at once x {ROUNDS} rounds; run set-up and certificate included",
    )
