"""Replay: the same decisions from the trace alone, and a difference wherever something was changed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import pytest

import modulo
from modulo import (
    Budget,
    ChatBackprompter,
    Generation,
    Graph,
    Ledger,
    NestedLoop,
    Refine,
    Remark,
    StopReason,
    Usage,
    Violation,
)
from modulo.errors import AuthenticationFailed, Billing, ConnectionLost, Malformed, RateLimited, TraceError
from modulo.protocols import Expansion, Finish, Request, SoftCritic, Strategy
from modulo.replaying import Replayed, replay
from modulo.running.retrying import Retries
from modulo.testing import ManualClock, ScriptedGenerator
from modulo.tree import Tree
from tests.modulo.waiting import a_while

BILL = Usage(calls=1, prompt_tokens=3, completion_tokens=7, cost_usd=0.01)
WORST = Usage(calls=1, prompt_tokens=3, completion_tokens=17, cost_usd=0.02)


def billed(text: str, **fields: Any) -> Generation:
    return Generation(text=text, **{"usage": BILL, "model": "m", **fields})


def starts_with_ok(problem: Any, candidate: Any) -> Iterator[Violation]:
    if not str(candidate).startswith("ok"):
        yield Violation(
            "not_ok", f"{candidate!r} is not 'ok'.", location="line 1", expected="ok", hint="say ok"
        )


is_ok = modulo.critic(proves="it is ok", runs_in="loop")(starts_with_ok)


class Source(ScriptedGenerator):
    """A scripted generator that lets others go first as often as the script says: (text, times)."""

    def __init__(self, script: Sequence[Any] | Callable[[Request], Any], **options: Any) -> None:
        super().__init__(script, worst_case=WORST, **options)
        self.calls = 0

    async def generate(self, request: Request) -> Generation:
        self.calls += 1
        entry = self._entry(request)
        times = 0
        if isinstance(entry, tuple):
            entry, times = entry
        for _ in range(times):
            await anyio.lowlevel.checkpoint()
        if isinstance(entry, BaseException):
            raise entry
        return entry if isinstance(entry, Generation) else billed(entry)


class Several(Source):
    """Gives several samples a call."""

    def __init__(self, script: Any, *, per_call: int, gives: int | None = None) -> None:
        super().__init__(script)
        self.per_call, self.gives = per_call, gives or per_call

    def samples_per_call(self, request: Request) -> int:
        return self.per_call

    async def generate_samples(self, request: Request, samples: int) -> Sequence[Generation]:
        self.calls += 1
        start = request.turn
        return [billed(self._script[start + i]) for i in range(min(samples, self.gives))]  # type: ignore[index]


class Opinion(SoftCritic[Any, Any]):
    """Prefers long answers, and changes its mind whenever it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def remark(self, problem: Any, candidate: str) -> Remark:
        self.asked += 1
        return Remark(score=len(candidate) / self.asked, text=f"opinion {self.asked}")


class Flaky(modulo.Critic[Any, Any]):
    """Fails when its plan says so, whatever it is asked about."""

    proves = "it is ok"
    runs_in = "loop"

    def __init__(self, *plan: bool) -> None:
        self.plan = list(plan)

    def critique(self, problem: Any, candidate: Any) -> Any:
        if self.plan and self.plan.pop(0):
            raise ZeroDivisionError("flaky")
        return starts_with_ok(problem, candidate)


class Samples(Strategy):
    """Asks for several samples at once, again and again."""

    def __init__(self, samples: int, width: int = 1) -> None:
        self.samples, self.width = samples, width

    def ask(self, tree: Tree, n: int) -> Sequence[Expansion]:
        return [Expansion(node="draft", samples=self.samples)] * self.width


def one_generator(source: Any, *critics: Any, convert: Any = None, soft: Any = None) -> Graph:
    graph = Graph("test")
    end = graph.generator("draft", source)
    if convert:
        end = graph.reformulator("answer", convert, reads=end)
    for number, critic in enumerate(critics or [is_ok]):
        graph.critic(f"critic {number}", critic, reads=end)
    if soft:
        graph.soft_critic("soft", soft, reads=end)
    return graph


def two_stages(outlines: Any, answers: Any) -> Graph:
    """An outline, and an answer that may blame it."""
    graph = Graph("two stages")
    outline = graph.generator("outline", outlines)
    answer = graph.generator("answer", answers, reads=outline)

    @modulo.critic(proves="it is an outline", runs_in="loop")
    def is_outline(problem: Any, candidate: str) -> Iterator[Violation]:
        if not candidate.isupper():
            yield Violation("small", f"{candidate} is no outline.")

    @modulo.critic(proves="it fits", runs_in="loop")
    def fits(problem: Any, candidate: str, outline: str) -> Iterator[Violation]:
        if not candidate.startswith(outline.lower()):
            yield Violation("unfit", f"{candidate} does not fit {outline}.")

    graph.critic("outline ok", is_outline, reads=outline)
    graph.critic("answer fits", fits, reads=[answer, outline], backprompts=[outline, answer])
    return graph


def race(*sources: Any) -> Graph:
    graph = Graph("race")
    nodes = [graph.generator(f"g{i}", source) for i, source in enumerate(sources)]
    either: Any = nodes[0]
    for node in nodes[1:]:
        either = either | node
    graph.critic("ok", is_ok, reads=either)
    return graph


