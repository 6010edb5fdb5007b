"""The same loop in LangGraph. Runs in the scratch environment that ``peers.py`` makes, which has no Modulo.

Reads its settings as JSON from the first argument, prints rows as JSON: what, unit, wall, cpu, note.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from pathlib import Path
from typing import Any, TypedDict

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.graph import END, START, StateGraph

ROUNDS = 10
MICRO, MB = 1e6, 1e6


class State(TypedDict):
    """What the loop carries from node to node."""

    prompt: str
    messages: list[str]
    answer: str
    turn: int
    violations: list[str]


def main() -> None:
    """Measure what the settings ask for."""
    settings = json.loads(sys.argv[1])
    loops, repeats = settings["loops"], settings["repeats"]
    rows = [
        rounds_row("no checkpointer", loops, repeats, lambda folder: nullcontext(None)),
        rounds_row("InMemorySaver", loops, repeats, lambda folder: nullcontext(InMemorySaver())),
        rounds_row("AsyncSqliteSaver on disk", loops, settings["repeats_on_disk"], sqlite_saver),
        *growth_rows(settings["prompt_bytes"], settings["rounds_measured"], settings["rounds"]),
    ]
    print(json.dumps(rows))


def sqlite_saver(folder: Path) -> AbstractAsyncContextManager[Any]:
    """LangGraph's checkpointer on disk, as its documentation sets it up."""
    return AsyncSqliteSaver.from_conn_string(str(folder / "checkpoints.sqlite"))


def compiled(saver: Any, rounds: int) -> Any:
    """generate -> critic -> END if right or out of rounds, else generate."""

    async def generate(state: State) -> dict[str, Any]:
        turn = state["turn"]
        return {"answer": "right" if turn == ROUNDS - 1 else f"wrong answer {turn}", "turn": turn + 1}

    async def critic(state: State) -> dict[str, Any]:
        answer = state["answer"]
        violations = [] if answer == "right" else [f"{answer!r} is not right."]
        return {"violations": violations, "messages": [*state["messages"], answer, *violations]}

    def onwards(state: State) -> str:
        return "generate" if state["violations"] and state["turn"] < rounds else END

    graph = StateGraph(State)
    graph.add_node("generate", generate)
    graph.add_node("critic", critic)
    graph.add_edge(START, "generate")
    graph.add_edge("generate", "critic")
    graph.add_conditional_edges("critic", onwards)
    return graph.compile(checkpointer=saver)


async def run(app: Any, prompt: str, thread: int, rounds: int) -> dict[str, Any]:
    """One run of the loop."""
    start = {"prompt": prompt, "messages": [], "answer": "", "turn": 0, "violations": []}
    config = {"recursion_limit": 2 * rounds + 5, "configurable": {"thread_id": str(thread)}}
    state: dict[str, Any] = await app.ainvoke(start, config)
    return state


def rounds_row(
    what: str, loops: int, repeats: int, saver: Callable[[Path], AbstractAsyncContextManager[Any]]
) -> dict[str, Any]:
    """Time of one round with many loops at once, over one graph and one checkpointer."""

    async def everything(folder: Path, count: int) -> None:
        async with saver(folder) as checkpointer:
            app = compiled(checkpointer, ROUNDS)
            states = await asyncio.gather(*(run(app, f"problem {i}", i, ROUNDS) for i in range(count)))
        assert all(not state["violations"] and state["turn"] == ROUNDS for state in states)

    in_folder(everything, 10)
    timed = [in_folder(everything, loops) for _ in range(repeats)]
    return {
        "what": f"one round, LangGraph, {what}",
        "unit": "µs",
        "wall": [wall / loops / ROUNDS * MICRO for wall, _ in timed],
        "cpu": [cpu / loops / ROUNDS * MICRO for _, cpu in timed],
        "note": f"{loops} loops at once x {ROUNDS} rounds",
    }


def in_folder(everything: Callable[[Path, int], Awaitable[None]], count: int) -> tuple[float, float]:
    """Wall and CPU seconds of one lap in a new folder."""
    with tempfile.TemporaryDirectory() as folder:
        gc.collect()
        wall, cpu = time.perf_counter(), time.process_time()
        asyncio.run(everything(Path(folder), count))  # type: ignore[arg-type]
        return time.perf_counter() - wall, time.process_time() - cpu


def growth_rows(prompt_bytes: int, measured: int, wanted: int) -> list[dict[str, Any]]:
    """Size of the checkpoint file of one run with a large prompt, none of whose answers is right."""
    half, full = (checkpoint_bytes(prompt_bytes, rounds) for rounds in (measured // 2, measured))
    per_round = (full - half) / (measured - measured // 2)
    return [
        {
            "what": f"LangGraph's SQLite file, {wanted} rounds with a {prompt_bytes / MB:g} MB prompt",
            "unit": "MB",
            "wall": [(full + per_round * (wanted - measured)) / MB],
            "cpu": [],
            "note": f"from {full / MB:.0f} MB after {measured} rounds, {per_round / MB:.1f} MB a round",
        }
    ]


def checkpoint_bytes(prompt_bytes: int, rounds: int) -> int:
    """Bytes on disk after that many rounds."""

    async def once(folder: Path) -> None:
        async with sqlite_saver(folder) as checkpointer:
            # An answer is right in round 10 and wrong again after it, so start beyond that.
            app = compiled(checkpointer, ROUNDS + rounds)
            start = {"prompt": "x" * prompt_bytes, "messages": [], "answer": "", "violations": []}
            config = {"recursion_limit": 2 * rounds + 5, "configurable": {"thread_id": "0"}}
            await app.ainvoke({**start, "turn": ROUNDS}, config)

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(once(Path(folder)))
        return sum(path.stat().st_size for path in Path(folder).iterdir())


if __name__ == "__main__":
    main()
