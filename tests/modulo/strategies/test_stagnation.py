"""Stagnation: what brings nothing new is given up, and what follows is different."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import modulo
from modulo import Certified, Exhausted, Models, Refine, StopReason
from modulo.critique import Critique, Verdict, Violation
from modulo.protocols import Request
from modulo.strategies.stagnation import stagnation
from modulo.testing import ScriptedGenerator
from modulo.tree import Attempt, Tree
from tests.modulo.loops import graph_of
from tests.modulo.strategies.runs import assert_replays, run
from tests.modulo.strategies.test_refine import guess, tree_of


def fault(message: str) -> tuple[Critique, ...]:
    return (Critique(Verdict.REJECT, (Violation("wrong", message),), critic="is_target"),)


def chain_of(*answers: int, faults: str = "") -> tuple[Tree, list[Attempt]]:
    """A conversation of these answers, and of the fault of each, where faults are told apart."""
    made = [
        guess(
            i, value, parent=i - 1 if i else None, critiques=fault(faults[i] if faults else f"{value} is wrong")
        )
        for i, value in enumerate(answers)
    ]
    return tree_of(*made), made


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ((1, 2, 3), [0, 0, 0]),
        ((1, 1, 1), [0, 1, 2]),
        ((1, 2, 1, 2), [0, 0, 1, 2]),
        ((1, 2, 1, 3), [0, 0, 1, 0]),
    ],
)
def test_an_answer_that_was_given_before_is_nothing_new(answers: tuple[int, ...], expected: list[int]) -> None:
    tree, made = chain_of(*answers)
    assert [stagnation(tree, attempt) for attempt in made] == expected


def test_the_very_same_fault_is_nothing_new() -> None:
    tree, made = chain_of(1, 2, 3, 4, faults="aabb")
    assert [stagnation(tree, attempt) for attempt in made] == [0, 1, 0, 1]


@given(answers=st.lists(st.integers(0, 3), min_size=1, max_size=12), order=st.randoms(use_true_random=False))
def test_it_does_not_matter_when_it_is_asked_for(answers: list[int], order: Any) -> None:
    tree, made = chain_of(*answers)
    forwards = [stagnation(tree, attempt) for attempt in made]
    again, same = chain_of(*answers)
    shuffled = list(range(len(same)))
    order.shuffle(shuffled)
    found = {i: stagnation(again, same[i]) for i in shuffled}
    assert [found[i] for i in range(len(same))] == forwards


@pytest.mark.anyio
async def test_a_conversation_that_brings_nothing_new_is_given_up_for_a_new_one() -> None:
    script = ["no a", "no b", "no a", "no b", "ok"]
    outcome = await run(script, Refine(stale_after=2))
    assert isinstance(outcome, Certified)
    assert [attempt.parent for attempt in outcome.attempts] == [None, 0, 1, 2, None]


@pytest.mark.anyio
async def test_after_so_many_fresh_starts_it_is_stuck() -> None:
    generator = ScriptedGenerator(["no"], repeats_last=True)
    outcome = await run(generator, Refine(stale_after=2, fresh_starts=2))
    assert isinstance(outcome, Exhausted)
    assert (outcome.stop_reason, len(outcome.attempts)) == (StopReason.STUCK, 9)


@pytest.mark.anyio
async def test_a_fresh_start_asks_the_next_model() -> None:
    def answer(request: Request) -> str:
        return "ok" if request.sampling.model == "other" else "no"

    models = Models({name: ScriptedGenerator(answer) for name in ("first", "other")})
    outcome = await run(models, Refine(stale_after=1))
    assert isinstance(outcome, Certified)
    assert [attempt.sampling.model for attempt in outcome.attempts] == ["first", "first", "other"]


@pytest.mark.anyio
async def test_answers_that_bring_nothing_new_raise_the_temperature() -> None:
    outcome = await run(["no a", "no b", "no a", "no b", "ok"], Refine(heats=True))
    heats = [attempt.sampling.temperature for attempt in outcome.attempts]
    assert heats[:3] == [None, None, None]
    assert heats[3] is not None
    assert heats[4] is not None
    assert heats[3] < heats[4]


@pytest.mark.anyio
async def test_of_several_candidates_a_round_the_one_with_the_fewest_violations_is_gone_on_with() -> None:
    @modulo.critic(proves="it has no x", runs_in="loop")
    def no_x(problem: Any, candidate: str) -> Any:
        for place, letter in enumerate(candidate):
            if letter == "x":
                yield Violation("x", f"There is an x at {place}.")

    script = ["xxx", "xa", "xxxx", "xb", "xxc", "xx", "abc"]
    generator = ScriptedGenerator(script, repeats_last=True, keeps_requests=True)
    outcome = await modulo.solve(graph_of(generator, critic=no_x), "problem", strategy=Refine(candidates=3))
    assert isinstance(outcome, Certified)
    assert [a.parent for a in outcome.attempts] == [None] * 3 + [1] * 3 + [3]


@pytest.mark.anyio
async def test_wide_conversations_of_several_candidates_keep_apart() -> None:
    generator = ScriptedGenerator(lambda request: f"no {request.turn}")
    outcome = await run(generator, Refine(candidates=2, width=2), budget=modulo.Budget(rounds=3))
    assert [a.parent for a in outcome.attempts] == [None] * 4 + [0, 0, 2, 2, 4, 4, 6, 6]


@pytest.mark.anyio
@pytest.mark.parametrize(
    "strategy",
    [Refine(stale_after=2, heats=True), Refine(candidates=3, width=2), Refine(stale_after=1, width=3)],
)
async def test_they_are_replayed_from_their_traces(strategy: Refine, tmp_path: Path) -> None:
    script = [f"no {i % 3}" for i in range(200)]
    await assert_replays(lambda: ScriptedGenerator(script), strategy, tmp_path / "trace.jsonl")
