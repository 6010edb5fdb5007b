"""The loop: why it stops, which answer wins, and what it tells of itself."""

from __future__ import annotations

import gc
from collections.abc import Mapping
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
    Refine,
    Remark,
    StopReason,
    Usage,
)
from modulo.errors import AuthenticationFailed, GeneratorDepleted, RequestRejected
from modulo.events import AttemptFinished, GenerationStarted, RunFinished, RunStarted
from modulo.ledger import Ledger
from modulo.protocols import Request, SoftCritic
from modulo.testing import ManualClock, ScriptedGenerator
from modulo.tree import Attempt, Tree
from tests.modulo.loops import (
    Asks,
    Counts,
    Gated,
    Length,
    assert_ledger_adds_up,
    graph_of,
    is_ok,
)
from tests.modulo.waiting import until

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


@pytest.mark.anyio
async def test_a_recording_that_runs_dry_among_several_conversations_is_stuck() -> None:
    outcome = await modulo.solve(graph_of(lambda _: GeneratorDepleted("dry")), "p", strategy=Refine(width=3))
    assert outcome.stop_reason is StopReason.STUCK


# What a run leaves behind -----------------------------------------------------------------------------------------


@pytest.mark.anyio
@pytest.mark.parametrize("keeps_trace", [False, True])
async def test_a_run_that_is_over_is_freed_without_the_garbage_collector(keeps_trace: bool) -> None:
    async def run() -> None:
        trace = modulo.Trace() if keeps_trace else None
        await modulo.solve(graph_of(["ko", "ko", "ok"]), "p", trace=trace)

    await run()  # loads modules
    gc.collect()
    before = _trees_and_ledgers()  # of other tests, which may be held still
    gc.disable()
    try:
        await run()
        left = _trees_and_ledgers()
    finally:
        gc.enable()
    assert len(left) == len(before)


def _trees_and_ledgers() -> list[object]:
    return [thing for thing in gc.get_objects() if isinstance(thing, (Tree, Ledger))]
