"""The loop: why it stops, what it never exceeds, and what is left behind when it is cut off."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
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
    Generation,
    Graph,
    Ledger,
    Refine,
    Remark,
    StopReason,
    Usage,
    Violation,
)
from modulo.errors import AuthenticationFailed, ConnectionLost, GeneratorDepleted, RateLimited, RequestRejected
from modulo.events import AttemptFinished, Event, GenerationStarted, RunFinished, RunStarted
from modulo.protocols import Expansion, Request, SoftCritic, Strategy
from modulo.running.retrying import Retries
from modulo.testing import ManualClock, ScriptedGenerator
from modulo.tree import Attempt, Tree
from tests.modulo.running.ledgers import spending_of, unconfirmed_of
from tests.modulo.waiting import a_while, until


@modulo.critic(proves="it is ok", runs_in="loop")
def is_ok(problem: Any, candidate: Any) -> Iterator[Violation]:
    if not str(candidate).startswith("ok"):
        yield Violation("not_ok", f"{candidate!r} is not 'ok'.")


class Counts(ScriptedGenerator):
    """Answers with the number of the call, and knows how many were in flight at once."""

    def __init__(self, *, bill: Usage | None = None, worst_case: Usage | None = None, **options: Any) -> None:
        super().__init__(
            lambda request: Generation(text=f"{request.node} {request.turn}", usage=bill or Usage(calls=1)),
            worst_case=worst_case or bill,
            **options,
        )
        self.in_flight = 0
        self.most_in_flight = 0

    async def generate(self, request: Request) -> Generation:
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            for _ in range(20):
                await anyio.lowlevel.checkpoint()
            return await super().generate(request)
        finally:
            self.in_flight -= 1


class Gated(ScriptedGenerator):
    """Answers each call when it is told to, by the call's turn."""

    def __init__(self, **options: Any) -> None:
        super().__init__([], **options)
        self.waiting: dict[tuple[str, int], anyio.Event] = {}
        self.texts: dict[tuple[str, int], str] = {}
        self.cancelled: list[tuple[str, int]] = []

    async def generate(self, request: Request) -> Generation:
        key = (request.node, request.turn)
        self.waiting[key] = anyio.Event()
        try:
            await self.waiting[key].wait()
        except BaseException:
            self.cancelled.append(key)
            raise
        return Generation(text=self.texts[key])

    def answer(self, turn: int, text: str, *, node: str = "draft") -> None:
        self.texts[node, turn] = text
        self.waiting[node, turn].set()


@dataclass(frozen=True)
class Asks(Strategy):
    """Asks for the same expansions each time."""

    expansions: tuple[Expansion, ...]

    def ask(self, tree: Tree, n: int) -> Sequence[Expansion]:
        return self.expansions


class Length(SoftCritic[Any, Any]):
    """Prefers long answers."""

    def remark(self, problem: Any, candidate: str) -> Remark:
        return Remark(score=float(len(candidate)))


def graph_of(generator: Any, *, critic: Any = is_ok, soft: SoftCritic[Any, Any] | None = None) -> Graph:
    graph = Graph("test")
    if not isinstance(generator, modulo.Generator):
        generator = ScriptedGenerator(generator)
    draft = graph.generator("draft", generator)
    graph.critic("ok", critic, reads=draft)
    if soft:
        graph.soft_critic("soft", soft, reads=draft)
    return graph


async def finished(function: Callable[[], Any], turn_clock: ManualClock) -> Any:
    """What an async function gives, turning the clock whenever everything waits for it."""
    results: list[Any] = []

    async def run() -> None:
        results.append(await function())

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(run)
        await until(lambda: results or turn_clock.sleepers)
        while not results:
            turn_clock.advance(1)
            await a_while()
    return results[0]


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
    with pytest.raises(ZeroDivisionError):
        await modulo.solve(graph_of(["ok"]), "p", strategy=Breaks(), within=batch, trace=trace)
    assert batch.reserved == batch.spent == Usage()
    (end,) = [event for event in trace.events if isinstance(event, RunFinished)]
    assert (end.stop_reason, end.error) == (StopReason.ERROR, "ZeroDivisionError: ")


# Other ends ----------------------------------------------------------------------------------------------------


