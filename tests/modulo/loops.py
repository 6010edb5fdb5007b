"""Small runs of the loop: what they are made of, for all of its tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import anyio
import anyio.from_thread
import anyio.lowlevel
import pytest

import modulo
from modulo import (
    Generation,
    Graph,
    Remark,
    Usage,
    Violation,
)
from modulo.events import Event
from modulo.protocols import Expansion, Request, SoftCritic, Strategy
from modulo.testing import ManualClock, ScriptedGenerator
from modulo.tree import Tree
from tests.modulo.running.ledgers import spending_of, unconfirmed_of
from tests.modulo.waiting import a_while, until


@modulo.critic(proves="it is ok", runs_in="loop")
def is_ok(problem: Any, candidate: Any) -> Iterator[Violation]:
    if not str(candidate).startswith("ok"):
        yield Violation("not_ok", f"{candidate!r} is not 'ok'.")


class Counts(ScriptedGenerator):
    """Answers with the number of the call, and knows how many were in flight at once."""

    def __init__(self, *, bill: Usage | None = None, worst_case: Usage | None = None, **options: Any) -> None:
        super().__init__(
            lambda request: Generation(text=f"{request.node} {request.turn}", usage=bill or Usage(calls=1)),
            worst_case=worst_case or bill,
            **options,
        )
        self.in_flight = 0
        self.most_in_flight = 0

    async def generate(self, request: Request) -> Generation:
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            for _ in range(20):
                await anyio.lowlevel.checkpoint()
            return await super().generate(request)
        finally:
            self.in_flight -= 1


class Gated(ScriptedGenerator):
    """Answers each call when it is told to, by the call's turn."""

    def __init__(self, **options: Any) -> None:
        super().__init__([], **options)
        self.waiting: dict[tuple[str, int], anyio.Event] = {}
        self.texts: dict[tuple[str, int], str] = {}
        self.cancelled: list[tuple[str, int]] = []

    async def generate(self, request: Request) -> Generation:
        key = (request.node, request.turn)
        self.waiting[key] = anyio.Event()
        try:
            await self.waiting[key].wait()
        except BaseException:
            self.cancelled.append(key)
            raise
        return Generation(text=self.texts[key])

    def answer(self, turn: int, text: str, *, node: str = "draft") -> None:
        self.texts[node, turn] = text
        self.waiting[node, turn].set()


@dataclass(frozen=True)
class Asks(Strategy):
    """Asks for the same expansions each time."""

    expansions: tuple[Expansion, ...]

    def ask(self, tree: Tree, n: int) -> Sequence[Expansion]:
        return self.expansions


class Length(SoftCritic[Any, Any]):
    """Prefers long answers."""

    def remark(self, problem: Any, candidate: str) -> Remark:
        return Remark(score=float(len(candidate)))


def graph_of(generator: Any, *, critic: Any = is_ok, soft: SoftCritic[Any, Any] | None = None) -> Graph:
    graph = Graph("test")
    if not isinstance(generator, modulo.Generator):
        generator = ScriptedGenerator(generator)
    draft = graph.generator("draft", generator)
    graph.critic("ok", critic, reads=draft)
    if soft:
        graph.soft_critic("soft", soft, reads=draft)
    return graph


async def finished(function: Callable[[], Any], turn_clock: ManualClock) -> Any:
    """What an async function gives, turning the clock whenever everything waits for it."""
    results: list[Any] = []

    async def run() -> None:
        results.append(await function())

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(run)
        await until(lambda: results or turn_clock.sleepers)
        while not results:
            turn_clock.advance(1)
            await a_while()
    return results[0]


def assert_ledger_adds_up(outcome: Any, events: Sequence[Event]) -> None:
    """Usage and unconfirmed amounts are the sums of what the events say."""
    spent = spending_of(events)
    assert outcome.usage.calls == spent.calls
    assert outcome.usage.tokens == spent.tokens
    assert outcome.usage.cost_usd == pytest.approx(spent.cost_usd)
    assert outcome.unconfirmed == unconfirmed_of(events)
