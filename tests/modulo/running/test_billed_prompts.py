"""What a prompt was billed at foretells the ones that go on from it: where it is known, and where it is not."""

from __future__ import annotations

from typing import Any

import pytest

import modulo
from modulo import Budget, ChatBackprompter, Exhausted, Finish, Generation, Refine, Usage
from modulo.protocols import BilledPrompt, Expansion, Request, Sampling, Strategy
from modulo.testing import ScriptedGenerator
from modulo.tree import Tree
from tests.modulo.loops import graph_of

pytestmark = pytest.mark.anyio

TOKENS = Budget(rounds=3, tokens=10_000)


def answers(request: Request) -> Generation:
    return Generation(text=f"no {request.turn}", usage=Usage(calls=1, prompt_tokens=50 + request.turn))


async def requests_of(budget: Budget = TOKENS, script: Any = answers, **options: Any) -> list[Request]:
    generator = ScriptedGenerator(script)
    outcome = await modulo.solve(graph_of(generator), "problem", budget=budget, **options)
    assert isinstance(outcome, Exhausted)
    return generator.requests


@pytest.mark.parametrize("budget", [TOKENS, Budget(rounds=3, cost_usd=1.0)])
async def test_a_conversation_that_goes_on_knows_the_bill_of_its_beginning(budget: Budget) -> None:
    first, second, third = await requests_of(budget)
    assert first.billed is None
    assert second.billed == BilledPrompt(messages=1, tokens=50)
    assert third.billed == BilledPrompt(messages=3, tokens=51)
    assert third.messages[:3] == second.messages


async def test_a_ledger_of_others_limits_tokens_too() -> None:
    *_, last = await requests_of(Budget(rounds=2), within=modulo.Ledger(Budget(tokens=10_000)))
    assert last.billed == BilledPrompt(messages=1, tokens=50)


async def test_nobody_asks_where_neither_tokens_nor_cost_are_limited() -> None:
    assert {request.billed for request in await requests_of(Budget(rounds=3))} == {None}


async def test_a_conversation_that_dropped_its_past_begins_otherwise() -> None:
    *_, last = await requests_of(backprompter=ChatBackprompter(history=1))
    assert len(last.messages) == 3
    assert last.billed is None


async def test_of_several_samples_each_has_a_share_of_the_bill() -> None:
    first, *_, last = await requests_of(Budget(rounds=2, tokens=10_000), strategy=Refine(candidates=2))
    assert first.messages != last.messages
    assert last.billed is None


@pytest.mark.parametrize("usage", [None, Usage(calls=1)])
async def test_without_a_bill_nothing_is_known(usage: Usage | None) -> None:
    requests = await requests_of(script=lambda request: Generation(text=f"no {request.turn}", usage=usage))
    assert {request.billed for request in requests} == {None}


class Alternating(Strategy):
    """Goes on with another model each time."""

    def ask(self, tree: Tree, n: int) -> list[Expansion]:
        sampling = Sampling(model="ab"[len(tree.attempts) % 2])
        parent = len(tree.attempts) - 1 if tree.attempts else None
        return [Expansion(node="draft", parent=parent, sampling=sampling)]


async def test_another_model_counts_otherwise() -> None:
    generator = ScriptedGenerator(answers)
    models = modulo.Models({"a": generator, "b": generator})
    await modulo.solve(graph_of(models), "problem", budget=TOKENS, strategy=Alternating())
    assert len(generator.requests) == 3
    assert {request.billed for request in generator.requests} == {None}


async def test_a_refused_answer_was_billed_all_the_same() -> None:
    def refuses_first(request: Request) -> Generation:
        finish = Finish.STOP if request.turn else Finish.REFUSED
        return Generation(text=f"no {request.turn}", finish=finish, usage=Usage(calls=1, prompt_tokens=50))

    _, second, *_ = await requests_of(script=refuses_first)
    assert second.billed == BilledPrompt(messages=1, tokens=50)