@pytest.mark.anyio
async def test_a_strategy_with_nothing_left_to_try_is_stuck() -> None:
    outcome = await modulo.solve(graph_of(["ok"]), "p", strategy=Asks(()))
    assert (outcome.stop_reason, outcome.usage.rounds) == (StopReason.STUCK, 0)
    outcome = await modulo.solve(graph_of(lambda _: "ko"), "p", strategy=Refine(patience=3))
    assert (outcome.stop_reason, len(outcome.attempts)) == (StopReason.STUCK, 4)


@pytest.mark.anyio
async def test_a_generator_without_further_answers_is_stuck() -> None:
    outcome = await modulo.solve(graph_of(["ko"]), "p")
    assert (outcome.stop_reason, len(outcome.attempts)) == (StopReason.STUCK, 2)
    assert "has 1 entries" in str(outcome.error)


@pytest.mark.anyio
@pytest.mark.parametrize("error", [AuthenticationFailed("no key"), RequestRejected("no such model")], ids=repr)
async def test_a_failure_that_no_repetition_can_mend_stops_at_once(error: Exception) -> None:
    outcome = await modulo.solve(graph_of(lambda _: error), "p")
    assert (outcome.stop_reason, outcome.error) == (StopReason.ERROR, str(error))
    assert len(outcome.attempts) == outcome.usage.calls == 1


@pytest.mark.anyio
async def test_failures_in_a_row_stop_the_run_and_a_judged_attempt_starts_the_count_again() -> None:
    script = [ValueError("1"), ValueError("2"), "ko", ValueError("3"), ValueError("4"), ValueError("5"), "ok"]
    outcome = await modulo.solve(graph_of(script), "p")
    assert outcome.stop_reason is StopReason.ERROR
    assert [attempt.text for attempt in outcome.attempts] == ["", "", "ko", "", "", ""]
    assert "ValueError: 5" in str(outcome.error)


@pytest.mark.anyio
async def test_of_several_generators_one_that_fails_for_good_does_not_stop_the_others() -> None:
    graph = Graph("test")
    bad = graph.generator("bad", ScriptedGenerator(lambda _: AuthenticationFailed("no key")))
    good = graph.generator("good", ScriptedGenerator(["ko", "ko", "ok"]))
    graph.critic("ok", is_ok, reads=bad | good)
    outcome = await modulo.solve(graph, "p")
    assert isinstance(outcome, Certified)


# First and best ------------------------------------------------------------------------------------------------


@pytest.mark.anyio
async def test_the_first_certified_answer_cancels_its_siblings() -> None:
    generator = Gated(worst_case=Usage(calls=1, completion_tokens=7))
    trace = modulo.Trace()
    outcomes: list[Any] = []

    async def solve() -> None:
        outcomes.append(await modulo.solve(graph_of(generator), "p", strategy=Refine(width=3), trace=trace))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(solve)
        await until(lambda: len(generator.waiting) == 3)
        generator.answer(1, "ok")
    (outcome,) = outcomes
    assert isinstance(outcome, Certified)
    assert sorted(generator.cancelled) == [("draft", 0), ("draft", 2)]
    assert [attempt.id for attempt in outcome.attempts] == [1]
    assert outcome.usage == Usage(rounds=1, attempts=1, calls=3)
    assert outcome.unconfirmed == Usage(completion_tokens=14)
    assert_ledger_adds_up(outcome, trace.events)


@pytest.mark.anyio
async def test_of_answers_certified_in_the_same_tick_the_first_one_asked_for_wins() -> None:
    for order in ((0, 1, 2), (2, 1, 0), (1, 2, 0)):
        generator = Gated()
        outcomes: list[Any] = []

        async def solve(generator: Gated = generator, outcomes: list[Any] = outcomes) -> None:
            outcomes.append(await modulo.solve(graph_of(generator), "p", strategy=Refine(width=3)))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(solve)
            await until(lambda generator=generator: len(generator.waiting) == 3)
            for turn in order:
                generator.answer(turn, f"ok {turn}")
        (outcome,) = outcomes
        certified = [attempt for attempt in outcome.attempts if attempt.accepted]
        assert outcome.solution == certified[0].text
        assert certified[0].id == min(attempt.id for attempt in certified)


@pytest.mark.anyio
async def test_the_best_certified_answer_wins_when_the_budget_is_gone() -> None:
    script = ["ok 1", "ok 333", "a very long one that is not certified", "ok 22"]
    outcome = await modulo.solve(graph_of(script, soft=Length()), "p", select="best", budget=Budget(rounds=4))
    assert isinstance(outcome, Certified)
    assert outcome.solution == "ok 333"
    assert len(outcome.attempts) == 4
    assert [attempt.score for attempt in outcome.attempts] == [4, 6, 37, 5]


