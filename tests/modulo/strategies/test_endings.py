"""Every strategy ends by itself on a model that brings nothing new, without any limit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anyio
import pytest

import modulo
from modulo import (
    Budget,
    Exhausted,
    Generation,
    Graph,
    Portfolio,
    Refine,
    SelfConsistency,
    StopReason,
    Strategy,
)
from modulo.errors import ContextOverflow, GenerationError, Malformed
from modulo.protocols import Finish, Generator, Request
from modulo.strategies.named import strategy_from_string
from modulo.testing import Scripted, ScriptedGenerator
from tests.modulo.loops import is_ok
from tests.modulo.strategies.installed import NAMED
from tests.modulo.strategies.runs import run

pytestmark = pytest.mark.anyio

Script = Callable[[Request], Scripted]


class Model(ScriptedGenerator):
    """A script that may be gone on from."""

    @property
    def takes_prefill(self) -> bool:
        return True


def by_turn(*answers: Scripted) -> Script:
    return lambda request: answers[request.turn % len(answers)]


def fails_when_spoken_to(request: Request) -> Scripted:
    return "no" if len(request.messages) == 1 else ContextOverflow("too long")


MODELS: dict[str, Script] = {
    "repeats": by_turn("no"),
    "alternates": by_turn("no", "never"),
    "refuses": by_turn(Generation(text="", finish=Finish.REFUSED)),
    "is empty": by_turn(Generation(text="", finish=Finish.EMPTY)),
    "is cut off": by_turn(Generation(text="no", finish=Finish.TRUNCATED)),
    "fails": by_turn(GenerationError("down")),
    "fails at times": by_turn("no", GenerationError("down")),
    "has no room": fails_when_spoken_to,
}


def one(script: Script) -> Graph[Any]:
    graph: Graph[Any] = Graph("one")
    graph.critic("ok", is_ok, reads=graph.generator("draft", Model(script)))
    return graph


def unread(script: Script) -> Graph[Any]:
    def read(text: str) -> str:
        raise Malformed("There is no answer in it.")

    graph: Graph[Any] = Graph("unread")
    draft = graph.generator("draft", Model(script))
    graph.critic("ok", is_ok, reads=graph.reformulator("read", read, reads=draft))
    return graph


def race(script: Script) -> Graph[Any]:
    graph: Graph[Any] = Graph("race")
    small, large = graph.generator("small", Model(script)), graph.generator("large", Model(by_turn("no")))
    graph.critic("ok", is_ok, reads=small | large)
    return graph


def blamed(script: Script) -> Graph[Any]:
    """A first stage that is always accepted, and always blamed by the second one."""
    graph: Graph[Any] = Graph("blamed")
    outline = graph.generator("outline", Model(by_turn("ok a", "ok b")))
    graph.critic("outline_ok", is_ok, reads=outline)
    text = graph.generator("text", Model(script), reads=outline)
    graph.critic("text_ok", is_ok, reads=text, backprompts=[text, outline])
    return graph


FURTHER: dict[str, Callable[[], Strategy]] = {
    "refine, wide, with restarts": lambda: Refine(width=3, restart_after=2),
    "refine, candidates, with restarts": lambda: Refine(candidates=2, restart_after=1),
    "refine, fresh starts": lambda: Refine(stale_after=2, heats=True),
    "self-consistency, all": lambda: SelfConsistency(n=3, offers=None),
    "portfolio": lambda: Portfolio((Refine(restart_after=3), SelfConsistency(n=2))),
}


@pytest.mark.parametrize("graph", [one, unread, race, blamed])
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("name", [*NAMED, *FURTHER])
async def test_a_strategy_ends_by_itself(name: str, model: str, graph: Callable[[Script], Graph[Any]]) -> None:
    strategy = FURTHER[name]() if name in FURTHER else strategy_from_string(name)
    with anyio.fail_after(30):
        outcome = await modulo.solve(graph(MODELS[model]), "p", strategy=strategy, budget=Budget())
    assert isinstance(outcome, Exhausted)
    failures = ("fails", "fails at times", "has no room")
    assert outcome.stop_reason in (StopReason.STUCK, *([StopReason.ERROR] if model in failures else []))


@pytest.mark.parametrize("name", ["cascade", "router", "effort_ladder"])
async def test_a_conversation_that_is_too_long_for_a_rung_goes_on_to_the_next(name: str) -> None:
    def answer(request: Request) -> Scripted:
        is_higher = request.sampling.model == "large" or request.sampling.reasoning_effort == "medium"
        return "ok" if is_higher else fails_when_spoken_to(request)

    generator: Generator = Model(answer)
    if name != "effort_ladder":
        generator = modulo.Models({"small": generator, "large": generator})
    outcome = await run(generator, strategy_from_string(f"{name}:tries=3"))
    assert outcome.stop_reason is StopReason.CERTIFIED
    assert [attempt.error_kind for attempt in outcome.attempts] == [None, "context_overflow", None]