def nested(outer: Any, inner: Any, **options: Any) -> Graph:
    """Drafts that an inner loop works out."""
    inner_graph = Graph("inner")
    inner_graph.critic("ok", is_ok, reads=inner_graph.generator("writer", inner))
    loop = NestedLoop(
        inner_graph, problem=lambda text, problem: text, **{"budget": Budget(rounds=3), **options}
    )
    graph = Graph("outer")
    draft = graph.generator("draft", outer)
    graph.critic("ok", ends_with_d, reads=graph.reformulator("worked out", loop, reads=draft))
    return graph


@modulo.critic(proves="it ends with d", runs_in="loop")
def ends_with_d(problem: Any, candidate: str) -> Iterator[Violation]:
    if not candidate.endswith("d"):
        yield Violation("end", f"{candidate} does not end with d.")


def parsed(text: str) -> str:
    if text == "none":
        return modulo.NO_SOLUTION  # type: ignore[return-value]
    if not text:
        raise Malformed("Nothing there.", code="nothing", location="line 1", hint="say something")
    return text.strip()


async def parsed_later(text: str) -> str:
    await anyio.lowlevel.checkpoint()
    if text == "crash":
        raise ZeroDivisionError
    return parsed(text)


none_exists = modulo.critic(proves="there is none", judges="unsolvability", runs_in="loop")(
    lambda problem, c: []
)


@dataclass(frozen=True)
class Recorded:
    """A run to record: how to make its graph, and how to run it."""

    graph: Callable[[], Graph]
    options: Mapping[str, Any]
    strategy: Strategy | None = None
    backprompter: Any = None
    problem: Any = "p"


def run(graph: Callable[[], Graph], **options: Any) -> Recorded:
    known = {name: options.pop(name) for name in ("strategy", "problem") if name in options}
    return Recorded(graph, options, **known)


SAMPLES_BY_4 = ["a", "b", "c", "d", "e", "f", "g", "h", "ok", "ok 2", "i", "j"]

