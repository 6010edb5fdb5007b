"""The loop cut off by a deadline or a cancellation: what is left behind."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import anyio
import anyio.from_thread
import anyio.lowlevel
import pytest

import modulo
from modulo import (
    Budget,
    Generation,
    Graph,
    Ledger,
    Refine,
    Remark,
    StopReason,
    Usage,
    Violation,
)
from modulo.errors import ConnectionLost
from modulo.events import RunFinished
from modulo.protocols import Expansion, Request, SoftCritic, Strategy
from modulo.testing import ManualClock, ScriptedGenerator
from modulo.tree import Tree
from tests.modulo.loops import (
    Gated,
    assert_ledger_adds_up,
    graph_of,
    is_ok,
)
from tests.modulo.running.ledgers import spending_of, unconfirmed_of
from tests.modulo.waiting import a_while, until


@pytest.mark.anyio
async def test_a_deadline_ends_the_run_with_the_work_so_far() -> None:
    clock = ManualClock()
    generator = Gated(worst_case=Usage(calls=1, completion_tokens=7))
    outcomes: list[Any] = []
    trace = modulo.Trace()

    async def solve() -> None:
        outcomes.append(
            await modulo.solve(
                graph_of(generator),
                "p",
                clock=clock,
                budget=Budget(seconds=10),
                strategy=Refine(width=2),
                trace=trace,
            )
        )

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(solve)
        await until(lambda: len(generator.waiting) == 2)
        generator.answer(0, "ko")
        generator.answer(1, "ko too")
        await until(lambda: len(generator.waiting) == 4)
        generator.answer(3, "judged before the end")
        await until(lambda: "attempt_finished" in [event.type for event in trace.events[-1:]])
        clock.advance(10)
    (outcome,) = outcomes
    assert outcome.stop_reason is StopReason.SECONDS_LIMIT
    assert [attempt.text for attempt in outcome.attempts] == ["ko", "ko too", "judged before the end"]
    assert outcome.usage == Usage(rounds=2, attempts=3, calls=4)
    assert outcome.unconfirmed == Usage(completion_tokens=7)
    assert outcome.seconds == 10
    assert_ledger_adds_up(outcome, trace.events)


@pytest.mark.anyio
async def test_a_loop_that_never_waits_is_ended_by_its_deadline_and_lets_others_work() -> None:
    """Neither this generator nor its critic ever gives way."""
    turns = 0

    async def never_waits(request: Request) -> str:
        nonlocal turns
        turns += 1
        return f"{turns}"

    async def solve() -> None:
        outcome = await modulo.solve("p", generator=never_waits, critics=[is_ok], budget=Budget(seconds=0.2))
        assert outcome.stop_reason is StopReason.SECONDS_LIMIT
        tasks.cancel_scope.cancel()

    others_turns = 0
    with anyio.fail_after(20):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(solve)
            while True:
                await anyio.lowlevel.checkpoint()
                others_turns += 1
    assert others_turns > 5


class Waits:
    """Everything that a run can wait in, blocking at one chosen point."""

    points = (
        "generator",
        "retry",
        "budget",
        "reformulator",
        "critic",
        "thread critic",
        "soft critic",
        "prepare",
    )

    def __init__(self, point: str) -> None:
        self.point = point
        self.is_there = anyio.Event()
        self.may_end = threading.Event()
        self.clock = ManualClock()

    async def at(self, point: str) -> None:
        if point == self.point:
            self.is_there.set()
            await anyio.sleep_forever()

    def run(self, batch: Ledger, trace: modulo.Trace, width: int) -> Any:
        waits = self

        class Generator(ScriptedGenerator):
            async def prepare(self, limits: Callable[[str], bool]) -> None:
                await waits.at("prepare")

            def worst_case(self, request: Request, samples: int = 1) -> Usage:
                if waits.point == "budget":
                    waits.is_there.set()
                return Usage(calls=1, completion_tokens=60)

            async def generate(self, request: Request) -> Generation:
                await waits.at("generator")
                if waits.point == "retry":
                    waits.is_there.set()
                    raise ConnectionLost("again")
                return Generation(text="ok")

        async def convert(text: str) -> str:
            await waits.at("reformulator")
            return text

        class Critic(modulo.Critic[Any, Any]):
            proves = "something"

            async def critique(self, problem: Any, candidate: Any) -> list[Violation]:
                await waits.at("critic")
                return []

        class Soft(SoftCritic[Any, Any]):
            async def remark(self, problem: Any, candidate: Any) -> Remark:
                await waits.at("soft critic")
                return Remark(score=0.0)

        def in_a_thread(problem: Any, candidate: Any) -> list[Violation]:
            if waits.point == "thread critic":
                anyio.from_thread.run_sync(waits.is_there.set)
                waits.may_end.wait(20)
            return []

        graph = Graph("test")
        draft = graph.generator("draft", Generator([]))
        answer = graph.reformulator("answer", convert, reads=draft)
        graph.critic("critic", Critic(), reads=answer)
        graph.critic("thread", modulo.critic(proves="more", runs_in="thread")(in_a_thread), reads=answer)
        graph.soft_critic("soft", Soft(), reads=answer)
        return modulo.solve(
            graph,
            "p",
            within=batch,
            trace=trace,
            strategy=Refine(width=width),
            select="best",
            budget=Budget(rounds=1),
            clock=self.clock,
        )


@pytest.mark.anyio
@pytest.mark.parametrize("point", Waits.points)
@pytest.mark.parametrize("width", [1, 2])
async def test_a_run_cancelled_wherever_it_waits_leaves_its_books_in_order(point: str, width: int) -> None:
    batch, trace, waits = Ledger(Budget(tokens=100)), modulo.Trace(), Waits(point)
    held = batch.reserve_now(Usage(completion_tokens=50)) if point == "budget" else None
    with anyio.fail_after(20):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(waits.run, batch, trace, width)
            await waits.is_there.wait()
            await a_while()
            tasks.cancel_scope.cancel()
    waits.may_end.set()
    if held:
        held.release()
    assert batch.reserved == Usage()
    assert batch.spent.calls == spending_of(trace.events).calls
    assert batch.unconfirmed == unconfirmed_of(trace.events)
    if point == "prepare":
        assert trace.events == []
        return
    (end,) = [event for event in trace.events if isinstance(event, RunFinished)]
    assert end.stop_reason is StopReason.CANCELLED
    assert trace.events[-1] is end


@pytest.mark.parametrize("point", [point for point in Waits.points if point != "prepare"])
@pytest.mark.parametrize("width", [1, 2])
def test_a_task_of_asyncio_cancelled_wherever_it_waits_leaves_its_books_in_order(
    point: str, width: int
) -> None:
    async def run() -> None:
        batch, trace, waits = Ledger(Budget(tokens=100)), modulo.Trace(), Waits(point)
        held = batch.reserve_now(Usage(completion_tokens=50)) if point == "budget" else None
        task = asyncio.create_task(waits.run(batch, trace, width))
        await waits.is_there.wait()
        await a_while()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        waits.may_end.set()
        if held:
            held.release()
        assert batch.reserved == Usage()
        assert batch.spent.calls == spending_of(trace.events).calls
        assert isinstance(trace.events[-1], RunFinished)
        assert trace.events[-1].stop_reason is StopReason.CANCELLED
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(run())


@dataclass(frozen=True)
class _Samples(Strategy):
    """Two conversations of three samples each, one call a sample."""

    def ask(self, tree: Tree, n: int) -> Sequence[Expansion]:
        return [Expansion(node="draft", samples=3)] * 2


class Beginnings:
    """A run that notes everything that it begins; each thing takes some turns of the event loop."""

    def __init__(self) -> None:
        self.is_cancelled = False
        self.begun_too_late: list[str] = []

    async def begin(self, what: str, turns: int) -> None:
        if self.is_cancelled:
            self.begun_too_late.append(what)
        for _ in range(turns):
            await anyio.lowlevel.checkpoint()

    def graph(self) -> Graph:
        beginnings = self

        class Generator(ScriptedGenerator):
            async def generate(self, request: Request) -> Generation:
                await beginnings.begin("call", request.turn % 5)
                return Generation(text=str(request.turn), usage=Usage(calls=1, completion_tokens=4))

        async def convert(text: str) -> str:
            await beginnings.begin("conversion", int(text) % 3)
            return text

        class Critic(modulo.Critic[Any, Any]):
            proves = "something"

            async def critique(self, problem: Any, candidate: Any) -> list[Violation]:
                await beginnings.begin("critic", 2)
                return [Violation("no", "no")]

        graph = Graph("test")
        worst_case = Usage(calls=1, completion_tokens=9)
        draft = graph.generator("draft", Generator([], worst_case=worst_case))
        graph.critic("critic", Critic(), reads=graph.reformulator("answer", convert, reads=draft))
        return graph


@pytest.mark.parametrize("is_streamed", [False, True])
@pytest.mark.parametrize("tokens", [30, None])
def test_nothing_begins_after_a_task_of_asyncio_was_cancelled(is_streamed: bool, tokens: int | None) -> None:
    async def cancel_after(turns: int) -> list[str]:
        beginnings = Beginnings()
        options: Any = {"strategy": _Samples(), "budget": Budget(rounds=9, tokens=tokens)}

        async def run() -> None:
            if not is_streamed:
                await modulo.solve(beginnings.graph(), "p", **options)
                return
            async with modulo.stream(beginnings.graph(), "p", **options) as events:
                await events.outcome()

        task = asyncio.create_task(run())
        for _ in range(turns):
            await anyio.lowlevel.checkpoint()
        beginnings.is_cancelled = task.cancel()
        await asyncio.wait([task])
        return beginnings.begun_too_late

    for turns in range(120):
        assert (turns, asyncio.run(cancel_after(turns))) == (turns, [])


def test_a_caller_that_was_cancelled_before_begins_nothing() -> None:
    generator = ScriptedGenerator(["ok"])

    async def run() -> None:
        task = asyncio.current_task()
        assert task
        task.cancel()
        await modulo.solve(graph_of(generator), "p")

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(run())
    assert generator.requests == []