@pytest.mark.anyio
@pytest.mark.parametrize("budget", [Budget(calls=2), Budget(attempts=2), Budget(tokens=20), Budget(rounds=2)])
async def test_the_best_certified_answer_wins_at_whatever_limit(budget: Budget) -> None:
    bill = Usage(calls=1, completion_tokens=10)
    script = [Generation(text="ok long", usage=bill), Generation(text="ok", usage=bill)]
    generator = ScriptedGenerator(script, worst_case=bill, repeats_last=True)
    outcome = await modulo.solve(graph_of(generator, soft=Length()), "p", select="best", budget=budget)
    assert isinstance(outcome, Certified)
    assert outcome.solution == "ok long"


@pytest.mark.anyio
async def test_of_equally_good_answers_the_first_one_asked_for_wins() -> None:
    outcome = await modulo.solve(
        graph_of(["ok 1", "ok 2", "ok 3"], soft=Length()), "p", select="best", budget=Budget(rounds=3)
    )
    assert isinstance(outcome, Certified)
    assert outcome.solution == "ok 1"


@pytest.mark.anyio
async def test_a_certified_answer_is_not_lost_when_later_calls_fail() -> None:
    script: list[Any] = ["ok", ValueError("1"), ValueError("2"), ValueError("3")]
    outcome = await modulo.solve(graph_of(script, soft=Length()), "p", select="best", budget=Budget(rounds=9))
    assert isinstance(outcome, Certified)
    assert len(outcome.attempts) == 4


@pytest.mark.anyio
async def test_without_a_certified_answer_the_best_is_none() -> None:
    outcome = await modulo.solve(
        graph_of(["a very good one", "ko"], soft=Length()), "p", select="best", budget=Budget(rounds=2)
    )
    assert isinstance(outcome, Exhausted)
    assert outcome.stop_reason is StopReason.ROUNDS_LIMIT


@pytest.mark.anyio
async def test_a_proof_that_there_is_no_solution_is_never_the_best_one() -> None:
    """Critics that contradict each other; whatever comes of it, the claim must not be sold as a solution."""

    class Grumbles(SoftCritic[Any, Any]):
        def remark(self, problem: Any, candidate: str) -> Remark:
            return Remark(score=-1.0)

    graph = Graph("test")
    draft = graph.generator("draft", ScriptedGenerator(["ok", "none"]))
    parsed = graph.reformulator(
        "parsed", lambda text: modulo.NO_SOLUTION if text == "none" else text, reads=draft
    )
    graph.critic("ok", is_ok, reads=parsed)
    unsolvable = modulo.critic(proves="there is none", judges="unsolvability")(lambda problem, candidate: [])
    graph.critic("none", unsolvable, reads=parsed)
    graph.soft_critic("soft", Grumbles(), reads=parsed)
    outcome = await modulo.solve(graph, "p", select="best", budget=Budget(rounds=2))
    assert isinstance(outcome, Certified)
    assert outcome.solution == "ok"


# Being cut off -------------------------------------------------------------------------------------------------


@pytest.mark.anyio
async def test_a_deadline_ends_the_run_with_the_work_so_far() -> None:
    clock = ManualClock()
    generator = Gated(worst_case=Usage(calls=1, completion_tokens=7))
    outcomes: list[Any] = []
    trace = modulo.Trace()

    async def solve() -> None:
        outcomes.append(
            await modulo.solve(
                graph_of(generator),
                "p",
                clock=clock,
                budget=Budget(seconds=10),
                strategy=Refine(width=2),
                trace=trace,
            )
        )

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(solve)
        await until(lambda: len(generator.waiting) == 2)
        generator.answer(0, "ko")
        generator.answer(1, "ko too")
        await until(lambda: len(generator.waiting) == 4)
        generator.answer(3, "judged before the end")
        await until(lambda: "attempt_finished" in [event.type for event in trace.events[-1:]])
        clock.advance(10)
    (outcome,) = outcomes
    assert outcome.stop_reason is StopReason.SECONDS_LIMIT
    assert [attempt.text for attempt in outcome.attempts] == ["ko", "ko too", "judged before the end"]
    assert outcome.usage == Usage(rounds=2, attempts=3, calls=4)
    assert outcome.unconfirmed == Usage(completion_tokens=7)
    assert outcome.seconds == 10
    assert_ledger_adds_up(outcome, trace.events)


