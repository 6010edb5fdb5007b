"""The limits of the loop: what it never exceeds, in a run and in a batch of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import anyio
import anyio.from_thread
import anyio.lowlevel
import pytest

import modulo
from modulo import (
    Budget,
    Certified,
    Exhausted,
    Ledger,
    Refine,
    StopReason,
    Usage,
)
from modulo.errors import ConnectionLost, ProgramError, RateLimited
from modulo.events import RunFinished
from modulo.protocols import Expansion, Strategy
from modulo.running.retrying import Retries
from modulo.testing import ManualClock, ScriptedGenerator
from modulo.tree import Tree
from tests.modulo.loops import (
    Counts,
    Gated,
    assert_ledger_adds_up,
    finished,
    graph_of,
)
from tests.modulo.waiting import a_while, until

# Limits --------------------------------------------------------------------------------------------------------


@pytest.mark.anyio
@pytest.mark.parametrize("width", [1, 4])
@pytest.mark.parametrize(
    ("budget", "stop_reason"),
    [
        (Budget(rounds=0), StopReason.ROUNDS_LIMIT),
        (Budget(attempts=0), StopReason.ATTEMPTS_LIMIT),
        (Budget(calls=0), StopReason.CALLS_LIMIT),
        (Budget(tokens=0), StopReason.TOKENS_LIMIT),
        (Budget(cost_usd=0.0), StopReason.COST_LIMIT),
        (Budget(seconds=0.0), StopReason.SECONDS_LIMIT),
        (Budget(tokens=9), StopReason.TOKENS_LIMIT),
        (Budget(cost_usd=0.0999), StopReason.COST_LIMIT),
        (Budget(rounds=0, calls=0, tokens=0, cost_usd=0.0, attempts=0), StopReason.ROUNDS_LIMIT),
    ],
)
async def test_a_budget_in_which_nothing_fits_makes_no_call(
    budget: Budget, stop_reason: StopReason, width: int
) -> None:
    generator = Counts(bill=Usage(calls=1, completion_tokens=10, cost_usd=0.1))
    outcome = await modulo.solve(graph_of(generator), "p", budget=budget, strategy=Refine(width=width))
    assert isinstance(outcome, Exhausted)
    assert outcome.stop_reason is stop_reason
    assert generator.requests == []
    assert (outcome.attempts, outcome.usage) == ((), Usage())


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("budget", "calls", "stop_reason"),
    [
        (Budget(rounds=3), 3, StopReason.ROUNDS_LIMIT),
        (Budget(attempts=3), 3, StopReason.ATTEMPTS_LIMIT),
        (Budget(calls=3), 3, StopReason.CALLS_LIMIT),
        (Budget(tokens=35), 3, StopReason.TOKENS_LIMIT),
        (Budget(cost_usd=0.3), 3, StopReason.COST_LIMIT),
        (Budget(rounds=5, calls=4, tokens=20), 2, StopReason.TOKENS_LIMIT),
        (Budget(rounds=2, calls=2, attempts=2), 2, StopReason.ROUNDS_LIMIT),
    ],
)
async def test_each_limit_stops_the_run_when_the_next_step_does_not_fit(
    budget: Budget, calls: int, stop_reason: StopReason
) -> None:
    generator = Counts(bill=Usage(calls=1, prompt_tokens=4, completion_tokens=6, cost_usd=0.1))
    outcome = await modulo.solve(graph_of(generator), "p", budget=budget)
    assert outcome.stop_reason is stop_reason
    assert len(generator.requests) == len(outcome.attempts) == calls
    assert outcome.usage == Usage(
        rounds=calls,
        attempts=calls,
        calls=calls,
        prompt_tokens=4 * calls,
        completion_tokens=6 * calls,
        cost_usd=pytest.approx(0.1 * calls),  # type: ignore[arg-type]
    )


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("budget", "calls"),
    [
        (Budget(calls=5), 5),
        (Budget(attempts=5), 5),
        (Budget(tokens=55), 5),
        (Budget(cost_usd=0.5), 5),
        (Budget(calls=12), 12),
        (Budget(calls=7, tokens=60, cost_usd=10.0), 6),
    ],
)
async def test_conversations_at_once_never_exceed_a_limit_and_use_it_up(budget: Budget, calls: int) -> None:
    generator = Counts(bill=Usage(calls=1, completion_tokens=10, cost_usd=0.1))
    outcome = await modulo.solve(graph_of(generator), "p", budget=budget, strategy=Refine(width=8))
    assert len(generator.requests) == outcome.usage.calls == calls
    assert outcome.stop_reason in (
        StopReason.CALLS_LIMIT,
        StopReason.TOKENS_LIMIT,
        StopReason.COST_LIMIT,
        StopReason.ATTEMPTS_LIMIT,
    )


@pytest.mark.anyio
async def test_no_more_run_at_once_than_allowed() -> None:
    generator = Counts()
    await modulo.solve(
        graph_of(generator), "p", budget=Budget(rounds=3), strategy=Refine(width=9), max_concurrency=4
    )
    assert generator.most_in_flight == 4


@pytest.mark.anyio
async def test_calls_wait_for_their_siblings_to_settle_where_only_then_they_fit() -> None:
    """Worst cases of 40 tokens in a limit of 100: two at a time, though real bills of 5 make room for all."""
    generator = Counts(
        bill=Usage(calls=1, completion_tokens=5), worst_case=Usage(calls=1, completion_tokens=40)
    )
    budget = Budget(tokens=100, rounds=1)
    outcome = await modulo.solve(graph_of(generator), "p", budget=budget, strategy=Refine(width=8))
    assert generator.most_in_flight == 2
    assert len(generator.requests) == 8
    assert outcome.usage.tokens == 40


@pytest.mark.anyio
async def test_a_round_of_refused_calls_alone_does_not_count_as_one() -> None:
    generator = Counts(bill=Usage(calls=1, completion_tokens=10))
    outcome = await modulo.solve(graph_of(generator), "p", budget=Budget(tokens=25, rounds=9))
    assert outcome.stop_reason is StopReason.TOKENS_LIMIT
    assert outcome.usage.rounds == 2


@pytest.mark.anyio
async def test_an_answer_within_the_limit_is_certified_though_another_call_did_not_fit() -> None:
    generator = Counts()
    generator._script = lambda request: "ok" if request.turn == 2 else "ko"
    outcome = await modulo.solve(graph_of(generator), "p", budget=Budget(calls=3), strategy=Refine(width=8))
    assert isinstance(outcome, Certified)
    assert outcome.usage.calls == 3


@pytest.mark.anyio
async def test_failed_calls_and_retries_count() -> None:
    by_call = iter([ConnectionLost("1"), "ko", ValueError("2"), ConnectionLost("3"), ConnectionLost("4"), "ok"])
    generator = ScriptedGenerator(lambda _: next(by_call))
    trace = modulo.Trace()
    outcome = await modulo.solve(
        graph_of(generator), "p", retries=Retries(base_seconds=0), trace=trace, budget=Budget(calls=6)
    )
    assert isinstance(outcome, Certified)
    assert outcome.usage.calls == 6
    assert outcome.usage.attempts == 2
    assert_ledger_adds_up(outcome, trace.events)


@pytest.mark.anyio
async def test_a_limit_hit_amid_retries_is_the_stop_reason() -> None:
    generator = ScriptedGenerator(lambda _: ConnectionLost("again"))
    outcome = await modulo.solve(
        graph_of(generator), "p", retries=Retries(base_seconds=0), budget=Budget(calls=3)
    )
    assert outcome.stop_reason is StopReason.CALLS_LIMIT
    assert outcome.usage.calls == 3
    (attempt,) = outcome.attempts
    assert attempt.error_kind == "connection_lost"


@pytest.mark.anyio
async def test_a_budget_of_seconds_includes_waits_between_tries() -> None:
    clock = ManualClock()
    generator = ScriptedGenerator(lambda _: RateLimited("slow down", retry_after_seconds=20))

    async def solve() -> Any:
        return await modulo.solve(graph_of(generator), "p", clock=clock, budget=Budget(seconds=70))

    outcome = await finished(solve, clock)
    assert outcome.stop_reason in (StopReason.SECONDS_LIMIT, StopReason.ERROR)
    assert outcome.seconds <= 70


# Nested ledgers ------------------------------------------------------------------------------------------------


@pytest.mark.anyio
async def test_runs_of_a_batch_share_its_limits() -> None:
    batch = Ledger(Budget(calls=7, rounds=100))
    outcomes: list[Any] = []

    async def solve(problem: str) -> None:
        outcomes.append(
            await modulo.solve(
                graph_of(Counts()), problem, within=batch, budget=Budget(calls=5), strategy=Refine(width=2)
            )
        )

    async with anyio.create_task_group() as tasks:
        for problem in "abc":
            tasks.start_soon(solve, problem)
    assert {outcome.stop_reason for outcome in outcomes} == {StopReason.CALLS_LIMIT}
    assert sum(outcome.usage.calls for outcome in outcomes) == batch.spent.calls == 7
    assert batch.spent.rounds == sum(outcome.usage.rounds for outcome in outcomes)
    assert batch.spent.attempts == 7
    assert batch.reserved == Usage()


@pytest.mark.anyio
@pytest.mark.parametrize("limit", ["rounds", "attempts", "calls"])
async def test_the_limits_of_a_session_hold_for_a_run_in_a_batch(limit: str) -> None:
    session = Ledger(Budget(**{limit: 4}))
    batch = Ledger(Budget(calls=50), parent=session)
    first = await modulo.solve(graph_of(["ko", "ko", "ok"]), "p", within=batch)
    second = await modulo.solve(graph_of(Counts()), "p", within=batch)
    assert isinstance(first, Certified)
    assert second.stop_reason is StopReason.of_limit(limit)
    assert getattr(second.usage, limit) == 1


@pytest.mark.anyio
async def test_the_deadline_of_a_batch_holds_for_its_runs() -> None:
    clock = ManualClock()
    batch = Ledger(Budget(seconds=10), clock=clock)
    clock.advance(4)
    generator = Gated()
    outcomes: list[Any] = []

    async def solve() -> None:
        outcomes.append(
            await modulo.solve(graph_of(generator), "p", within=batch, clock=clock, budget=Budget(seconds=60))
        )

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(solve)
        await until(lambda: generator.waiting)
        clock.advance(5.9)
        await a_while()
        assert outcomes == []
        clock.advance(0.1)
    assert outcomes[0].stop_reason is StopReason.SECONDS_LIMIT
    assert outcomes[0].seconds == 6


@pytest.mark.anyio
async def test_a_run_that_ends_by_an_exception_gives_back_what_it_held() -> None:
    class Breaks(Strategy):
        def ask(self, tree: Tree, n: int) -> Sequence[Expansion]:
            raise ZeroDivisionError

    batch = Ledger()
    trace = modulo.Trace()
    with pytest.raises(ProgramError):
        await modulo.solve(graph_of(["ok"]), "p", strategy=Breaks(), within=batch, trace=trace)
    assert batch.reserved == batch.spent == Usage()
    (end,) = [event for event in trace.events if isinstance(event, RunFinished)]
    assert end.stop_reason is StopReason.ERROR
    assert end.error == "ProgramError: the strategy 'Breaks' failed: ZeroDivisionError"
