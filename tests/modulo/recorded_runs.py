"""Runs of many kinds, for the tests of replay to record and to replay."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel

import modulo
from modulo import (
    Budget,
    ChatBackprompter,
    Generation,
    Graph,
    NestedLoop,
    Refine,
    Remark,
    Usage,
    Violation,
)
from modulo.errors import AuthenticationFailed, Billing, ConnectionLost, Malformed, RateLimited
from modulo.protocols import Expansion, Finish, Request, SoftCritic, Strategy
from modulo.replaying import Replayed, replay
from modulo.running.retrying import Retries
from modulo.sending import tell_whether_sent
from modulo.testing import ScriptedGenerator
from modulo.tree import Tree

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


class Queue(Source):
    """Answers the first call when all others queue, from where those are never sent."""

    async def generate(self, request: Request) -> Generation:
        if request.turn == 0:
            return await super().generate(request)
        self.calls += 1
        tell_whether_sent(False)
        await anyio.sleep_forever()
        raise AssertionError


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
    "cancelled in the queue": run(
        lambda: one_generator(Queue([("ok", 9)])), strategy=Refine(width=3), budget=Budget(tokens=100)
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


def edited(path: Path, change: Callable[[list[dict[str, Any]]], None]) -> Path:
    """The trace with something changed."""
    documents = [json.loads(line) for line in path.read_text().splitlines()]
    change(documents)
    result = path.with_name("edited.jsonl")
    result.write_text("".join(json.dumps(document) + "\n" for document in documents))
    return result


def of(documents: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [document for document in documents if document["type"] == kind]