@pytest.mark.anyio
async def test_a_loop_that_never_waits_is_ended_by_its_deadline_and_lets_others_work() -> None:
    """Neither this generator nor its critic ever gives way."""
    turns = 0

    async def never_waits(request: Request) -> str:
        nonlocal turns
        turns += 1
        return f"{turns}"

    async def solve() -> None:
        outcome = await modulo.solve("p", generator=never_waits, critics=[is_ok], budget=Budget(seconds=0.2))
        assert outcome.stop_reason is StopReason.SECONDS_LIMIT
        tasks.cancel_scope.cancel()

    others_turns = 0
    with anyio.fail_after(20):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(solve)
            while True:
                await anyio.lowlevel.checkpoint()
                others_turns += 1
    assert others_turns > 5


class Waits:
    """Everything that a run can wait in, blocking at one chosen point."""

    points = (
        "generator",
        "retry",
        "budget",
        "reformulator",
        "critic",
        "thread critic",
        "soft critic",
        "prepare",
    )

    def __init__(self, point: str) -> None:
        self.point = point
        self.is_there = anyio.Event()
        self.may_end = threading.Event()
        self.clock = ManualClock()

    async def at(self, point: str) -> None:
        if point == self.point:
            self.is_there.set()
            await anyio.sleep_forever()

    def run(self, batch: Ledger, trace: modulo.Trace, width: int) -> Any:
        waits = self

        class Generator(ScriptedGenerator):
            async def prepare(self, limits: Callable[[str], bool]) -> None:
                await waits.at("prepare")

            def worst_case(self, request: Request, samples: int = 1) -> Usage:
                if waits.point == "budget":
                    waits.is_there.set()
                return Usage(calls=1, completion_tokens=60)

            async def generate(self, request: Request) -> Generation:
                await waits.at("generator")
                if waits.point == "retry":
                    waits.is_there.set()
                    raise ConnectionLost("again")
                return Generation(text="ok")

        async def convert(text: str) -> str:
            await waits.at("reformulator")
            return text

        class Critic(modulo.Critic[Any, Any]):
            proves = "something"

            async def critique(self, problem: Any, candidate: Any) -> list[Violation]:
                await waits.at("critic")
                return []

        class Soft(SoftCritic[Any, Any]):
            async def remark(self, problem: Any, candidate: Any) -> Remark:
                await waits.at("soft critic")
                return Remark(score=0.0)

        def in_a_thread(problem: Any, candidate: Any) -> list[Violation]:
            if waits.point == "thread critic":
                anyio.from_thread.run_sync(waits.is_there.set)
                waits.may_end.wait(20)
            return []

        graph = Graph("test")
        draft = graph.generator("draft", Generator([]))
        answer = graph.reformulator("answer", convert, reads=draft)
        graph.critic("critic", Critic(), reads=answer)
        graph.critic("thread", modulo.critic(proves="more", runs_in="thread")(in_a_thread), reads=answer)
        graph.soft_critic("soft", Soft(), reads=answer)
        return modulo.solve(
            graph,
            "p",
            within=batch,
            trace=trace,
            strategy=Refine(width=width),
            select="best",
            budget=Budget(rounds=1),
            clock=self.clock,
        )


@pytest.mark.anyio
@pytest.mark.parametrize("point", Waits.points)
@pytest.mark.parametrize("width", [1, 2])
async def test_a_run_cancelled_wherever_it_waits_leaves_its_books_in_order(point: str, width: int) -> None:
    batch, trace, waits = Ledger(Budget(tokens=100)), modulo.Trace(), Waits(point)
    held = batch.reserve_now(Usage(completion_tokens=50)) if point == "budget" else None
    with anyio.fail_after(20):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(waits.run, batch, trace, width)
            await waits.is_there.wait()
            await a_while()
            tasks.cancel_scope.cancel()
    waits.may_end.set()
    if held:
        held.release()
    assert batch.reserved == Usage()
    assert batch.spent.calls == spending_of(trace.events).calls
    assert batch.unconfirmed == unconfirmed_of(trace.events)
    if point == "prepare":
        assert trace.events == []
        return
    (end,) = [event for event in trace.events if isinstance(event, RunFinished)]
    assert end.stop_reason is StopReason.CANCELLED
    assert trace.events[-1] is end


