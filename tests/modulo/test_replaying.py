"""Replay: the same decisions from the trace alone, however the run ended."""

from __future__ import annotations

from collections.abc import Sequence
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
    Refine,
    StopReason,
    Usage,
)
from modulo.protocols import Request
from modulo.testing import ManualClock
from tests.modulo.recorded_runs import (
    ALL,
    Opinion,
    Recorded,
    Samples,
    Source,
    billed,
    is_ok,
    nested,
    one_generator,
    record,
    replayed,
    run,
)
from tests.modulo.waiting import a_while

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