RUNS: dict[str, Recorded] = {
    "certified": run(lambda: one_generator(Source(["a", "a", "b", "ok"]))),
    "repeats and heat": run(
        lambda: one_generator(Source(["a"] * 9, repeats_last=True)), strategy=Refine(patience=4)
    ),
    "restarts": run(
        lambda: one_generator(Source(list("abcdefgh"))),
        strategy=Refine(restart_after=2),
        budget=Budget(rounds=7),
    ),
    "rounds limit": run(lambda: one_generator(Source(list("abcdefgh"))), budget=Budget(rounds=3)),
    "attempts limit": run(lambda: one_generator(Source(list("abcdefgh"))), budget=Budget(attempts=3)),
    "calls limit": run(lambda: one_generator(Source(list("abcdefgh"))), budget=Budget(calls=3)),
    "tokens limit": run(lambda: one_generator(Source(list("abcdefgh"))), budget=Budget(tokens=45)),
    "cost limit": run(lambda: one_generator(Source(list("abcdefgh"))), budget=Budget(cost_usd=0.045)),
    "nothing fits": run(lambda: one_generator(Source(list("abc"))), budget=Budget(tokens=5)),
    "no rounds": run(lambda: one_generator(Source(list("abc"))), budget=Budget(rounds=0)),
    "depleted": run(lambda: one_generator(Source(["a"]))),
    "wide": run(
        lambda: one_generator(Source(lambda r: (f"{r.turn}", (r.turn * 7) % 5))),
        strategy=Refine(width=4),
        budget=Budget(rounds=2),
    ),
    "wide calls limit": run(
        lambda: one_generator(Source(lambda r: (f"{r.turn}", (r.turn * 7) % 5))),
        strategy=Refine(width=8),
        budget=Budget(calls=5),
    ),
    "wide tokens limit": run(
        lambda: one_generator(Source(lambda r: (f"{r.turn}", (r.turn * 3) % 4))),
        strategy=Refine(width=8),
        budget=Budget(tokens=77),
    ),
    "wide attempts limit": run(
        lambda: one_generator(Source(lambda r: (f"{r.turn}", (r.turn * 3) % 4))),
        strategy=Refine(width=8),
        budget=Budget(attempts=10),
    ),
    "first certified cancels the rest": run(
        lambda: one_generator(Source([("a", 9), ("ok", 3), ("b", 1), ("ok too", 50)])), strategy=Refine(width=4)
    ),
    "certified in a later round": run(
        lambda: one_generator(Source([("a", 9), ("b", 3), ("c", 1), ("ok late", 90), ("ok", 2), ("d", 1)])),
        strategy=Refine(width=3),
    ),
    "race": run(
        lambda: race(Source([("a", 5), ("b", 1)]), Source([("c", 1), ("ok", 9)]), Source([("d", 2), ("e", 60)]))
    ),
    "failures": run(lambda: one_generator(Source(["a", ValueError("broken"), "b", ValueError("again"), "ok"]))),
    "too many failures": run(
        lambda: one_generator(Source([ValueError("1"), ValueError("2"), ValueError("3")]))
    ),
    "authentication": run(lambda: one_generator(Source([AuthenticationFailed("no key")]))),
    "unconfirmed": run(
        lambda: one_generator(Source([billed("a", usage=None), billed("b", usage=None), "ok"])),
        budget=Budget(tokens=55),
    ),
    "a bill larger than reserved": run(
        lambda: one_generator(Source([billed("a", usage=Usage(calls=1, completion_tokens=90)), "b", "ok"])),
        budget=Budget(tokens=100),
    ),
    "finishes": run(
        lambda: one_generator(
            Source(
                [
                    billed("", finish=Finish.EMPTY),
                    billed("no", finish=Finish.REFUSED, detail="policy"),
                    billed("{", finish=Finish.MALFORMED),
                    billed("o", finish=Finish.TRUNCATED),
                    "ok",
                ]
            )
        )
    ),
    "malformed": run(lambda: one_generator(Source(["", " a ", "", " ok "]), convert=parsed)),
    "malformed later": run(lambda: one_generator(Source(["", "a", "", " ok "]), convert=parsed_later)),
    "a conversion that crashes": run(
        lambda: one_generator(Source(["a", "crash", "b", "crash", "ok"]), convert=parsed_later)
    ),
    "unsolvable": run(lambda: one_generator(Source(["a", "none"]), is_ok, none_exists, convert=parsed)),
    "unsolvable later": run(
        lambda: one_generator(Source(["a", "none"]), is_ok, none_exists, convert=parsed_later)
    ),
    "unprovable": run(lambda: one_generator(Source(["none", "ok"]), is_ok, convert=parsed_later)),
    "truncated and malformed": run(
        lambda: one_generator(Source([billed("", finish=Finish.TRUNCATED), "ok"]), convert=parsed_later)
    ),
    "a flaky critic": run(lambda: one_generator(Source(["ok"] * 3), Flaky(True, True, False))),
    "a flaky critic beside another": run(
        lambda: one_generator(
            Source([("ok", 3), ("ok", 1), ("ok", 6)] * 3), Flaky(True, True, True, True, False)
        ),
        strategy=Refine(width=3),
    ),
    "critics that stop at the first rejection": run(
        lambda: one_generator(Source(["a", "b", "ok"]), is_ok, Flaky()),
        backprompter=ChatBackprompter(granularity="first", history=1),
    ),
    "best": run(
        lambda: one_generator(Source(["ok", "a", "ok ok ok", "ok ok", "b"]), soft=Opinion()),
        select="best",
        budget=Budget(rounds=5),
    ),
    "best, wide, until depleted": run(
        lambda: one_generator(Source([("ok", 4), ("a", 1), ("ok ok ok", 6), ("ok ok", 2)]), soft=Opinion()),
        select="best",
        strategy=Refine(width=2),
    ),
    "samples": run(lambda: one_generator(Source(SAMPLES_BY_4)), strategy=Samples(4), budget=Budget(rounds=9)),
    "samples a call": run(
        lambda: one_generator(Several(SAMPLES_BY_4, per_call=8)), strategy=Samples(4), budget=Budget(calls=5)
    ),
    "some samples a call": run(
        lambda: one_generator(Several(SAMPLES_BY_4, per_call=3, gives=2)),
        strategy=Samples(4),
        budget=Budget(calls=7),
    ),
    "samples and a calls limit": run(
        lambda: one_generator(Source(SAMPLES_BY_4)), strategy=Samples(4), budget=Budget(calls=6)
    ),
    "samples and an attempts limit": run(
        lambda: one_generator(Source(SAMPLES_BY_4)), strategy=Samples(4), budget=Budget(attempts=6)
    ),
    "samples of failing calls": run(
        lambda: one_generator(Source(["a", ValueError("x"), "b", ValueError("y"), "c", "d", "ok", "e"])),
        strategy=Samples(4),
    ),
    "stages": run(lambda: two_stages(Source(["bad", "A", "B"]), Source(["x", "bx"]))),
    "stages, wide": run(
        lambda: two_stages(
            Source([("bad", 2), ("A", 1), ("B", 4), ("C", 1), ("D", 2)]), Source([("x", 1), ("cx", 5)] * 4)
        ),
        strategy=Refine(width=2),
        budget=Budget(rounds=9, calls=14),
    ),
    "stages without end": run(
        lambda: two_stages(Source(lambda r: f"A{r.turn}".upper()), Source(lambda r: "x")),
        budget=Budget(rounds=9),
    ),
    "nested": run(
        lambda: nested(Source(["a", "b", "c"]), Source(lambda r: f"ok {'bad'[r.turn] if r.turn < 3 else 'x'}"))
    ),
    "nested until the calls limit": run(
        lambda: nested(
            Source(list("abcdefgh")), Source(lambda r: "no" if r.turn < 2 else f"ok {r.problem.value}")
        ),
        budget=Budget(calls=10),
    ),
    "nested without an answer": run(
        lambda: nested(Source(list("abcd")), Source(lambda r: "no")), budget=Budget(calls=9)
    ),
    "nested, wide": run(
        lambda: nested(
            Source(lambda r: ("abcd"[r.turn % 4], r.turn % 3)),
            Source(lambda r: ("no", 3) if r.turn < 1 else (f"ok {r.problem.value}", 5)),
        ),
        strategy=Refine(width=3),
        budget=Budget(calls=17),
    ),
    "nested with lost bills": run(
        lambda: nested(Source(list("abcd")), Source(lambda r: billed(f"ok {r.problem.value}", usage=None))),
        budget=Budget(tokens=95),
    ),
    "a dataclass": run(
        lambda: one_generator(Source(["a", "ok"])), problem={"deep": [1, {"x": None}], "b": 2.5}
    ),
}