@pytest.mark.parametrize("point", [point for point in Waits.points if point != "prepare"])
@pytest.mark.parametrize("width", [1, 2])
def test_a_task_of_asyncio_cancelled_wherever_it_waits_leaves_its_books_in_order(
    point: str, width: int
) -> None:
    async def run() -> None:
        batch, trace, waits = Ledger(Budget(tokens=100)), modulo.Trace(), Waits(point)
        held = batch.reserve_now(Usage(completion_tokens=50)) if point == "budget" else None
        task = asyncio.create_task(waits.run(batch, trace, width))
        await waits.is_there.wait()
        await a_while()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        waits.may_end.set()
        if held:
            held.release()
        assert batch.reserved == Usage()
        assert batch.spent.calls == spending_of(trace.events).calls
        assert isinstance(trace.events[-1], RunFinished)
        assert trace.events[-1].stop_reason is StopReason.CANCELLED
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(run())


# Events --------------------------------------------------------------------------------------------------------


@pytest.mark.anyio
async def test_the_events_tell_the_run_from_start_to_end() -> None:
    trace = modulo.Trace()
    outcome = await modulo.solve(graph_of(["ko", "ok"]), "p", trace=trace, seed=7, budget=Budget(rounds=5))
    assert [event.type for event in trace.events] == [
        "run_started",
        "generation_started",
        "budget_reserved",
        "budget_settled",
        "generation_finished",
        "candidate_reformulated",
        "critique",
        "attempt_finished",
        "backprompt",
        "generation_started",
        "budget_reserved",
        "budget_settled",
        "generation_finished",
        "candidate_reformulated",
        "critique",
        "attempt_finished",
        "certified",
        "run_finished",
    ]
    start, end = trace.events[0], trace.events[-1]
    assert isinstance(start, RunStarted)
    assert isinstance(end, RunFinished)
    assert start.settings["seed"] == 7
    assert start.settings["soft_critics"] == {}
    assert isinstance(start.settings["budget"], Mapping)
    assert start.settings["budget"]["rounds"] == 5
    assert (end.stop_reason, end.attempt, end.usage) == (StopReason.CERTIFIED, 1, outcome.usage)
    assert_ledger_adds_up(outcome, trace.events)


@pytest.mark.anyio
async def test_generations_are_announced_in_the_order_of_asking() -> None:
    trace = modulo.Trace()
    await modulo.solve(graph_of(Counts()), "p", trace=trace, strategy=Refine(width=5), budget=Budget(rounds=3))
    started = [event.attempt for event in trace.events if isinstance(event, GenerationStarted)]
    assert started == list(range(15))


@pytest.mark.anyio
async def test_times_are_those_of_the_injected_clock_and_begin_with_the_run() -> None:
    clock = ManualClock()
    clock.advance(1000)

    async def takes_three_seconds(request: Request) -> str:
        clock.advance(3)
        return "ok"

    trace = modulo.Trace()
    outcome = await modulo.solve("p", generator=takes_three_seconds, critics=[is_ok], clock=clock, trace=trace)
    assert isinstance(outcome, Certified)
    assert outcome.seconds == 3
    assert outcome.certificate.created_at == "2026-01-01T00:16:43+00:00"
    (finish,) = [event.at for event in trace.events if isinstance(event, AttemptFinished)]
    assert finish == 3


@pytest.mark.anyio
async def test_a_strategy_hears_of_every_attempt_in_the_order_of_asking() -> None:
    heard: list[int] = []

    class Listens(Refine):
        def tell(self, tree: Tree, attempt: Attempt) -> None:
            heard.append(attempt.id)
            assert tree.attempts[-1] is attempt

    await modulo.solve(graph_of(Counts()), "p", strategy=Listens(width=4), budget=Budget(rounds=3))
    assert heard == list(range(12))


def assert_ledger_adds_up(outcome: Any, events: Sequence[Event]) -> None:
    """Usage and unconfirmed amounts are the sums of what the events say."""
    spent = spending_of(events)
    assert outcome.usage.calls == spent.calls
    assert outcome.usage.tokens == spent.tokens
    assert outcome.usage.cost_usd == pytest.approx(spent.cost_usd)
    assert outcome.unconfirmed == unconfirmed_of(events)


@pytest.mark.anyio
async def test_a_recording_that_runs_dry_among_several_conversations_is_stuck() -> None:
    outcome = await modulo.solve(graph_of(lambda _: GeneratorDepleted("dry")), "p", strategy=Refine(width=3))
    assert outcome.stop_reason is StopReason.STUCK
