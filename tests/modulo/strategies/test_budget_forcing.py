"""Budget forcing: one train of thought, lengthened with "Wait" or cut short with "Final Answer:"."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import modulo
from modulo import (
    BestOfN,
    Budget,
    BudgetForcing,
    Certified,
    ConfigurationError,
    Exhausted,
    Finish,
    Generation,
    Models,
    Outcome,
    Portfolio,
    StopReason,
    Strategy,
    Usage,
    Violation,
)
from modulo.errors import ContextOverflow
from modulo.testing import ScriptedGenerator
from tests.modulo.loops import graph_of

pytestmark = pytest.mark.anyio


@modulo.critic(proves="it ends with ok", runs_in="loop")
def ends_with_ok(problem: Any, candidate: str) -> Iterator[Violation]:
    if not candidate.rstrip(".").endswith("ok"):
        yield Violation("not_ok", f"{candidate!r} does not end with 'ok'.")


class Prefillable(ScriptedGenerator):
    @property
    def takes_prefill(self) -> bool:
        return True


async def run(generator: Any, strategy: Strategy, **options: Any) -> Outcome[Any]:
    graph = graph_of(generator, critic=ends_with_ok)
    return await modulo.solve(graph, "problem", strategy=strategy, **options)


def thought(text: str, *, tokens: int = 10, finish: Finish = Finish.STOP) -> Generation:
    return Generation(text=text, finish=finish, usage=Usage(calls=1, completion_tokens=tokens))


def cut_off(text: str, *, tokens: int = 10) -> Generation:
    return thought(text, tokens=tokens, finish=Finish.TRUNCATED)


async def test_a_model_whose_answer_is_rejected_goes_on_after_wait() -> None:
    generator = Prefillable([thought("It is no."), thought(", it is ok.")], keeps_requests=True)
    outcome = await run(generator, BudgetForcing(wait=" Wait"))
    assert isinstance(outcome, Certified)
    assert [a.text for a in outcome.attempts] == ["It is no.", "It is no. Wait, it is ok."]
    assert [(r.prefix, r.prefills) for r in generator.requests] == [("", True), ("It is no. Wait", True)]


async def test_an_answer_that_is_accepted_is_not_made_to_go_on() -> None:
    outcome = await run(Prefillable([thought("ok")]), BudgetForcing())
    assert isinstance(outcome, Certified)
    assert len(outcome.attempts) == 1


async def test_a_model_that_thinks_too_long_is_made_to_answer() -> None:
    generator = Prefillable([cut_off("Well, let me"), thought(" ok")], keeps_requests=True)
    outcome = await run(generator, BudgetForcing(thinking_tokens=10, answer_tokens=5))
    assert isinstance(outcome, Certified)
    assert outcome.attempts[-1].text == "Well, let me\n\nFinal Answer: ok"
    assert [r.sampling.max_output_tokens for r in generator.requests] == [10, 5]


async def test_thinking_goes_on_with_the_tokens_that_are_left() -> None:
    script = [thought("a", tokens=30), thought("b", tokens=60), thought("c", tokens=10), thought(" no")]
    generator = Prefillable(script, keeps_requests=True)
    outcome = await run(generator, BudgetForcing(thinking_tokens=100, answer_tokens=7, waits=9))
    assert [r.sampling.max_output_tokens for r in generator.requests] == [100, 70, 10, 7]
    assert isinstance(outcome, Exhausted)
    assert outcome.stop_reason is StopReason.STUCK


async def test_a_thought_whose_bill_never_came_counts_as_its_longest() -> None:
    script = [Generation(text="no", usage=None), thought(" ok")]
    outcome = await run(Prefillable(script), BudgetForcing(thinking_tokens=10))
    assert [a.label for a in outcome.attempts] == ["thought 0", "answer 0"]


async def test_after_the_last_wait_the_answer_is_asked_for() -> None:
    outcome = await run(Prefillable([thought("no")] * 4), BudgetForcing(waits=2))
    assert [a.label for a in outcome.attempts] == ["thought 0"] * 3 + ["answer 0"]
    assert outcome.attempts[-1].text == "no\nWaitno\nWaitno\n\nFinal Answer:no"


async def test_without_evidence_only_the_final_answer_is_judged() -> None:
    outcome = await run(Prefillable([thought("ok")] * 9), BudgetForcing(waits=1, on_evidence=False))
    assert isinstance(outcome, Certified)
    assert [(a.judged, a.label) for a in outcome.attempts] == [
        (False, "thought 0"),
        (False, "thought 0"),
        (True, "answer 0"),
    ]


async def test_marks_around_thinking_are_taken_away_to_go_on_and_put_there_to_end() -> None:
    generator = Prefillable(
        [thought("a</think>no"), thought("b</think>no"), thought("ok")], keeps_requests=True
    )
    strategy = BudgetForcing(waits=1, opening="<think>\n", closing="</think>")
    assert isinstance(await run(generator, strategy), Certified)
    assert [r.prefix for r in generator.requests] == [
        "<think>\n",
        "<think>\na\nWait",
        "<think>\na\nWaitb</think>\n\nFinal Answer:",
    ]


async def test_another_train_of_thought_begins_after_an_answer_that_was_rejected() -> None:
    script = [cut_off("x"), thought("no"), cut_off("y"), thought("ok")]
    outcome = await run(Prefillable(script), BudgetForcing(trains=2))
    assert isinstance(outcome, Certified)
    assert [a.label for a in outcome.attempts] == ["thought 0", "answer 0", "thought 1", "answer 1"]
    assert [a.text for a in outcome.attempts][2:] == ["y", "y\n\nFinal Answer:ok"]


@pytest.mark.parametrize(
    "end",
    [
        ContextOverflow("too long"),
        thought("I cannot", finish=Finish.REFUSED),
        Generation(text="", finish=Finish.MALFORMED),
    ],
)
async def test_there_is_no_going_on_from_a_failure_or_a_refusal(end: Any) -> None:
    outcome = await run(Prefillable([thought("no"), end, thought("ok")]), BudgetForcing(trains=2))
    assert isinstance(outcome, Certified)
    assert outcome.attempts[-1].text == "ok"


async def test_each_model_has_a_train_of_its_own() -> None:
    models = Models({"small": Prefillable([thought("no")] * 9), "large": Prefillable([thought("no")] * 9)})
    outcome = await run(models, BudgetForcing(waits=1))
    for model in ("small", "large"):
        labels = [a.label for a in outcome.attempts if a.sampling.model == model]
        assert labels == ["thought 0", "thought 0", "answer 0"]


async def test_it_runs_beside_other_strategies() -> None:
    strategy = Portfolio((BudgetForcing(waits=1), BestOfN(n=2)))
    outcome = await run(Prefillable([thought("no")] * 9), strategy)
    assert [a.label for a in outcome.attempts if a.label.startswith("0.")] == [
        "0.thought 0",
        "0.thought 0",
        "0.answer 0",
    ]


async def test_a_generator_that_cannot_go_on_is_refused_in_words() -> None:
    with pytest.raises(ConfigurationError, match="use a local model, or a provider with prefill"):
        await run(["ok"], BudgetForcing())


@pytest.mark.parametrize("strategy", [BudgetForcing(trains=3), BudgetForcing(on_evidence=False, opening="<t>")])
async def test_it_is_replayed_from_its_trace(strategy: BudgetForcing, tmp_path: Path) -> None:
    path = tmp_path / "trace.jsonl"
    script = [thought("no"), cut_off("no"), thought("no")] * 7
    with modulo.Trace(path) as trace:
        outcome = await run(Prefillable(script), strategy, trace=trace, budget=Budget(rounds=20))
    replayed = await modulo.replay(path, graph=graph_of([], critic=ends_with_ok))
    assert replayed.differences == ()
    assert replayed.attempts == len(outcome.attempts) >= 3


@pytest.mark.parametrize(
    "settings",
    [
        {"waits": 0},
        {"thinking_tokens": 0},
        {"answer_tokens": True},
        {"trains": None},
        {"wait": " "},
        {"ending": ""},
        {"opening": None},
        {"closing": 3},
    ],
)
def test_settings_that_make_no_sense_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="BudgetForcing"):
        BudgetForcing(**settings)


async def test_the_budget_ends_it_like_any_other() -> None:
    outcome = await run(Prefillable([thought("no")] * 9), BudgetForcing(waits=8), budget=Budget(calls=3))
    assert len(outcome.attempts) == 3
