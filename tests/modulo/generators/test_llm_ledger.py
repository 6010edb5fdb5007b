"""After any sequence of faults, retries and cancellations, the ledger equals what the server billed."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import anyio
import anyio.to_thread
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import modulo
from modulo import Refine, Trace, Violation
from modulo.budget import Budget, Usage
from modulo.clock import SystemClock
from modulo.errors import LimitReached
from modulo.events import BudgetSettled
from modulo.generators.model_limits import ModelLimits
from modulo.generators.price import Price
from modulo.graph import Graph
from modulo.ledger import Ledger
from modulo.protocols import Generation
from modulo.running.calls import Answer, Caller
from modulo.running.place import Place
from modulo.running.reporting import Reporter
from modulo.running.retrying import Retrier, Retries
from tests.llm_calls import llm_of, request_of
from tests.scripted_server import Bill, ScriptedServer
from tests.scripted_steps import (
    Drop,
    RawBody,
    Reply,
    Reports,
    Stall,
    Status,
    Step,
    Tokens,
    context_overflow,
    unauthorized,
)

pytestmark = pytest.mark.usefixtures("warm_litellm")


@modulo.critic(proves="anything goes", runs_in="loop")
def accepts(problem: Any, candidate: Any) -> Iterator[Violation]:
    yield from ()


PRICE = Price(input_usd_per_million=1.0, output_usd_per_million=2.0)

tokens = st.builds(Tokens, prompt=st.integers(1, 60), completion=st.integers(1, 100))
replies = st.builds(Reply, st.sampled_from(["a", "b"]), tokens=tokens)
unreported = st.builds(
    Reply, st.just("a"), tokens=tokens, reports=st.sampled_from([Reports.MISSING, Reports.NULL, Reports.ZERO])
)
statuses = st.sampled_from(
    [Status(429), Status(500), Status(502), Status(503), Status(504), unauthorized(), context_overflow()]
)
losses = st.builds(Drop, mid_body=st.booleans(), reset=st.booleans(), tokens=tokens)
nonsense = st.builds(RawBody, st.sampled_from([b"", b"{", b"{}"]), tokens=tokens)
steps = st.one_of(replies, unreported, statuses, losses, nonsense)


def caller_of(ledger: Ledger, *, tries: int = 3) -> Caller:
    reporter = Reporter((), SystemClock())
    retries = Retries(max_tries=tries, base_seconds=0.0)
    retrier = Retrier(retries, ledger=ledger, clock=SystemClock(), seed=0, reporter=reporter)
    return Caller(Place(ledger, None), retrier=retrier, reporter=reporter)


async def ask(server: ScriptedServer, ledger: Ledger, *, calls: int, samples: int = 1) -> list[Answer]:
    """So many calls at once; what became of each."""
    model = llm_of(server, price=PRICE, max_output_tokens=200)
    caller, found = caller_of(ledger), list[Answer]()

    async def one(attempt: int) -> None:
        found.extend(await caller.answers(model, request_of("hi"), attempt, samples))

    async with anyio.create_task_group() as tasks:
        for attempt in range(calls):
            tasks.start_soon(one, attempt)
    return found


def expect_books_to_agree(ledger: Ledger, server: ScriptedServer) -> None:
    told, untold = server.billed_and_reported, server.billed_unreported
    assert ledger.reserved == Usage()
    assert ledger.spent.calls == len(server.requests)
    assert (ledger.spent.prompt_tokens, ledger.spent.completion_tokens) == (
        told.prompt_tokens,
        told.completion_tokens,
    )
    assert ledger.spent.cost_usd == pytest.approx(
        PRICE.cost_usd(prompt_tokens=told.prompt_tokens, completion_tokens=told.completion_tokens)
    )
    # What nobody told us is bounded, and kept apart.
    assert ledger.unconfirmed.prompt_tokens >= untold.prompt_tokens
    assert ledger.unconfirmed.completion_tokens >= untold.completion_tokens


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(script=st.lists(steps, min_size=1, max_size=8), calls=st.integers(1, 4))
def test_the_ledger_equals_the_bill_after_any_sequence_of_faults(script: list[Step], calls: int) -> None:
    ledger = Ledger()
    with ScriptedServer([*script, *[Reply()] * (3 * calls)]) as server:
        anyio.run(lambda: ask(server, ledger, calls=calls))

    expect_books_to_agree(ledger, server)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(answered=st.integers(0, 3), hanging=st.integers(1, 3))
def test_the_ledger_equals_the_bill_after_cancellation(answered: int, hanging: int) -> None:
    ledger = Ledger()
    calls = answered + hanging
    with ScriptedServer([*[Reply()] * answered, *[Stall()] * hanging]) as server:

        async def run() -> None:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(lambda: ask(server, ledger, calls=calls))
                await anyio.to_thread.run_sync(server.wait_until, lambda it: len(it.requests) == calls)
                with anyio.move_on_after(5):
                    while ledger.spent.prompt_tokens < 11 * answered:
                        await anyio.lowlevel.checkpoint()
                tasks.cancel_scope.cancel()

        anyio.run(run)

    expect_books_to_agree(ledger, server)


def test_samples_that_a_server_ignores_are_asked_one_by_one_and_all_are_billed() -> None:
    ledger = Ledger()
    with ScriptedServer(lambda _: Reply("a")) as server:
        found = anyio.run(lambda: ask(server, ledger, calls=1, samples=4))

    assert [answer.text for answer in found if isinstance(answer, Generation)] == ["a"] * 4
    assert [request.body.get("n", 1) for request in server.requests] == [4, 1, 1, 1]
    expect_books_to_agree(ledger, server)


def test_no_call_is_made_whose_worst_case_exceeds_the_limit() -> None:
    worst = llm_of("http://127.0.0.1:1/v1", price=PRICE, max_output_tokens=200).worst_case(request_of("hi"))
    ledger = Ledger(Budget(cost_usd=worst.cost_usd * 0.99))

    with ScriptedServer([]) as server, pytest.raises(ExceptionGroup) as raised:
        anyio.run(lambda: ask(server, ledger, calls=1))

    assert raised.group_contains(LimitReached)
    assert server.billed == Bill()


def test_the_bill_of_many_calls_at_once_stays_within_the_limit() -> None:
    worst = llm_of("http://127.0.0.1:1/v1", price=PRICE, max_output_tokens=200).worst_case(request_of("hi"))
    ledger = Ledger(Budget(cost_usd=worst.cost_usd * 3.5))
    reply = Reply(tokens=Tokens(prompt=60, completion=200))

    with ScriptedServer(lambda _: reply) as server, pytest.raises(ExceptionGroup):
        anyio.run(lambda: ask(server, ledger, calls=30))

    billed = server.billed
    cost = PRICE.cost_usd(prompt_tokens=billed.prompt_tokens, completion_tokens=billed.completion_tokens)
    assert cost <= worst.cost_usd * 3.5
    assert server.peak_in_flight <= 3


def test_calls_cancelled_while_they_queue_cost_nothing() -> None:
    ledger, trace = Ledger(), Trace()
    limits = ModelLimits(concurrency=2)
    with ScriptedServer(lambda _: Stall()) as server:
        model = llm_of(server, price=PRICE, max_output_tokens=200, limits=limits)
        graph = Graph("test")
        graph.critic("ok", accepts, reads=graph.generator("llm", model))

        async def run() -> None:
            async with anyio.create_task_group() as tasks:
                solve = partial(modulo.solve, graph, "p", within=ledger, strategy=Refine(width=5), trace=trace)
                tasks.start_soon(solve)
                await anyio.to_thread.run_sync(server.wait_until, lambda it: len(it.requests) == 2)
                tasks.cancel_scope.cancel()

        anyio.run(run)

    expect_books_to_agree(ledger, server)
    assert ledger.unconfirmed.completion_tokens == 2 * 200
    bills = [event.bill.calls for event in trace.events if isinstance(event, BudgetSettled)]
    assert sorted(bills) == [0, 0, 0, 1, 1]