def by_call(*entries: Any) -> Callable[[Request], Any]:
    calls = iter(entries)
    return lambda request: next(calls)


RETRIES: dict[str, Callable[[], Recorded]] = {
    "retries": lambda: run(
        lambda: one_generator(
            Source(
                by_call(
                    ConnectionLost("1"),
                    RateLimited("2", billing=Billing.UNKNOWN),
                    "a",
                    ConnectionLost("3"),
                    "ok",
                )
            )
        ),
        retries=Retries(base_seconds=0),
    ),
    "retries in vain": lambda: run(
        lambda: one_generator(Source(lambda r: ConnectionLost("no"))),
        retries=Retries(base_seconds=0, max_tries=2),
    ),
    "retries until the limit": lambda: run(
        lambda: one_generator(Source(lambda r: ConnectionLost("no"))),
        retries=Retries(base_seconds=0),
        budget=Budget(calls=3),
    ),
    "retries, wide": lambda: run(
        lambda: one_generator(
            Source(
                by_call(
                    *[
                        ConnectionLost("1"),
                        "a",
                        RateLimited("2"),
                        ("b", 3),
                        ConnectionLost("3"),
                        ("c", 1),
                        ("d", 7),
                    ],
                    *[ConnectionLost("4"), ConnectionLost("5"), "e", "ok", ("f", 30), ("g", 30)],
                )
            )
        ),
        strategy=Refine(width=3),
        retries=Retries(base_seconds=0),
        budget=Budget(calls=13),
    ),
    "retries that another failure ends": lambda: run(
        lambda: one_generator(Source(by_call(ConnectionLost("1"), AuthenticationFailed("no key")))),
        retries=Retries(base_seconds=0),
    ),
}

ALL = {**{name: (lambda recorded=recorded: recorded) for name, recorded in RUNS.items()}, **RETRIES}


async def record(recorded: Recorded, path: Path, **more: Any) -> Any:
    """Run it, with a trace on disk."""
    options = {**recorded.options, **more}
    if recorded.strategy:
        options["strategy"] = recorded.strategy
    with modulo.Trace(path) as trace:
        return await modulo.solve(recorded.graph(), recorded.problem, trace=trace, **options)


async def replayed(recorded: Recorded, path: Path, graph: Graph | None = None) -> Replayed:
    """Replay it with generators that must not be asked."""
    known = recorded.strategy if isinstance(recorded.strategy, Samples) else None
    graph = graph or recorded.graph()
    for critic in graph.critics.values():
        if isinstance(critic.critic, Flaky):
            critic.critic.plan.clear()  # what failed then need not fail now
    with anyio.fail_after(30):
        result = await replay(path, graph=graph, strategy=known)
    for node in graph.generators.values():
        assert node.generator.calls == 0  # type: ignore[attr-defined]
    for soft in graph.soft_critics.values():
        assert soft.critic.asked == 0  # type: ignore[attr-defined]
    return result


# The same decisions --------------------------------------------------------------------------------------------


@pytest.mark.anyio
@pytest.mark.parametrize("name", ALL)
async def test_every_run_makes_the_same_decisions_again(name: str, tmp_path: Path) -> None:
    recorded = ALL[name]()
    outcome = await record(recorded, tmp_path / "trace.jsonl")
    result = await replayed(recorded, tmp_path / "trace.jsonl")
    assert result.differences == ()
    assert result.stop_reason is outcome.stop_reason
    assert result.attempts == len(outcome.attempts)


