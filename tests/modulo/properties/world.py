"""A random program come alive: its graph, and everything that generators and critics saw of a run of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import anyio
import anyio.lowlevel
from msgspec.structs import replace

import modulo
from modulo import (
    Budget,
    Critique,
    Generation,
    Generator,
    Graph,
    LLMJudge,
    NestedLoop,
    Remark,
    Usage,
    Violation,
)
from modulo.errors import Billing, GenerationError
from modulo.protocols import Request, SoftCritic
from modulo.running.retrying import Retries
from modulo.testing import ManualClock
from tests.modulo.properties.books import Books, booked
from tests.modulo.properties.programs import (
    BILLS,
    FAILURES,
    SOUND,
    TEXTS,
    WORST,
    Call,
    CriticPlan,
    Plan,
    StagePlan,
)

__all__ = ["ImpatientClock", "World"]


class ImpatientClock(ManualClock):
    """Whoever waits turns it."""

    async def sleep(self, seconds: float) -> None:
        self.advance(seconds)
        await anyio.lowlevel.checkpoint()


@dataclass
class World:
    """A program that was built from a plan, with everything that happened in it.

    Attributes:
        plan: What it was built from.
        clock: Turned by its generators.
        books: What its calls cost, on the account of each ledger.
        number: Of the runs of a batch; each begins elsewhere in its scripts.
        said: What critics said: who, of which texts, and what.
    """

    plan: Plan
    clock: ImpatientClock
    books: Sequence[Books] = ()
    number: int = 0
    said: list[tuple[str, tuple[str, ...], str]] = field(default_factory=list)

    def graph(self) -> Graph:
        graph = Graph("random")
        made: list[Any] = []
        for number, stage in enumerate(self.plan.stages):
            made.append(self._add_stage(graph, number, stage, made))
        graph.soft_critic("taste", Taste(), reads=made[-1])
        self._add_judge(graph, made[-1])
        return graph

    def _add_judge(self, graph: Graph, reads: Any) -> None:
        if self.plan.judge:
            judge = LLMJudge(
                Opinionated(self, self.plan.judge, 1),
                rubric="Anything will do.",
                retries=Retries(max_tries=self.plan.max_tries),
            )
            graph.soft_critic("judge", judge, reads=reads)

    def _add_stage(self, graph: Graph, number: int, stage: StagePlan, made: Sequence[Any]) -> Any:
        reads = [made[0], *made[-1:]] if stage.reads_first_too and len(made) > 1 else [*made[-1:]]
        end: Any = None
        for i, calls in enumerate(stage.generators):
            source = Source(self, calls, stage.samples_per_call)
            node: Any = graph.generator(f"g{number}.{i}", source, prompt=prompt_of(len(reads)), reads=reads)
            end = node if end is None else end | node
        if stage.conversion != "none":
            end = graph.reformulator(f"r{number}", self._conversion(stage), reads=end)
        for i, critic in enumerate((*stage.critics, SOUND)):
            upstream = made[-1:] if critic.reads_upstream else []
            blamed = f"g{number - 1}.0" if critic.blames_upstream and number else None
            name = f"c{number}.{i}"
            graph.critic(name, self._critic(name, critic), reads=[end, *upstream], backprompts=blamed)
        return end

    def _conversion(self, stage: StagePlan) -> Callable[..., Any]:
        match stage.conversion:
            case "plain":
                return parsed
            case "async":
                return parsed_later
        inner = Graph("inner")
        text = inner.generator("writer", Source(self, stage.inner, 1))
        inner.critic("well said", self._critic("well said", SOUND), reads=text)
        self._add_judge(inner, text)
        return NestedLoop(
            inner,
            problem=lambda text, problem: text,
            budget=Budget(rounds=3),
            retries=Retries(max_tries=self.plan.max_tries),
            clock=self.clock,
        )

    def _critic(self, name: str, plan: CriticPlan) -> modulo.Critic[Any, Any]:
        kind = {"async": InTime, "async generator": OneByOne}.get(plan.kind, AtOnce)
        critic: modulo.Critic[Any, Any] = kind(self, name, plan)
        critic.proves = f"{name} accepts it"
        critic.is_format, critic.cost, critic.judges = plan.is_format, plan.cost, plan.judges
        critic.runs_in = "auto" if plan.kind == "auto" else "loop"
        return critic


def prompt_of(inputs: int) -> Callable[..., str]:
    match inputs:
        case 0:
            return lambda problem: f"solve {problem}"
        case 1:
            return lambda problem, one: f"solve {problem} from {one}"
    return lambda problem, one, two: f"solve {problem} from {one} and {two}"


def parsed(text: str) -> Any:
    if text == "b":
        raise ValueError("b cannot be read")
    return modulo.NO_SOLUTION if text == "none" else text


async def parsed_later(text: str) -> Any:
    await anyio.lowlevel.checkpoint()
    return parsed(text)


class Source(Generator):
    """Plays the calls of a plan, round and round, and books what they cost."""

    def __init__(self, world: World, calls: Sequence[Call], samples_per_call: int) -> None:
        self._world, self._calls, self._samples_per_call = world, calls, samples_per_call

    async def generate(self, request: Request) -> Generation:
        return (await self.generate_samples(request, 1))[0]

    async def generate_samples(self, request: Request, samples: int) -> list[Generation]:
        first, *others = (self._call(request.turn + i) for i in range(samples))
        with booked(self._world.books, _worst_case(samples)) as paid:
            self._world.clock.advance(first.seconds)
            for _ in range(first.ticks):
                await anyio.lowlevel.checkpoint()
            if first.gives in FAILURES:
                failure = FAILURES[first.gives]()
                if isinstance(failure, GenerationError) and failure.billing is Billing.NONE:
                    paid.usage = Usage(calls=1)
                raise failure
            bill = BILLS[first.bill]
            if bill is not None and bill.prompt_tokens >= 0:
                paid.usage = bill + Usage(calls=1 - bill.calls)
        texts = [call.gives if call.gives in TEXTS else "a" for call in (first, *others)]
        bills = [bill, *[None] * len(others)]
        return [Generation(text=t, usage=u, model="m") for t, u in zip(texts, bills, strict=True)]

    def worst_case(self, request: Request, samples: int = 1) -> Usage:
        return _worst_case(samples)

    def samples_per_call(self, request: Request) -> int:
        return self._samples_per_call

    def _call(self, turn: int) -> Call:
        return self._calls[(turn + self._world.number) % len(self._calls)]


class Opinionated(Source):
    """Says as a judge what its plan says; not all of that is an opinion."""

    async def generate(self, request: Request) -> Generation:
        generation = await super().generate(request)
        return replace(generation, text=OPINIONS[generation.text])


OPINIONS = {
    "a": '{"reason": "fine", "verdict": "accept", "score": 9}',
    "b": '{"reason": "bad", "verdict": "reject", "score": 0}',
    "c": "I would rather not say.",
    "none": '{"verdict": "accept", "score": true}',
}


def _worst_case(samples: int) -> Usage:
    return Usage(
        calls=1,
        prompt_tokens=WORST.prompt_tokens,
        completion_tokens=WORST.completion_tokens * samples,
        cost_usd=WORST.cost_usd * samples,
    )


class AtOnce(modulo.Critic[Any, Any]):
    """A plain critic that says what its plan says."""

    def __init__(self, world: World, name: str, plan: CriticPlan) -> None:
        self._world, self._name, self._plan = world, name, plan

    def applies_to(self, problem: Any) -> bool:
        return self._plan.applies

    def critique(self, problem: Any, *candidates: Any) -> Any:
        return self._judgement(self._says(candidates))

    def _says(self, candidates: Sequence[Any]) -> str:
        texts = tuple("none" if c is modulo.NO_SOLUTION else str(c) for c in candidates)
        says = self._plan.says[sum(map(TEXTS.index, texts)) % len(TEXTS)]
        self._world.said.append((self._name, texts, says))
        return says

    def _judgement(self, says: str) -> Any:
        match says:
            case "accept":
                return []
            case "reject":
                return [Violation("rejected", f"{self._name} rejects it.", hint="say a")]
            case "undecided":
                return Critique.undecided("who knows")
            case "crash":
                raise ZeroDivisionError(self._name)
        return None


class InTime(AtOnce):
    """A critic that waits, and may wait for too long."""

    max_seconds = 5.0

    async def critique(self, problem: Any, *candidates: Any) -> Any:
        says = self._says(candidates)
        await anyio.lowlevel.checkpoint()
        if says == "late":
            self._world.clock.advance(6)
            return []
        return self._judgement(says)


class OneByOne(AtOnce):
    """A critic that yields its violations."""

    async def critique(self, problem: Any, *candidates: Any) -> Any:
        judgement = self._judgement(self._says(candidates))
        if not isinstance(judgement, list):
            raise TypeError
        for violation in judgement:
            yield violation


class Taste(SoftCritic[Any, Any]):
    """Prefers later letters, and fails at one."""

    def remark(self, problem: Any, candidate: Any) -> Remark:
        if candidate == "c":
            raise ZeroDivisionError
        return Remark(score=float(TEXTS.index(candidate)), text="a matter of taste")
