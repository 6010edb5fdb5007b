"""One run with a large prompt over many rounds: its trace file must grow with what is new, and nothing else."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from measuring import Row, Times
from rounds import graph_of

import modulo
from modulo.protocols import Generation, Generator, Request

__all__ = ["PROMPT_BYTES", "measure_growth"]

PROMPT_BYTES = 2_000_000
MB = 1_000_000


def measure_growth(*, rounds: int) -> list[Row]:
    """Run for that many rounds, none of which is right, and watch the trace file."""
    times = Times()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trace.jsonl"
        generator = _WatchingGenerator(path)
        with times.lap():
            asyncio.run(_solve(generator, path, rounds))
        size = path.stat().st_size
    first, middle, last = (generator.sizes[i] for i in (1, rounds // 2, rounds - 1))
    early = (middle - first) / (rounds // 2 - 1)
    late = (last - middle) / (rounds - 1 - rounds // 2)
    return [
        Row(
            what=f"trace file of {rounds} rounds with a 2 MB prompt",
            unit="MB",
            values=[size / MB],
            note=f"{size / PROMPT_BYTES:.2f} times the prompt, which is the problem too",
        ),
        Row(what="the same, bytes a round in the first half", unit="B", values=[early]),
        Row(
            what="the same, second half / first half",
            unit="ratio",
            values=[late / early],
            reach=1.05,
            note="linear: a later round adds no more than an early one, but for longer numbers",
        ),
        Row(what="the same, time of the run", unit="s", values=times.wall, cpu=times.cpu),
    ]


class _WatchingGenerator(Generator):
    """Never right, each time differently; looks at the size of the trace whenever it is asked."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.sizes: list[int] = []

    async def generate(self, request: Request) -> Generation:
        self.sizes.append(self._path.stat().st_size)
        return Generation(text=f"wrong answer {request.turn:06}", model="scripted")


async def _solve(generator: Generator, path: Path, rounds: int) -> None:
    with modulo.Trace(path) as trace:
        outcome = await modulo.solve(
            graph_of(generator),
            "x" * PROMPT_BYTES,
            strategy=modulo.Refine(patience=None),
            budget=modulo.Budget(rounds=rounds),
            trace=trace,
        )
    assert isinstance(outcome, modulo.Exhausted)
    assert outcome.stop_reason == "rounds_limit"
