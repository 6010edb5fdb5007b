"""Runs random programs, several on the account of one batch, and cuts some of them off."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio

import modulo
from modulo import Graph, Ledger, Trace
from modulo.events import Event
from modulo.replaying import Replayed, replay
from modulo.running.retrying import Retries
from tests.modulo.properties.books import Books
from tests.modulo.properties.programs import Plan
from tests.modulo.properties.world import ImpatientClock, World

__all__ = ["Batch", "Ran", "run_again", "run_all"]


@dataclass
class Ran:
    """What came of one run.

    Attributes:
        world: The program.
        graph: Its graph.
        path: Its trace.
        events: The same in memory.
        books: What its calls cost, as its generators saw it.
        outcome: None if the scope around it was cancelled before it had one.
    """

    world: World
    graph: Graph
    path: Path
    events: list[Event]
    books: Books
    outcome: Any = None


@dataclass
class Batch:
    """Runs at the same time on one account.

    Attributes:
        ledger: Their account.
        books: What it should say.
        runs: The runs; the first one is cut off if the plan says so.
    """

    ledger: Ledger
    books: Books
    runs: list[Ran]


class CutOff(Trace):
    """A trace that does something at the moment of its nth event, and opens the books at the first."""

    def __init__(self, path: Path, after: int | None, books: Books) -> None:
        super().__init__(path, keep=True)
        self.after = after
        self.books = books
        self.cut: Callable[[], None] = lambda: None

    def sinks(self) -> tuple[Callable[[Event], None], ...]:
        return (*super().sinks(), self.count)

    def count(self, happened: Event) -> None:
        if len(self.events) == 1:
            self.books.started = self.books.clock.now()
        if len(self.events) == self.after:
            self.cut()


async def run_all(plan: Plan, folder: Path) -> Batch:
    """Run a plan's programs, all of them at once."""
    clock = ImpatientClock()
    batch = Batch(Ledger(plan.batch, clock=clock), Books(plan.batch, clock), [])
    async with anyio.create_task_group() as tasks:
        for number in range(plan.runs):
            tasks.start_soon(_run, batch, plan, number, clock, folder / f"{number}.jsonl")
    batch.runs.sort(key=lambda ran: ran.world.number)
    return batch


async def _run(batch: Batch, plan: Plan, number: int, clock: ImpatientClock, path: Path) -> None:
    books = Books(plan.budget, clock)
    world = World(plan, clock, (books, batch.books), number)
    graph = world.graph()
    with CutOff(path, None if number else plan.cut_off_after, books) as trace, anyio.CancelScope() as scope:
        ran = Ran(world, graph, path, trace.events, books)
        batch.runs.append(ran)
        async with modulo.stream(
            graph,
            "p",
            strategy=plan.strategy,
            backprompter=plan.backprompter,
            budget=plan.budget,
            within=batch.ledger,
            select=plan.select,
            retries=Retries(max_tries=plan.max_tries),
            clock=clock,
            trace=trace,
        ) as events:
            trace.cut = scope.cancel if plan.by == "scope" else events.cancel
            assert [happened async for happened in events] == trace.events
            ran.outcome = await events.outcome()


async def run_again(ran: Ran) -> Replayed:
    """Replay a run. Nothing in it may call a generator."""
    plan = ran.world.plan
    books = Books(plan.budget, ImpatientClock())
    world = World(plan, ImpatientClock(), (books,), ran.world.number)
    with anyio.fail_after(60):
        replayed = await replay(ran.path, graph=world.graph(), strategy=plan.strategy)
    assert books.calls_made == 0
    return replayed