@pytest.mark.parametrize("name", ALL)
def test_a_run_recorded_on_trio_is_replayed_on_asyncio(name: str, tmp_path: Path) -> None:
    recorded = ALL[name]()
    outcome = anyio.run(record, recorded, tmp_path / "trace.jsonl", backend="trio")
    result = anyio.run(replayed, recorded, tmp_path / "trace.jsonl")
    assert result.differences == ()
    assert result.attempts == len(outcome.attempts)


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.parametrize("name", ALL)
async def test_a_trace_cut_off_anywhere_replays_as_far_as_it_goes(name: str, tmp_path: Path) -> None:
    recorded = ALL[name]()
    await record(recorded, tmp_path / "trace.jsonl")
    lines = (tmp_path / "trace.jsonl").read_bytes().splitlines(keepends=True)
    for count in range(1, len(lines)):
        cut = tmp_path / "cut.jsonl"
        cut.write_bytes(b"".join(lines[:count]) + lines[count][: len(lines[count]) // 2])
        result = await replayed(recorded, cut)
        assert (count, result.differences) == (count, ())
        finished = sum(b'"type":"attempt_finished"' in line for line in lines[:count])
        assert result.attempts == finished


@pytest.mark.anyio
async def test_a_replay_can_be_replayed_by_a_fresh_graph_from_the_trace_of_any_backprompter(
    tmp_path: Path,
) -> None:
    for number, backprompter in enumerate(
        [
            ChatBackprompter(granularity="none"),
            ChatBackprompter(granularity="binary", history=0),
            ChatBackprompter(granularity="constructive", history=2, past="attempts", order="round_robin"),
        ]
    ):
        recorded = run(lambda: one_generator(Source(["a", "b", "b", "c", "ok"])), backprompter=backprompter)
        path = tmp_path / f"{number}.jsonl"
        await record(recorded, path)
        assert (await replayed(recorded, path)).differences == ()


# Ends from outside ---------------------------------------------------------------------------------------------


class Gated(Source):
    """Answers its first calls and then never again."""

    def __init__(self, script: Sequence[Any], clock: ManualClock | None = None) -> None:
        super().__init__(script)
        self.clock = clock
        self.is_stuck = anyio.Event()

    async def generate(self, request: Request) -> Generation:
        if request.turn < len(self._script):  # type: ignore[arg-type]
            return await super().generate(request)
        self.calls += 1
        self.is_stuck.set()
        if self.clock:
            self.clock.advance(60)
        await anyio.sleep_forever()
        raise AssertionError


@pytest.mark.anyio
@pytest.mark.parametrize("width", [1, 3])
@pytest.mark.parametrize("select", ["first", "best"])
@pytest.mark.parametrize("script", [["a", "b"], ["a", "b", "c", "d"], [], ["ok", "a", "b"]])
async def test_a_run_that_its_deadline_ended_replays(
    width: int, select: str, script: list[str], tmp_path: Path
) -> None:
    def graph(clock: ManualClock | None = None) -> Graph:
        return one_generator(Gated(script, clock), soft=Opinion())

    clock = ManualClock()
    recorded = Recorded(
        lambda: graph(clock), {"budget": Budget(seconds=60), "select": select}, Refine(width=width)
    )
    outcome = await record(recorded, tmp_path / "trace.jsonl", clock=clock)
    result = await replayed(recorded, tmp_path / "trace.jsonl", graph())
    assert result.differences == ()
    assert result.attempts == len(outcome.attempts)


@pytest.mark.anyio
@pytest.mark.parametrize("width", [1, 3])
@pytest.mark.parametrize("how", ["stream", "scope"])
async def test_a_run_that_was_cancelled_replays(width: int, how: str, tmp_path: Path) -> None:
    source = Gated(["a", "b", "c", "d"])
    graph = one_generator(source)
    path = tmp_path / "trace.jsonl"
    options: Any = {"strategy": Refine(width=width)}
    with modulo.Trace(path) as trace:
        if how == "stream":
            async with modulo.stream(graph, "p", trace=trace, **options) as events:
                await source.is_stuck.wait()
                await a_while()
                events.cancel()
                await events.outcome()
        else:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(lambda: modulo.solve(graph, "p", trace=trace, **options))
                await source.is_stuck.wait()
                await a_while()
                tasks.cancel_scope.cancel()
    result = await replayed(run(lambda: graph), path, one_generator(Gated(["a", "b", "c", "d"])))
    assert result.differences == ()
    assert result.stop_reason is StopReason.CANCELLED
    assert result.attempts == 4 if width == 1 else result.attempts >= 3


@pytest.mark.anyio
@pytest.mark.parametrize("limit", ["rounds", "attempts", "calls", "tokens", "cost_usd"])
@pytest.mark.parametrize("width", [1, 3])
async def test_a_run_that_a_limit_of_its_batch_ended_replays(limit: str, width: int, tmp_path: Path) -> None:
    amount = {"tokens": 55, "cost_usd": 0.055}.get(limit, 4)
    batch = Ledger(Budget(**{limit: amount}))
    recorded = run(lambda: one_generator(Source(lambda r: f"{r.turn}")), strategy=Refine(width=width))
    outcome = await record(
        recorded, tmp_path / "trace.jsonl", within=batch, budget=Budget(**{limit: amount + 50})
    )
    result = await replayed(recorded, tmp_path / "trace.jsonl")
    assert outcome.stop_reason is StopReason.of_limit(limit)
    assert result.differences == ()
    assert result.attempts == len(outcome.attempts)


@pytest.mark.anyio
@pytest.mark.parametrize("limit", ["rounds", "attempts", "calls", "tokens", "cost_usd"])
async def test_the_best_answer_within_a_limit_of_the_batch_is_chosen_again(limit: str, tmp_path: Path) -> None:
    batch = Ledger(Budget(**{limit: {"tokens": 55, "cost_usd": 0.055}.get(limit, 4)}))
    recorded = run(lambda: one_generator(Source(lambda r: f"ok {r.turn}"), soft=Opinion()), select="best")
    with modulo.Trace(tmp_path / "trace.jsonl", keep=True) as trace:
        outcome = await modulo.solve(recorded.graph(), "p", within=batch, select="best", trace=trace)
    assert isinstance(outcome, modulo.Certified)
    assert trace.events[-1].ended_by is StopReason.of_limit(limit)  # type: ignore[attr-defined]
    assert (await replayed(recorded, tmp_path / "trace.jsonl")).differences == ()


@pytest.mark.anyio
async def test_a_round_refused_because_a_bill_overran_a_limit_of_the_batch_is_refused_again(
    tmp_path: Path,
) -> None:
    batch = Ledger(Budget(cost_usd=0.03))
    much = billed("a", usage=Usage(calls=1, cost_usd=0.05))
    recorded = run(lambda: one_generator(Source([much, "ok"])))
    outcome = await record(recorded, tmp_path / "trace.jsonl", within=batch)
    result = await replayed(recorded, tmp_path / "trace.jsonl")
    assert outcome.stop_reason is StopReason.COST_LIMIT
    assert result.differences == ()


@pytest.mark.anyio
async def test_samples_that_a_limit_of_the_batch_left_out_are_left_out_again(tmp_path: Path) -> None:
    batch = Ledger(Budget(attempts=6))
    recorded = run(lambda: one_generator(Source(["a"] * 12)), strategy=Samples(4))
    outcome = await record(recorded, tmp_path / "trace.jsonl", within=batch)
    result = await replayed(recorded, tmp_path / "trace.jsonl")
    assert outcome.stop_reason is StopReason.ATTEMPTS_LIMIT
    assert result.differences == ()
    assert result.attempts == 6


@pytest.mark.anyio
async def test_the_trace_of_an_inner_loop_replays_by_itself(tmp_path: Path) -> None:
    path = tmp_path / "inner.jsonl"
    with modulo.Trace(path) as trace:
        graph = nested(
            Source(["d"]), Source(lambda r: "no" if r.turn < 2 else f"ok {r.problem.value}"), trace=trace
        )
        await modulo.solve(graph, "p", budget=Budget(calls=3))
    inner = Graph("inner")
    inner.critic("ok", is_ok, reads=inner.generator("writer", Source([])))
    result = await replayed(run(lambda: inner), path, inner)
    assert result.differences == ()
    assert result.stop_reason is StopReason.CALLS_LIMIT


# Differences ---------------------------------------------------------------------------------------------------


def edited(path: Path, change: Callable[[list[dict[str, Any]]], None]) -> Path:
    """The trace with something changed."""
    documents = [json.loads(line) for line in path.read_text().splitlines()]
    change(documents)
    result = path.with_name("edited.jsonl")
    result.write_text("".join(json.dumps(document) + "\n" for document in documents))
    return result


def of(documents: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [document for document in documents if document["type"] == kind]


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.parametrize("name", ALL)
async def test_every_changed_verdict_is_reported(name: str, tmp_path: Path) -> None:
    recorded = ALL[name]()
    await record(recorded, tmp_path / "trace.jsonl")
    critiques = of(
        [json.loads(line) for line in (tmp_path / "trace.jsonl").read_text().splitlines()], "critique"
    )
    for number, critique in enumerate(critiques):
        if critique.get("failed"):
            continue  # failures are taken from the trace, so nothing contradicts them

        def change(documents: list[dict[str, Any]], number: int = number) -> None:
            document = of(documents, "critique")[number]
            is_accepted = document["verdict"] == "accept"
            document["verdict"] = "reject" if is_accepted else "accept"
            document["violations"] = [{"code": "x", "message": "x"}] if is_accepted else []

        result = await replayed(recorded, edited(tmp_path / "trace.jsonl", change))
        assert result.differences, f"critique {number}"


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.parametrize("name", ALL)
async def test_every_changed_answer_is_reported(name: str, tmp_path: Path) -> None:
    recorded = ALL[name]()
    await record(recorded, tmp_path / "trace.jsonl")
    documents = [json.loads(line) for line in (tmp_path / "trace.jsonl").read_text().splitlines()]
    answers = [document for document in of(documents, "generation_finished") if "text" in document]
    for number in range(len(answers)):

        def change(documents: list[dict[str, Any]], number: int = number) -> None:
            with_text = [document for document in of(documents, "generation_finished") if "text" in document]
            with_text[number]["text"] += "?"

        result = await replayed(recorded, edited(tmp_path / "trace.jsonl", change))
        assert any("not what was recorded" in difference for difference in result.differences)


@pytest.mark.anyio
@pytest.mark.parametrize(
    "name", ["certified", "wide", "stages", "nested", "first certified cancels the rest", "best"]
)
async def test_an_answer_and_its_hash_changed_together_are_reported_by_what_follows(
    name: str, tmp_path: Path
) -> None:
    recorded = ALL[name]()
    await record(recorded, tmp_path / "trace.jsonl")

    def change(documents: list[dict[str, Any]]) -> None:
        document = of(documents, "generation_finished")[0]
        document["text"] = "ZZ"
        document["text_sha256"] = modulo.canonical.sha256_hex(b"ZZ")

    result = await replayed(recorded, edited(tmp_path / "trace.jsonl", change))
    if name == "nested":  # what an async conversion made of it is taken from the trace
        assert all("prompt_sha256" in difference for difference in result.differences)
    assert result.differences


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        ("generation_started", "parent", 1),
        ("generation_started", "prompt_sha256", "0" * 64),
        ("generation_started", "round", 7),
        ("candidate_reformulated", "sha256", "0" * 64),
        ("candidate_reformulated", "content", "something else"),
        ("attempt_finished", "accepted", True),
        ("certified", "candidate_sha256", "0" * 64),
        ("certified", "claim", "it is better than ok"),
        ("run_finished", "stop_reason", "rounds_limit"),
        ("run_finished", "attempt", 0),
        ("run_finished", "usage", {"calls": 3}),
        ("backprompt", "reveals", "nothing"),
        ("backprompt", "violations_shown", 7),
        ("attempt_finished", "violations", 7),
    ],
)
async def test_a_changed_decision_is_reported(kind: str, field: str, value: Any, tmp_path: Path) -> None:
    recorded = ALL["certified"]()
    await record(recorded, tmp_path / "trace.jsonl")

    def change(documents: list[dict[str, Any]]) -> None:
        of(documents, kind)[0][field] = value

    assert (await replayed(recorded, edited(tmp_path / "trace.jsonl", change))).differences


@pytest.mark.anyio
@pytest.mark.parametrize(
    "name", ["certified", "wide", "first certified cancels the rest", "stages, wide", "nested, wide"]
)
async def test_a_critic_that_now_judges_otherwise_is_reported_and_the_replay_ends(
    name: str, tmp_path: Path
) -> None:
    recorded = ALL[name]()
    await record(recorded, tmp_path / "trace.jsonl")
    for judgement in ([], [Violation("never", "Never.")]):
        graph = recorded.graph()
        for critic in graph.critics.values():
            replacement = modulo.critic(proves="something else", runs_in="loop")(
                lambda *args, j=judgement: list(j)
            )
            graph.critics[critic.name] = type(critic)(
                name=critic.name, critic=replacement, reads=critic.reads, backprompts=critic.backprompts
            )
        result = await replayed(recorded, tmp_path / "trace.jsonl", graph)
        assert any("critic" in difference for difference in result.differences)


@pytest.mark.anyio
@pytest.mark.parametrize(
    "strategy",
    [
        Refine(width=1),
        Refine(width=2),
        Refine(width=7),
        Refine(width=4, restart_after=1),
        Samples(0),
        Samples(2, 4),
    ],
)
async def test_a_strategy_that_now_asks_otherwise_is_reported_and_the_replay_ends(
    strategy: Strategy, tmp_path: Path
) -> None:
    class Nothing(Strategy):
        def ask(self, tree: Tree, n: int) -> Sequence[Expansion]:
            return ()

    recorded = ALL["wide"]()
    await record(recorded, tmp_path / "trace.jsonl")
    if isinstance(strategy, Samples) and not strategy.samples:
        strategy = Nothing()
    with anyio.fail_after(30):
        result = await replay(tmp_path / "trace.jsonl", graph=recorded.graph(), strategy=strategy)
    assert result.differences


@pytest.mark.anyio
async def test_a_critic_of_another_version_or_with_other_options_is_named(tmp_path: Path) -> None:
    class Versioned(Flaky):
        def options(self) -> Mapping[str, Any]:
            return {"strict": self.version == "2"}

    recorded = run(lambda: one_generator(Source(["a", "ok"]), Versioned()))
    await record(recorded, tmp_path / "trace.jsonl")
    graph = recorded.graph()
    graph.critics["critic 0"].critic.version = "2"
    assert (await replayed(recorded, tmp_path / "trace.jsonl", graph)).differences == (
        "critic 'critic 0', version: recorded 1, now 2",
        "critic 'critic 0', options: recorded {'strict': False}, now {'strict': True}",
    )


@pytest.mark.anyio
async def test_a_changed_limit_is_reported(tmp_path: Path) -> None:
    for name, limits in (
        ("wide calls limit", {"calls": 4}),
        ("wide calls limit", {"calls": 9}),
        ("tokens limit", {"tokens": 20}),
        ("rounds limit", {"rounds": 2}),
        ("rounds limit", {"rounds": 4}),
        ("samples and an attempts limit", {"attempts": 5}),
    ):
        recorded = ALL[name]()
        path = tmp_path / f"{name} {limits}.jsonl"
        await record(recorded, path)

        def change(documents: list[dict[str, Any]], limits: dict[str, int] = limits) -> None:
            documents[0]["settings"]["budget"].update(limits)

        assert (await replayed(recorded, edited(path, change))).differences, (name, limits)


# Faults --------------------------------------------------------------------------------------------------------


@pytest.mark.anyio
async def test_a_changed_problem_is_refused(tmp_path: Path) -> None:
    recorded = ALL["certified"]()
    await record(recorded, tmp_path / "trace.jsonl")

    def change(documents: list[dict[str, Any]]) -> None:
        documents[0]["problem"] = "q"

    with pytest.raises(TraceError, match="problem of the trace was changed"):
        await replayed(recorded, edited(tmp_path / "trace.jsonl", change))
    with pytest.raises(TraceError, match="another problem"):
        await replay(tmp_path / "trace.jsonl", graph=recorded.graph(), problem="q")


@pytest.mark.anyio
async def test_a_damaged_trace_is_refused_in_a_sentence(tmp_path: Path) -> None:
    recorded = ALL["certified"]()
    path = tmp_path / "trace.jsonl"
    await record(recorded, path)

    def without(kind: str, field: str) -> Callable[[list[dict[str, Any]]], None]:
        return lambda documents: of(documents, kind)[0].pop(field)

    def bad_settings(name: str, value: Any) -> Callable[[list[dict[str, Any]]], None]:
        return lambda documents: documents[0]["settings"].update({name: value})

    changes = [
        without("run_started", "settings"),
        without("generation_started", "node"),
        without("generation_started", "samples"),
        without("candidate_reformulated", "sha256"),
        without("run_finished", "stop_reason"),
        without("budget_settled", "attempt"),
        bad_settings("strategy", {"id": "modulo.strategies.refine:Refine", "options": {"depth": 3}}),
        bad_settings("retries", {"tries": 3}),
        bad_settings("budget", {"moons": 3}),
    ]
    for change in changes:
        with pytest.raises(TraceError, match="damaged"):
            await replay(edited(path, change), graph=recorded.graph())


@pytest.mark.anyio
@pytest.mark.parametrize(
    "claimed",
    [
        "os:system",
        "modulo.strategies.refine:_HOTTEST",
        "modulo.strategies:nothing",
        "subprocess:Popen",
        ":",
        "",
    ],
)
async def test_a_trace_cannot_name_what_is_imported_and_called(claimed: str, tmp_path: Path) -> None:
    recorded = ALL["certified"]()
    await record(recorded, tmp_path / "trace.jsonl")

    def change(documents: list[dict[str, Any]]) -> None:
        documents[0]["settings"]["strategy"] = {"id": claimed, "options": {}}

    with pytest.raises(modulo.ModuloError):
        await replay(edited(tmp_path / "trace.jsonl", change), graph=recorded.graph())


@pytest.mark.anyio
async def test_a_strategy_of_the_user_must_be_given(tmp_path: Path) -> None:
    recorded = ALL["samples"]()
    await record(recorded, tmp_path / "trace.jsonl")
    with pytest.raises(modulo.errors.ConfigurationError, match="give the strategy"):
        await replay(tmp_path / "trace.jsonl", graph=recorded.graph())


@dataclass
class Slot:
    """A problem of a type of its own."""

    start: int


@pytest.mark.anyio
async def test_a_problem_whose_type_nobody_declares_must_be_given(tmp_path: Path) -> None:
    def starts_late(problem: Any, candidate: Any) -> Iterator[Violation]:
        if problem.start < 9:
            yield Violation("early", "It starts too early.")

    def graph() -> Graph:
        return one_generator(Source(["a"]), modulo.critic(proves="it starts late", runs_in="loop")(starts_late))

    path = tmp_path / "trace.jsonl"
    with modulo.Trace(path) as trace:
        outcome = await modulo.solve(graph(), Slot(9), trace=trace)
    assert outcome.stop_reason is StopReason.CERTIFIED
    assert (await replay(path, graph=graph(), problem=Slot(9))).differences == ()
    assert (await replay(path, graph=graph())).differences


@pytest.mark.anyio
async def test_a_domain_that_is_not_installed_is_named(tmp_path: Path) -> None:
    recorded = ALL["certified"]()
    await record(recorded, tmp_path / "trace.jsonl")
    with pytest.raises(modulo.ModuloError, match="there is no domain 'test' here"):
        await replay(tmp_path / "trace.jsonl")


@pytest.mark.anyio
async def test_what_a_plain_function_gives_to_be_awaited_is_not_awaited_again(tmp_path: Path) -> None:
    calls: list[str] = []

    async def asked_of_a_model(text: str) -> str:
        calls.append(text)
        return f"{text} {len(calls)}"

    def converted(text: str) -> Any:
        return asked_of_a_model(text)

    def graph() -> Graph:
        graph = Graph("test")
        draft = graph.generator("draft", Source(["a", "ok"]))
        asked = graph.reformulator("asked", converted, reads=draft)
        parted = graph.reformulator("parted", lambda text: text.partition(" "), reads=asked)
        graph.critic("ok", is_ok, reads=graph.reformulator("first", lambda parts: parts[0], reads=parted))
        return graph

    recorded = Recorded(graph, {})
    outcome = await record(recorded, tmp_path / "trace.jsonl")
    assert (outcome.solution, calls) == ("ok", ["a", "ok"])

    result = await replayed(recorded, tmp_path / "trace.jsonl")

    assert (result.differences, result.stop_reason) == ((), StopReason.CERTIFIED)
    assert calls == ["a", "ok"]


# Runs without a graph -------------------------------------------------------------------------------------------


def asked_for(problem: str) -> str:
    return f"Say {problem}."


def first_word(text: str) -> str:
    return text.split()[0]


PARTS: dict[str, Any] = {"critics": [is_ok], "prompt": asked_for, "reformulator": first_word}


async def trace_of_parts(path: Path) -> Path:
    with modulo.Trace(path) as trace:
        source = ScriptedGenerator(["no way", "ok then"])
        assert isinstance(await modulo.solve("p", generator=source, trace=trace, **PARTS), modulo.Certified)
    return path


@pytest.mark.anyio
async def test_a_run_without_a_graph_is_replayed_with_its_critics(tmp_path: Path) -> None:
    trace = await trace_of_parts(tmp_path / "trace.jsonl")
    result = await replay(trace, **PARTS)
    assert (result.differences, result.attempts, result.stop_reason) == ((), 2, StopReason.CERTIFIED)


@pytest.mark.anyio
async def test_another_prompt_or_critic_than_the_recorded_one_differs(tmp_path: Path) -> None:
    trace = await trace_of_parts(tmp_path / "trace.jsonl")
    other_prompt = await replay(trace, **{**PARTS, "prompt": None})
    assert any("prompt_sha256" in difference for difference in other_prompt.differences)
    newer = modulo.critic(proves="it is ok", version="2")(starts_with_ok)
    (difference,) = (await replay(trace, **{**PARTS, "critics": newer})).differences
    assert difference == "critic 'starts_with_ok', version: recorded 1, now 2"


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({}, r"replay\(trace, graph=\.\.\.\), or .*critics=\["),
        ({"graph": Graph("g"), "critics": [is_ok]}, "not both"),
        ({"graph": Graph("g"), "prompt": asked_for}, "go with critics="),
        ({"reformulator": first_word}, "go with critics="),
    ],
)
async def test_what_a_run_without_a_graph_lacks_for_its_replay_is_said(
    given: dict[str, Any], sentence: str, tmp_path: Path
) -> None:
    trace = await trace_of_parts(tmp_path / "trace.jsonl")
    with pytest.raises(modulo.ConfigurationError, match=sentence):
        await replay(trace, **given)
