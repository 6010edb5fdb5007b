"""Searches over partial answers, on a lock whose digits click one by one, and over whole answers."""

from __future__ import annotations

from pathlib import Path

import pytest

import modulo
from modulo import ABMCTS, BeamSearch, BestOfN, Budget, Certified, Exhausted, StopReason, Strategy, TreeSearch
from modulo.errors import ConfigurationError, ContextOverflow
from modulo.protocols import Expansion, Request
from modulo.testing import ScriptedGenerator
from modulo.tree import Tree
from tests.modulo.loops import graph_of
from tests.modulo.strategies.runs import assert_replays
from tests.modulo.strategies.stepping import KnowsDigits, lock

pytestmark = pytest.mark.anyio

PROBLEM = "31415926"
SEARCHES = [BeamSearch(), TreeSearch(), TreeSearch(width=4), BeamSearch(width=1, samples=1, restarts=20)]


async def opened(strategy: Strategy, *, by_steps: bool = True, seeds: int = 20) -> int:
    """How many locks are opened with 40 calls each by a model that knows every second digit."""
    count = 0
    for seed in range(seeds):
        graph = lock(KnowsDigits(0.5, seed), by_steps=by_steps)
        outcome = await modulo.solve(graph, PROBLEM, strategy=strategy, budget=Budget(calls=40))
        count += isinstance(outcome, Certified)
    return count


@pytest.mark.parametrize("strategy", [BeamSearch(), TreeSearch(), TreeSearch(width=4)])
async def test_searching_by_steps_solves_what_resampling_does_not_at_the_same_number_of_calls(
    strategy: Strategy,
) -> None:
    # A sample is right with 1 in 256, so that 40 of them are enough for one problem in seven.
    assert await opened(BestOfN(n=40)) <= 8
    assert await opened(strategy) >= 18


@pytest.mark.parametrize("strategy", SEARCHES)
async def test_what_was_found_is_put_before_the_answer_and_the_rest_is_asked_for(strategy: Strategy) -> None:
    generator = ScriptedGenerator(["31400000", *["15926"] * 9], repeats_last=True)
    outcome = await modulo.solve(lock(generator), PROBLEM, strategy=strategy, budget=Budget(calls=20), seed=1)
    assert isinstance(outcome, Certified)
    asked = {request.prefix: request.messages[-1].content for request in generator.requests}
    assert asked["314|"] == "It begins with 314|. Go on."
    assert asked[""] == PROBLEM


@pytest.mark.parametrize("strategy", [ABMCTS(patience=None), TreeSearch(patience=None), BeamSearch()])
@pytest.mark.parametrize("room", [1, 3])
async def test_conversations_that_become_too_long_do_not_end_a_search(strategy: Strategy, room: int) -> None:
    def answers(request: Request) -> str:
        if len(request.messages) > room:
            raise ContextOverflow("too long")
        return "ok" if request.turn > 60 else f"no {request.turn}"

    graph = graph_of(ScriptedGenerator(answers))
    outcome = await modulo.solve(graph, "p", strategy=strategy, budget=Budget(calls=1000))
    assert isinstance(outcome, Certified)
    assert sum(attempt.error_kind == "context_overflow" for attempt in outcome.attempts) > 3


async def test_where_every_conversation_is_too_long_that_ends_the_run() -> None:
    def answers(request: Request) -> str:
        if request.turn:
            raise ContextOverflow("too long")
        return "no"

    outcome = await modulo.solve(
        graph_of(ScriptedGenerator(answers)), "p", strategy=OnAndOn(), budget=Budget(rounds=1000)
    )
    assert isinstance(outcome, Exhausted)
    assert outcome.stop_reason is StopReason.ERROR
    assert len(outcome.attempts) == 25


class OnAndOn(Strategy):
    """Goes on from the first attempt for ever."""

    def ask(self, tree: Tree, n: int) -> list[Expansion]:
        return [Expansion(node="draft", parent=0 if tree.attempts else None)]


@pytest.mark.parametrize("strategy", SEARCHES)
async def test_a_complete_beginning_is_judged_next(strategy: Strategy) -> None:
    generator = ScriptedGenerator(["3000000", *["314159267"] * 20])
    outcome = await modulo.solve(lock(generator), PROBLEM, strategy=strategy, budget=Budget(calls=25))
    assert isinstance(outcome, Exhausted)
    asked = [request.prefix for request in generator.requests]
    assert "31415926|" in asked[: 12 if isinstance(strategy, BeamSearch) else 6]
    assert asked.count("31415926|") <= 3


