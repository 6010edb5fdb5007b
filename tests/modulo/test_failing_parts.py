"""Prompts, strategies and backprompters that fail: an error before anything is paid, an outcome afterwards."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

import modulo
from modulo import (
    ABMCTS,
    BudgetForcing,
    Cascade,
    Certified,
    ChatBackprompter,
    Exhausted,
    Graph,
    Ledger,
    Models,
    Portfolio,
    Refine,
    Router,
    StopReason,
    Usage,
)
from modulo.errors import ConfigurationError, LimitReached, ProgramError
from modulo.events import RunFinished
from modulo.protocols import Conversation, Expansion, Rendered, Sampling, Strategy
from modulo.replaying import replay
from modulo.running.failures import is_failure
from modulo.testing import ScriptedGenerator
from modulo.tree import Attempt, Tree
from tests.modulo.loops import Asks, Length, graph_of, is_ok

pytestmark = pytest.mark.anyio


class FailsToAsk(Refine):
    """Asks for one round and then fails."""

    error: Exception = ZeroDivisionError("boom")

    def ask(self, tree: Tree, n: int) -> Sequence[Expansion]:
        if tree.attempts:
            raise self.error
        return Refine.ask(self, tree, n)


class FailsToBeTold(Refine):
    """Fails to hear of any attempt."""

    def tell(self, tree: Tree, attempt: Attempt) -> None:
        raise ZeroDivisionError("boom")


class FailsToRender(ChatBackprompter):
    """Renders nothing."""

    def render(self, conversation: Conversation) -> Rendered:
        raise ZeroDivisionError("boom")


class RendersNone(ChatBackprompter):
    """Renders what is no conversation."""

    def render(self, conversation: Conversation) -> Any:
        return None


class FailsToSayWhatItNeeds(ChatBackprompter):
    """Says what it needs the first time only."""

    @property
    def needs_all_critiques(self) -> bool:
        raise ZeroDivisionError("boom")


def two_stages(prompt: Callable[..., Any]) -> Graph:
    """A graph whose second generator has that prompt."""
    graph = Graph("test")
    first = graph.generator("first", ScriptedGenerator(["ok"]))
    graph.critic("first ok", is_ok, reads=first)
    second = graph.generator("second", ScriptedGenerator(["ok"]), reads=first, prompt=prompt)
    graph.critic("second ok", is_ok, reads=second)
    return graph


def fails(*args: Any) -> str:
    raise ZeroDivisionError("boom")


LATE: dict[str, tuple[Callable[[], Graph], dict[str, Any], str]] = {
    "strategy": (lambda: graph_of(["a"] * 9), {"strategy": FailsToAsk()}, "the strategy 'FailsToAsk' failed"),
    "told": (lambda: graph_of(["a"] * 9), {"strategy": FailsToBeTold()}, "the strategy 'FailsToBeTold' failed"),
    "backprompter": (
        lambda: graph_of(["a"] * 9),
        {"backprompter": FailsToRender()},
        "the backprompter of generator 'draft' failed",
    ),
    "prompt": (lambda: two_stages(fails), {}, "the prompt of generator 'second' failed"),
}


@pytest.mark.parametrize("name", LATE)
async def test_what_fails_after_a_call_was_paid_ends_the_run_with_the_work_so_far(name: str) -> None:
    graph, options, says = LATE[name]
    trace, batch = modulo.Trace(), Ledger()
    outcome = await modulo.solve(graph(), "p", trace=trace, within=batch, **options)
    assert isinstance(outcome, Exhausted)
    assert outcome.stop_reason is StopReason.ERROR
    assert outcome.error == f"{says}: ZeroDivisionError: boom"
    assert isinstance(outcome.cause, ProgramError)
    assert isinstance(outcome.cause.__cause__, ZeroDivisionError)
    assert len(outcome.attempts) == outcome.usage.calls == 1
    assert outcome.usage.rounds == batch.spent.rounds == 1
    assert batch.reserved == Usage()
    end = trace.events[-1]
    assert isinstance(end, RunFinished)
    assert (end.stop_reason, end.error) == (StopReason.ERROR, outcome.error)


@pytest.mark.parametrize(
    ("graph", "options", "says"),
    [
        (graph_of(["a"]), {"backprompter": FailsToSayWhatItNeeds()}, "the backprompter of generator 'draft'"),
        (graph_of(["a"]), {"strategy": Asks((None,))}, "no Expansion"),  # type: ignore[arg-type]
        (graph_of(["a"]), {"strategy": Asks(None)}, "for a NoneType"),  # type: ignore[arg-type]
    ],
)
async def test_what_fails_before_a_call_was_paid_is_an_error_that_names_it(
    graph: Graph, options: dict[str, Any], says: str
) -> None:
    batch = Ledger()
    with pytest.raises((ProgramError, ConfigurationError), match=says):
        await modulo.solve(graph, "p", within=batch, **options)
    assert batch.spent == batch.reserved == Usage()


@pytest.mark.parametrize(
    "expansion",
    [
        "draft",
        Expansion(node=5),  # type: ignore[arg-type]
        Expansion(node="draft", samples=1.5),  # type: ignore[arg-type]
        Expansion(node="draft", samples=True),
        Expansion(node="draft", parent=[]),  # type: ignore[arg-type]
        Expansion(node="draft", sampling={}),  # type: ignore[arg-type]
        Expansion(node="draft", backprompter="loud"),  # type: ignore[arg-type]
    ],
)
async def test_an_expansion_with_fields_of_other_types_is_refused(expansion: Any) -> None:
    with pytest.raises(ConfigurationError, match="no Expansion or has fields of other types"):
        await modulo.solve(graph_of(["ok"]), "p", strategy=Asks((expansion,)))


@pytest.mark.parametrize(
    ("expansion", "says"),
    [
        (Expansion(node="draft", samples=1001), "for 1001 samples"),
        (Expansion(node="draft", sampling=Sampling(temperature=math.nan)), "temperature must be"),
        (Expansion(node="draft", sampling=Sampling(temperature=2**70)), "temperature must be"),
        (Expansion(node="draft", sampling=Sampling(temperature="hot")), "temperature must be"),  # type: ignore[arg-type]
        (Expansion(node="draft", sampling=Sampling(seed=2**70)), "seed must be"),
        (Expansion(node="draft", sampling=Sampling(max_output_tokens=-5)), "max_output_tokens must be"),
        (Expansion(node="draft", sampling=Sampling(max_output_tokens=2**80)), "max_output_tokens must be"),
        (Expansion(node="draft", sampling=Sampling(reasoning_effort="")), "reasoning_effort must be"),
    ],
)
async def test_an_expansion_that_no_model_could_answer_or_no_trace_could_hold_is_refused(
    expansion: Expansion, says: str
) -> None:
    with pytest.raises(ConfigurationError, match=f"the strategy 'Asks' asked.*{says}"):
        await modulo.solve(graph_of(["ok"]), "p", strategy=Asks((expansion,)))


@pytest.mark.parametrize(
    ("strategy", "says"),
    [
        (BudgetForcing(), "which 'text' cannot"),
        (Cascade(models=("small", "large")), "Cascade: small, large is no model"),
        (Router(models=("small",)), "Router: small is no model"),
        (ABMCTS(models=("large",)), "ABMCTS: large is no model"),
        (Portfolio((Refine(), BudgetForcing())), "which 'text' cannot"),
    ],
)
async def test_what_a_later_stage_cannot_do_is_said_before_an_earlier_one_is_paid(
    strategy: Strategy, says: str
) -> None:
    class TakesPrefill(ScriptedGenerator):
        takes_prefill = True

    outlines = Models({"small": TakesPrefill(["ok"]), "large": TakesPrefill(["ok"])})
    graph = Graph("two")
    outline = graph.generator("outline", outlines)
    graph.critic("outline_ok", is_ok, reads=outline)
    graph.critic("text_ok", is_ok, reads=graph.generator("text", ScriptedGenerator(["ok"]), reads=outline))
    batch = Ledger()
    with pytest.raises(ConfigurationError, match=says):
        await modulo.solve(graph, "p", strategy=strategy, within=batch, max_concurrency=1)
    assert batch.spent.calls == 0


async def test_a_backprompter_that_renders_no_messages_is_named() -> None:
    outcome = await modulo.solve(graph_of(["a", "ok"]), "p", backprompter=RendersNone())
    assert isinstance(outcome, Exhausted)
    assert outcome.error == "the backprompter of generator 'draft' rendered no messages of plain text"


async def test_nonsense_asked_for_later_ends_the_run_with_the_work_so_far() -> None:
    class Wanders(Strategy):
        def ask(self, tree: Tree, n: int) -> Sequence[Expansion]:
            return [Expansion(node="nowhere" if tree.attempts else "draft")]

    outcome = await modulo.solve(graph_of(["a"]), "p", strategy=Wanders())
    assert isinstance(outcome, Exhausted)
    assert isinstance(outcome.cause, ConfigurationError)
    assert len(outcome.attempts) == 1


@pytest.mark.parametrize("width", [1, 3])
async def test_an_answer_is_certified_even_if_the_strategy_cannot_be_told_of_it(width: int) -> None:
    outcome = await modulo.solve(graph_of(["a", "ok", "b"]), "p", strategy=FailsToBeTold(width=width))
    if width == 1:
        assert outcome.stop_reason is StopReason.ERROR  # it could not be told of the answer before
    else:
        assert isinstance(outcome, Certified)
        assert len(outcome.attempts) >= 2


async def test_the_best_certified_answer_is_not_lost_when_the_strategy_fails() -> None:
    graph = graph_of(["ok", "ok better"], soft=Length())
    outcome = await modulo.solve(graph, "p", strategy=FailsToAsk(), select="best")
    assert isinstance(outcome, Certified)
    assert outcome.solution == "ok"


async def test_a_prompt_that_raises_what_only_the_loop_raises_is_no_limit() -> None:
    def prompt(problem: Any) -> str:
        raise LimitReached("patience")

    graph = Graph("test")
    graph.critic("ok", is_ok, reads=graph.generator("draft", ScriptedGenerator(["ok"]), prompt=prompt))
    with pytest.raises(ProgramError, match="LimitReached"):
        await modulo.solve(graph, "p")


async def test_a_description_that_fails_is_an_error_before_the_first_call() -> None:
    class Silent(Refine):
        def describe(self) -> Any:
            raise ZeroDivisionError

    with pytest.raises(ProgramError, match="describe of 'Silent' failed: ZeroDivisionError"):
        await modulo.solve(graph_of(["ok"]), "p", strategy=Silent(), trace=modulo.Trace())


@pytest.mark.parametrize("name", LATE)
async def test_a_run_that_a_part_of_its_own_ended_is_replayed(name: str, tmp_path: Path) -> None:
    graph, options, _ = LATE[name]
    with modulo.Trace(tmp_path / "trace.jsonl") as trace:
        await modulo.solve(graph(), "p", trace=trace, **options)
    result = await replay(tmp_path / "trace.jsonl", graph=graph(), **options)
    assert result.differences == ()
    assert result.stop_reason is StopReason.ERROR
    mended = graph() if name != "prompt" else two_stages(lambda *_: "p")
    result = await replay(
        tmp_path / "trace.jsonl", graph=mended, strategy=Refine(), backprompter=ChatBackprompter()
    )
    assert any("end: recorded" in difference for difference in result.differences)


def test_ctrl_c_in_a_part_is_no_failure_of_it() -> None:
    assert not is_failure(KeyboardInterrupt())
