"""Portfolios: several strategies side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from modulo import (
    BestOfN,
    Certified,
    ConfigurationError,
    Exhausted,
    Portfolio,
    Refine,
    SelfConsistency,
    StopReason,
)
from modulo.strategies.named import strategy_from_string
from modulo.testing import ScriptedGenerator
from tests.modulo.loops import Counts
from tests.modulo.strategies.runs import assert_replays, run

pytestmark = pytest.mark.anyio


def refined() -> ScriptedGenerator:
    """Right only in the second answer of a conversation."""
    return ScriptedGenerator(lambda r: "ok" if len(r.messages) > 1 else f"no {r.turn}")


async def test_the_first_certificate_wins() -> None:
    outcome = await run(refined(), Portfolio((BestOfN(n=20, width=1), Refine())))
    assert isinstance(outcome, Certified)
    assert outcome.attempts[-1].label == "1."


async def test_each_strategy_sees_its_own_attempts_only() -> None:
    outcome = await run(Counts(), Portfolio((BestOfN(n=2), BestOfN(n=5))))
    assert isinstance(outcome, Exhausted)
    assert sorted(a.label for a in outcome.attempts) == ["0."] * 2 + ["1."] * 5
    assert outcome.stop_reason is StopReason.STUCK


async def test_room_is_shared_in_turn() -> None:
    outcome = await run(Counts(), Portfolio((BestOfN(n=9), BestOfN(n=9))), max_concurrency=4)
    first = [a.label for a in outcome.attempts if a.round == 1]
    assert sorted(first) == ["0.", "0.", "1.", "1."]


async def test_portfolios_nest() -> None:
    inner = Portfolio((BestOfN(n=1), SelfConsistency(n=2)))
    outcome = await run(Counts(), Portfolio((inner, BestOfN(n=1))))
    assert sorted({a.label for a in outcome.attempts}) == ["0.0.", "0.1.", "1."]


async def test_they_are_replayed_from_their_traces(tmp_path: Path) -> None:
    strategy = Portfolio((BestOfN(n=3, width=1), Refine(width=2), Portfolio((SelfConsistency(n=2),))))
    await assert_replays(refined, strategy, tmp_path / "trace.jsonl")


async def test_a_string_names_one() -> None:
    assert strategy_from_string("refine:width=2|best_of_n:n=4") == Portfolio((Refine(width=2), BestOfN(n=4)))


@pytest.mark.parametrize("strategies", [(), ("refine",), (Refine,)])
async def test_what_is_no_strategy_is_refused(strategies: Any) -> None:
    with pytest.raises(ConfigurationError, match="Portfolio takes strategies"):
        Portfolio(strategies)