@pytest.mark.parametrize("strategy", SEARCHES)
async def test_without_steps_the_answer_with_the_fewest_violations_is_repaired_first(
    strategy: Strategy,
) -> None:
    def answer(request: Request) -> str:
        rejected = [message.content for message in request.messages if message.role == "assistant"]
        return (
            "31415926"
            if rejected and rejected[-1] == "31415900"
            else ("99999999", "31415900")[request.turn % 2]
        )

    generator = ScriptedGenerator(answer)
    graph = lock(generator, by_steps=False)
    outcome = await modulo.solve(graph, PROBLEM, strategy=strategy, budget=Budget(calls=30))
    assert isinstance(outcome, Certified)


async def test_a_beam_is_asked_out_before_the_next_one_begins() -> None:
    generator = ScriptedGenerator(["39999999", "31999999", "99999999", "99999999"], repeats_last=True)
    strategy = BeamSearch(width=1, samples=2, restarts=1)
    outcome = await modulo.solve(lock(generator), PROBLEM, strategy=strategy, budget=Budget(calls=30))
    assert isinstance(outcome, Exhausted)
    assert outcome.stop_reason is StopReason.STUCK
    asked = [request.prefix for request in generator.requests]
    assert asked == ["", "", "31|", "31|", "3|", "3|", "", ""]


async def test_a_tree_search_that_finds_nothing_new_is_stuck() -> None:
    generator = ScriptedGenerator(["99999999"], repeats_last=True)
    strategy = TreeSearch(patience=7)
    outcome = await modulo.solve(lock(generator), PROBLEM, strategy=strategy, budget=Budget(calls=50))
    assert isinstance(outcome, Exhausted)
    assert (outcome.stop_reason, outcome.usage.calls) == (StopReason.STUCK, 7)


async def test_answers_asked_for_at_the_same_time_go_to_different_places() -> None:
    generator = ScriptedGenerator(["31499999", *["9"] * 40])
    graph = lock(generator)
    await modulo.solve(graph, PROBLEM, strategy=TreeSearch(width=4), budget=Budget(calls=9))
    assert len({request.prefix for request in generator.requests[4:8]}) > 1


@pytest.mark.parametrize("strategy", [*SEARCHES, modulo.Portfolio((BeamSearch(), TreeSearch()))])
async def test_searches_replay_from_their_traces(strategy: Strategy, tmp_path: Path) -> None:
    await assert_replays(lambda: ["no 1", "no 2", "no 1", "no 3"] * 10, strategy, tmp_path / "whole.jsonl")
    path = tmp_path / "steps.jsonl"
    with modulo.Trace(path) as trace:
        graph = lock(KnowsDigits(0.4, 1))
        outcome = await modulo.solve(graph, PROBLEM, strategy=strategy, trace=trace, budget=Budget(calls=30))
    replayed = await modulo.replay(path, graph=lock(KnowsDigits(0.0)))
    assert replayed.differences == ()
    assert replayed.attempts == len(outcome.attempts)


@pytest.mark.parametrize("strategy", SEARCHES)
async def test_generators_that_race_are_asked_in_turn_and_gone_on_from_with_themselves(
    strategy: Strategy,
) -> None:
    small, large = ScriptedGenerator(["no"] * 99), ScriptedGenerator(["ok"] * 99)
    models = modulo.Models({"small": small, "large": large})
    outcome = await modulo.solve(graph_of(models), "problem", strategy=strategy, budget=Budget(calls=12))
    assert isinstance(outcome, Certified)
    assert small.requests


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        (BeamSearch, {"width": 0}),
        (BeamSearch, {"samples": 1.5}),
        (BeamSearch, {"restarts": True}),
        (BeamSearch, {"temperature": -1}),
        (TreeSearch, {"exploration": -0.1}),
        (TreeSearch, {"exploration": "much"}),
        (TreeSearch, {"widening": 0}),
        (TreeSearch, {"patience": 0}),
        (TreeSearch, {"width": None}),
    ],
)
def test_settings_that_make_no_sense_are_refused(kind: type[Strategy], settings: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError):
        kind(**settings)
