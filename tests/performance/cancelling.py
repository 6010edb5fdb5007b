"""From the first certified answer to solve() having returned with no process left behind.

Three generators race for one artefact. ``fast`` answers right. ``slow`` is in mid-generation for a minute.
``doubtful`` has answered, and its critic is at work on that in a worker process for a minute.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from measuring import MILLI, Row

import modulo
from modulo.protocols import Critic, Generation, Generator, Request

__all__ = ["measure_cancelling"]

_FOR_LONG_SECONDS = 60.0


def measure_cancelling(*, repeats: int) -> list[Row]:
    """Race that many times, each time with new worker processes; the first race also loads modules."""
    first, *races = [asyncio.run(_race()) for _ in range(repeats + 1)]
    return [
        Row(
            what="first certified -> solve() returned, no process left",
            unit="ms",
            values=[race.all_gone * MILLI for race in races],
            reach=50,
            note=f"cancels a generation and kills {races[0].processes} processes (workers, their watchdogs)",
        ),
        Row(
            what="of that, until solve() returned",
            unit="ms",
            values=[race.returned * MILLI for race in races],
        ),
        Row(
            what="the same, first use in the process",
            unit="ms",
            values=[first.all_gone * MILLI],
            reach=50,
            note=f"of that, {first.returned * MILLI:.0f} ms until solve() returned",
        ),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Race:
    """Seconds since the accepting critic's return, and how many processes there were then."""

    returned: float
    all_gone: float
    processes: int


class JudgedInProcess(Critic[Any, Any]):
    """Accepts at once, but for the doubtful answer, over which it sits in a worker process."""

    proves = "nothing; it is here to be killed"
    runs_in = "process"
    cost = 1.0

    def __init__(self, marker: str) -> None:
        self.marker = marker

    def critique(self, problem: Any, candidate: Any) -> list[modulo.Violation]:
        if candidate == "doubtful":
            Path(self.marker).touch()
            time.sleep(_FOR_LONG_SECONDS)
        return []


class _LastWord(Critic[Any, Any]):
    """Accepts when the sibling is in mid-call in its worker, and notes when that was."""

    proves = "nothing; it looks at the clock"
    cost = 2.0

    def __init__(self, marker: Path, is_heard: asyncio.Event) -> None:
        self._marker = marker
        self._is_heard = is_heard
        self.accepted_at = 0.0
        self.processes: list[psutil.Process] = []

    async def critique(self, problem: Any, candidate: Any) -> list[modulo.Violation]:
        self._is_heard.set()
        while not self._marker.exists():
            await asyncio.sleep(0.01)
        self.processes = psutil.Process().children(recursive=True)
        self.accepted_at = time.perf_counter()
        return []


class _Racer(Generator):
    """Answers with a text once an event is set; without one, only after a long time."""

    def __init__(self, text: str, after: asyncio.Event | None) -> None:
        self._text = text
        self._after = after

    async def generate(self, request: Request) -> Generation:
        await (asyncio.sleep(_FOR_LONG_SECONDS) if self._after is None else self._after.wait())
        return Generation(text=self._text)


async def _race() -> _Race:
    at_once, fast_is_judged = asyncio.Event(), asyncio.Event()
    at_once.set()
    with tempfile.TemporaryDirectory() as folder:
        marker = Path(folder) / "in-mid-call"
        last_word = _LastWord(marker, fast_is_judged)
        graph = modulo.Graph("race")
        fast = graph.generator("fast", _Racer("right", at_once))
        slow = graph.generator("slow", _Racer("late", None))
        doubtful = graph.generator("doubtful", _Racer("doubtful", fast_is_judged))
        graph.critic("process", JudgedInProcess(str(marker)), reads=fast | slow | doubtful)
        graph.critic("last word", last_word, reads=fast | slow | doubtful)
        outcome = await modulo.solve(graph, "who is first?")
        returned = time.perf_counter()
    assert isinstance(outcome, modulo.Certified)
    assert outcome.solution == "right"
    assert last_word.processes, "there was no worker process to kill"
    while _are_left(last_word.processes):
        time.sleep(0.001)
    all_gone = time.perf_counter()
    return _Race(
        returned=returned - last_word.accepted_at,
        all_gone=all_gone - last_word.accepted_at,
        processes=len(last_word.processes),
    )


def _are_left(processes: list[psutil.Process]) -> bool:
    """Whether we have a child, or one of these still runs. Killed grandchildren are for init to reap."""
    return bool(psutil.Process().children(recursive=True)) or any(_runs(process) for process in processes)


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
