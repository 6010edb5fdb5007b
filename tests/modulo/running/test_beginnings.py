"""Prompts that go on from an earlier one say so, where tokens or cost are limited."""

from __future__ import annotations

from typing import Any

import pytest

import modulo
from modulo import Budget, ChatBackprompter, Exhausted, Refine
from modulo.protocols import Request
from modulo.testing import ScriptedGenerator
from tests.modulo.loops import graph_of

pytestmark = pytest.mark.anyio

TOKENS = Budget(rounds=3, tokens=10_000)


async def requests_of(budget: Budget = TOKENS, **options: Any) -> list[Request]:
    generator = ScriptedGenerator(lambda request: f"no {request.turn}")
    outcome = await modulo.solve(graph_of(generator), "problem", budget=budget, **options)
    assert isinstance(outcome, Exhausted)
    return generator.requests


@pytest.mark.parametrize("budget", [TOKENS, Budget(rounds=3, cost_usd=1.0)])
async def test_a_conversation_that_goes_on_knows_its_beginning(budget: Budget) -> None:
    requests = await requests_of(budget)
    assert [request.begins_with for request in requests] == [0, 1, 3]
    assert requests[2].messages[:3] == requests[1].messages


async def test_a_ledger_of_others_limits_tokens_too() -> None:
    *_, last = await requests_of(Budget(rounds=2), within=modulo.Ledger(Budget(tokens=10_000)))
    assert last.begins_with == 1


async def test_nobody_asks_where_neither_tokens_nor_cost_are_limited() -> None:
    assert {request.begins_with for request in await requests_of(Budget(rounds=3))} == {0}


async def test_a_conversation_that_dropped_its_past_begins_otherwise() -> None:
    *_, last = await requests_of(backprompter=ChatBackprompter(history=1))
    assert len(last.messages) == 3
    assert last.begins_with == 0


async def test_each_of_several_samples_was_asked_the_same() -> None:
    requests = await requests_of(Budget(rounds=2, tokens=10_000), strategy=Refine(candidates=2))
    assert [request.begins_with for request in requests] == [0, 0, 1, 1]
