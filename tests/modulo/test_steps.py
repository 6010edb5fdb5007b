"""Steps: how the rest of an answer is asked for, and what becomes of steps that fail."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

import modulo
from modulo import (
    BeamSearch,
    Beginning,
    Budget,
    Certified,
    Exhausted,
    GraphError,
    Message,
    Steps,
    StopReason,
    TreeSearch,
)
from modulo.steps import AsksForRest
from modulo.testing import ScriptedGenerator
from tests.modulo.loops import is_ok

pytestmark = pytest.mark.anyio

BEGINNING = Beginning(text="ok ", state="ok", score=0.5)


class Chats(Steps[str, str]):
    """Asks in a chat of its own."""

    def beginnings(self, problem: str, candidate: str) -> Sequence[Beginning]:
        return (BEGINNING,)

    def prompt(self, problem: str, beginning: Beginning) -> Sequence[Message]:
        return [Message("system", f"You go on from {beginning.text}"), Message("user", problem)]

    def schema(self, problem: str, beginning: Beginning) -> dict[str, Any]:
        return {"type": "string"}


class Breaks(Chats):
    """Cannot take answers apart."""

    def beginnings(self, problem: str, candidate: str) -> Sequence[Beginning]:
        raise RuntimeError(f"{candidate!r} is too strange")


class AppliesToNothing(Breaks):
    """Never asked."""

    def applies_to(self, problem: str) -> bool:
        return False


def graph_with(steps: Any, script: Any) -> tuple[modulo.Graph[Any], ScriptedGenerator]:
    generator = ScriptedGenerator(script, repeats_last=True)
    graph: modulo.Graph[Any] = modulo.Graph("steps")
    graph.critic("ok", is_ok, reads=graph.generator("draft", generator, steps=steps))
    return graph, generator


@pytest.mark.parametrize("strategy", [BeamSearch(width=1, samples=1), TreeSearch()])
async def test_the_rest_is_asked_for_in_the_words_and_by_the_schema_of_the_steps(
    strategy: modulo.Strategy,
) -> None:
    graph, generator = graph_with(Chats(), ["no", "and on"])
    outcome = await modulo.solve(graph, "problem", strategy=strategy, budget=Budget(calls=5))
    assert isinstance(outcome, Certified)
    assert outcome.solution == "ok and on"
    first, *_, last = generator.requests
    assert (first.prefix, first.schema) == ("", None)
    assert (last.prefix, last.schema) == ("ok ", {"type": "string"})
    assert last.messages == (Message("system", "You go on from ok "), Message("user", "problem"))


@pytest.mark.parametrize("strategy", [BeamSearch(), TreeSearch()])
async def test_steps_that_fail_end_the_run_with_the_work_so_far(strategy: modulo.Strategy) -> None:
    graph, _ = graph_with(Breaks(), ["no"])
    outcome = await modulo.solve(graph, "problem", strategy=strategy, budget=Budget(calls=30))
    assert isinstance(outcome, Exhausted)
    assert outcome.stop_reason is StopReason.ERROR
    assert "'no' is too strange" in str(outcome.error)
    assert outcome.attempts


@pytest.mark.parametrize("strategy", [BeamSearch(), TreeSearch()])
async def test_steps_that_do_not_apply_leave_whole_answers_to_be_repaired(strategy: modulo.Strategy) -> None:
    graph, generator = graph_with(AppliesToNothing(), ["no", "not yet", "no way", "nor this"])
    await modulo.solve(graph, "problem", strategy=strategy, budget=Budget(calls=12))
    assert {request.prefix for request in generator.requests} == {""}
    assert any(len(request.messages) == 3 for request in generator.requests)


def test_what_is_no_steps_is_a_fault_of_the_graph() -> None:
    graph, _ = graph_with("one after the other", ["no"])
    with pytest.raises(GraphError, match="generator 'draft': a str is no Steps"):
        graph.check()


def test_asking_for_the_rest_shows_no_critiques() -> None:
    backprompter = AsksForRest(Chats(), BEGINNING)
    assert not backprompter.needs_all_critiques
    assert backprompter.describe() == {"beginning": "ok "}
