"""Answers that begin with what a strategy gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import modulo
from modulo import Budget, ConfigurationError, Expansion, Finish, Generation, Strategy
from modulo.outcome import Certified
from modulo.testing import ScriptedGenerator
from modulo.tree import Tree
from tests.modulo.loops import Asks, graph_of

pytestmark = pytest.mark.anyio


@dataclass(frozen=True)
class Continues(Strategy):
    """Begins each answer with the one before."""

    prefills: bool = False

    def ask(self, tree: Tree, n: int) -> Sequence[Expansion]:
        if not tree.attempts:
            return [Expansion(node="draft")]
        last = tree.attempts[-1]
        return [Expansion(node="draft", prefix=last.text, prefills=self.prefills)]


class Prefillable(ScriptedGenerator):
    @property
    def takes_prefill(self) -> bool:
        return True


@modulo.critic(proves="it is abc", runs_in="loop")
def is_abc(problem: Any, candidate: str):  # type: ignore[no-untyped-def]
    if candidate != "abc":
        yield modulo.Violation("not_abc", f"{candidate!r} is not 'abc'.")


async def test_what_is_judged_begins_with_the_prefix() -> None:
    outcome = await modulo.solve(
        graph_of(["a", "b", "c"], critic=is_abc), "problem", strategy=Continues(), budget=Budget(rounds=3)
    )
    assert isinstance(outcome, Certified)
    assert [attempt.text for attempt in outcome.attempts] == ["a", "ab", "abc"]


@pytest.mark.parametrize("prefills", [False, True])
async def test_prefixes_are_recorded_and_replayed(prefills: bool, tmp_path: Path) -> None:
    path = tmp_path / "trace.jsonl"
    generator = Prefillable(["a", "b", "c"])
    strategy = Continues(prefills)
    with modulo.Trace(path) as trace:
        await modulo.solve(graph_of(generator, critic=is_abc), "problem", strategy=strategy, trace=trace)
    graph = graph_of([], critic=is_abc)
    replayed = await modulo.replay(path, graph=graph, strategy=strategy)
    assert replayed.differences == ()
    assert replayed.attempts == 3
    other = await modulo.replay(path, graph=graph, strategy=Continues(not prefills))
    assert any("prefix" in difference for difference in other.differences)


async def test_a_generator_sees_prefix_and_prefill_in_its_request() -> None:
    generator = Prefillable(["x"], keeps_requests=True, repeats_last=True)
    asks = Asks((Expansion(node="draft", prefix="so far", prefills=True),))
    await modulo.solve(graph_of(generator), "problem", strategy=asks, budget=Budget(rounds=1))
    (request,) = generator.requests
    assert (request.prefix, request.prefills) == ("so far", True)


async def test_prefill_is_refused_where_the_generator_cannot_go_on() -> None:
    asks = Asks((Expansion(node="draft", prefix="so far", prefills=True),))
    with pytest.raises(ConfigurationError, match="which 'draft' cannot"):
        await modulo.solve(graph_of(["ok"]), "problem", strategy=asks)


async def test_a_refusal_is_no_beginning_of_an_answer() -> None:
    refusal = Generation(text="I cannot", finish=Finish.REFUSED)
    asks = Asks((Expansion(node="draft", prefix="ok"),))
    outcome = await modulo.solve(
        graph_of([refusal], critic=is_abc), "problem", strategy=asks, budget=Budget(rounds=1)
    )
    assert outcome.attempts[0].text == "I cannot"


@pytest.mark.parametrize("field", [{"prefix": 3}, {"prefills": 1}])
async def test_prefixes_of_other_types_are_refused(field: Any) -> None:
    with pytest.raises(ConfigurationError, match="fields of other types"):
        await modulo.solve(graph_of(["ok"]), "problem", strategy=Asks((Expansion(node="draft", **field),)))
