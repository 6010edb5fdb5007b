"""Effort ladders and cascades: from cheap to dear as critics reject."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import modulo
from modulo import (
    Cascade,
    Certified,
    ConfigurationError,
    EffortLadder,
    Exhausted,
    Generation,
    Models,
    Router,
    StopReason,
)
from modulo.errors import GenerationTimeout
from modulo.protocols import Request
from modulo.testing import ScriptedGenerator
from tests.modulo.loops import is_ok
from tests.modulo.strategies.runs import assert_replays, run

pytestmark = pytest.mark.anyio


def answers_of(accepting: str) -> ScriptedGenerator:
    """Answers rightly from some effort on, and never twice the same."""

    def answer(request: Request) -> str:
        effort = request.sampling.reasoning_effort or "none"
        return f"ok {effort}" if effort == accepting else f"no {effort} {request.turn}"

    return ScriptedGenerator(answer)


def small_and_large() -> Models:
    small = ScriptedGenerator(lambda request: f"no {request.turn}", keeps_requests=True)
    return Models({"small": small, "large": ScriptedGenerator(lambda _: "ok large", keeps_requests=True)})


async def test_effort_is_raised_only_when_critics_reject() -> None:
    outcome = await run(answers_of("medium"), EffortLadder())
    assert isinstance(outcome, Certified)
    assert [a.sampling.reasoning_effort for a in outcome.attempts] == ["low", "medium"]
    assert [a.parent for a in outcome.attempts] == [None, 0]


async def test_each_effort_has_its_tries() -> None:
    outcome = await run(answers_of("high"), EffortLadder(efforts=("low", "high"), tries=3))
    assert [a.sampling.reasoning_effort for a in outcome.attempts] == ["low"] * 3 + ["high"]


async def test_after_the_highest_effort_there_is_nothing_left_to_try() -> None:
    outcome = await run(answers_of("none at all"), EffortLadder())
    assert isinstance(outcome, Exhausted)
    assert (outcome.stop_reason, len(outcome.attempts)) == (StopReason.STUCK, 3)


async def test_longer_answers_go_with_more_effort() -> None:
    outcome = await run(answers_of("high"), EffortLadder(max_output_tokens=(10, 20, 30)))
    assert [a.sampling.max_output_tokens for a in outcome.attempts] == [10, 20, 30]


async def test_a_budget_of_thinking_takes_the_place_of_efforts() -> None:
    generator = ScriptedGenerator(
        lambda request: "ok" if request.sampling.thinking_tokens == 4096 else f"no {request.turn}"
    )
    outcome = await run(generator, EffortLadder(thinking_tokens=(1024, 4096, 16_000)))
    assert isinstance(outcome, Certified)
    asked = [(a.sampling.thinking_tokens, a.sampling.reasoning_effort) for a in outcome.attempts]
    assert asked == [(1024, None), (4096, None)]


@pytest.mark.parametrize("thinking_tokens", [(0,), ("many",), (True,), (2**60,), "low"])
def test_budgets_of_thinking_are_whole_numbers(thinking_tokens: Any) -> None:
    with pytest.raises(ConfigurationError, match="thinking_tokens"):
        EffortLadder(thinking_tokens=thinking_tokens)


async def test_efforts_can_begin_anew_each_time() -> None:
    outcome = await run(answers_of("high"), EffortLadder(keeps_conversation=False))
    assert [a.parent for a in outcome.attempts] == [None] * 3


async def test_the_cheap_model_is_asked_first_and_the_dear_one_on_evidence() -> None:
    outcome = await run(small_and_large(), Cascade(tries=2))
    assert isinstance(outcome, Certified)
    assert [a.sampling.model for a in outcome.attempts] == ["small", "small", "large"]
    assert [a.parent for a in outcome.attempts] == [None, 0, None]


@pytest.mark.parametrize(
    ("conversation", "parents"),
    [("own", [None, 0, None, 2]), ("whole", [None, 0, 1, 2]), ("none", [None] * 4)],
)
async def test_what_a_model_sees_of_others_can_be_chosen(conversation: Any, parents: list[int | None]) -> None:
    models = {name: ScriptedGenerator(lambda request, name=name: f"no {name} {request.turn}") for name in "ab"}
    outcome = await run(Models(models), Cascade(conversation=conversation))
    assert [a.sampling.model for a in outcome.attempts] == ["a", "a", "b", "b"]
    assert [a.parent for a in outcome.attempts] == parents


@pytest.mark.parametrize("strategy", [Cascade(conversation="whole"), Router(conversation="whole")])
async def test_racing_generators_have_no_conversation_together(strategy: Any) -> None:
    graph = modulo.Graph("test")
    small = graph.generator("small", ScriptedGenerator(["no"]), prompt=lambda problem: problem)
    large = graph.generator("large", ScriptedGenerator(["ok"]), prompt=lambda problem: problem)
    graph.critic("ok", is_ok, reads=small | large)
    with pytest.raises(ConfigurationError, match="a generator of its own, with its own prompt"):
        await modulo.solve(graph, "p", strategy=strategy)


async def test_a_repeated_answer_calls_for_the_next_model_at_once() -> None:
    models = Models(
        {"small": ScriptedGenerator(["no"], repeats_last=True), "large": ScriptedGenerator(["ok"] * 9)}
    )
    outcome = await run(models, Cascade(tries=5))
    assert [a.sampling.model for a in outcome.attempts] == ["small", "small", "large"]


async def test_a_call_that_failed_is_no_evidence_against_the_model() -> None:
    script: list[Any] = [GenerationTimeout("late"), Generation(text="ok")]
    outcome = await run(Models({"small": ScriptedGenerator(script)}), Cascade(tries=1))
    assert isinstance(outcome, Certified)


async def test_the_order_of_models_can_be_chosen() -> None:
    outcome = await run(small_and_large(), Cascade(models=("large", "small")))
    assert [a.sampling.model for a in outcome.attempts] == ["large"]


async def test_a_model_that_is_not_there_is_named() -> None:
    with pytest.raises(
        ConfigurationError, match="Cascade: huge is no model or generator here; there are small"
    ):
        await run(small_and_large(), Cascade(models=("huge",)))


@pytest.mark.parametrize(
    "strategy", [Cascade(tries=1), EffortLadder(efforts=("low", "high")), EffortLadder(thinking_tokens=(9, 99))]
)
async def test_they_are_replayed_from_their_traces(strategy: Any, tmp_path: Path) -> None:
    await assert_replays(small_and_large, strategy, tmp_path / "trace.jsonl")


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        (EffortLadder, {"efforts": ()}),
        (EffortLadder, {"efforts": ("low", "low")}),
        (EffortLadder, {"efforts": ("low", "")}),
        (EffortLadder, {"tries": 0}),
        (EffortLadder, {"max_output_tokens": (1,)}),
        (EffortLadder, {"max_output_tokens": (1, 0, 1)}),
        (Cascade, {"models": ("a", "a")}),
        (Cascade, {"tries": None}),
    ],
)
async def test_settings_that_make_no_sense_are_refused(kind: Any, settings: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        kind(**settings)
