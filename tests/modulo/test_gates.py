"""Gates: somebody else says when a run may go on, and when it gets no more."""

from __future__ import annotations

from pathlib import Path

import anyio.lowlevel
import pytest

import modulo
from modulo import Budget, ConfigurationError, StopReason
from modulo.outcome import Certified, Exhausted
from modulo.tree import Tree
from tests.modulo.loops import graph_of

pytestmark = pytest.mark.anyio


async def two_rounds(tree: Tree) -> str | None:
    await anyio.lowlevel.checkpoint()
    return None if len(tree.attempts) < 2 else "two rounds are enough"


async def test_a_run_that_gets_no_more_rounds_ends_with_the_reason() -> None:
    outcome = await modulo.solve(graph_of(["no"] * 5), "problem", gate=two_rounds)
    assert isinstance(outcome, Exhausted)
    assert (outcome.stop_reason, outcome.error) == (StopReason.GIVEN_UP, "two rounds are enough")
    assert len(outcome.attempts) == 2


async def test_a_run_that_is_let_through_ends_as_ever() -> None:
    assert isinstance(await modulo.solve(graph_of(["no", "ok"]), "problem", gate=two_rounds), Certified)


async def test_waiting_at_a_gate_is_limited_by_the_deadline() -> None:
    async def never(tree: Tree) -> str | None:
        await anyio.sleep_forever()
        return None

    outcome = await modulo.solve(graph_of(["ok"]), "problem", gate=never, budget=Budget(seconds=0.01))
    assert outcome.stop_reason is StopReason.SECONDS_LIMIT


async def test_a_gate_that_fails_is_named_before_anything_is_paid() -> None:
    async def fails(tree: Tree) -> str | None:
        raise RuntimeError("broken")

    with pytest.raises(modulo.ModuloError, match="the gate"):
        await modulo.solve(graph_of(["ok"]), "problem", gate=fails)


async def test_a_gate_that_fails_later_ends_the_run_with_the_work_so_far() -> None:
    async def fails(tree: Tree) -> str | None:
        if tree.attempts:
            raise RuntimeError("broken")
        return None

    outcome = await modulo.solve(graph_of(["no", "ok"]), "problem", gate=fails)
    assert isinstance(outcome, Exhausted)
    assert (outcome.stop_reason, len(outcome.attempts)) == (StopReason.ERROR, 1)


async def test_what_a_gate_ended_is_replayed_up_to_there(tmp_path: Path) -> None:
    path = tmp_path / "trace.jsonl"
    with modulo.Trace(path) as trace:
        await modulo.solve(graph_of(["no"] * 5), "problem", gate=two_rounds, trace=trace)
    replayed = await modulo.replay(path, graph=graph_of([]))
    assert (replayed.differences, replayed.attempts) == ((), 2)


async def test_a_gate_that_cannot_be_called_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="gate takes an async function"):
        await modulo.solve(graph_of(["ok"]), "problem", gate="open")  # type: ignore[call-overload]
