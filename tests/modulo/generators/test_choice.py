"""Several models as one generator."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import modulo
from modulo import Budget, ConfigurationError, Expansion, Generation, Models, Sampling, Strategy, Usage
from modulo.outcome import Certified, Exhausted
from modulo.testing import ScriptedGenerator
from modulo.tree import Tree
from tests.modulo.loops import Asks, graph_of

pytestmark = pytest.mark.anyio


class Escalates(Strategy):
    """The first model once, then the next one, and so on."""

    def ask(self, tree: Tree, n: int) -> Sequence[Expansion]:
        models = tree.program.generator("draft").generator.models
        if len(tree.attempts) >= len(models):
            return ()
        return [Expansion(node="draft", sampling=Sampling(model=models[len(tree.attempts)]))]


def two_models() -> Models:
    small = ScriptedGenerator(lambda _: Generation(text="no", usage=Usage(calls=1, cost_usd=0.01)))
    large = ScriptedGenerator(
        lambda _: Generation(text="ok", usage=Usage(calls=1, cost_usd=0.50)),
        worst_case=Usage(calls=1, cost_usd=0.60),
    )
    return Models({"small": small, "large": large})


async def test_a_strategy_chooses_the_model() -> None:
    outcome = await modulo.solve(graph_of(two_models()), "problem", strategy=Escalates())
    assert isinstance(outcome, Certified)
    assert [attempt.sampling.model for attempt in outcome.attempts] == ["small", "large"]
    assert outcome.usage.cost_usd == pytest.approx(0.51)


async def test_without_a_choice_the_first_model_answers() -> None:
    outcome = await modulo.solve(graph_of(two_models()), "problem", budget=Budget(rounds=2))
    assert [attempt.text for attempt in outcome.attempts] == ["no", "no"]


async def test_what_is_set_aside_is_the_worst_case_of_the_chosen_model() -> None:
    budget = Budget(cost_usd=0.30)
    outcome = await modulo.solve(graph_of(two_models()), "problem", strategy=Escalates(), budget=budget)
    assert isinstance(outcome, Exhausted)
    assert outcome.stop_reason == "cost_limit"
    assert len(outcome.attempts) == 1


async def test_an_unknown_model_is_refused_before_it_is_asked() -> None:
    asks = Asks((Expansion(node="draft", sampling=Sampling(model="huge")),))
    with pytest.raises(ConfigurationError, match="for the model 'huge', but it has small, large"):
        await modulo.solve(graph_of(two_models()), "problem", strategy=asks)


async def test_a_generator_without_models_to_choose_from_is_not_asked_for_one() -> None:
    asks = Asks((Expansion(node="draft", sampling=Sampling(model="small")),))
    with pytest.raises(ConfigurationError, match="no models to choose from"):
        await modulo.solve(graph_of(["ok"]), "problem", strategy=asks)


async def test_choices_are_recorded_and_replayed(tmp_path: Path) -> None:
    path = tmp_path / "trace.jsonl"
    with modulo.Trace(path) as trace:
        await modulo.solve(graph_of(two_models()), "problem", strategy=Escalates(), trace=trace)
    replayed = await modulo.replay(path, graph=graph_of(["never asked"]), strategy=Escalates())
    assert replayed.differences == ()
    assert replayed.attempts == 2


@pytest.mark.parametrize("models", [{}, {"": ScriptedGenerator([])}, {"one": "openai/gpt-5-mini"}])
async def test_models_that_make_no_sense_are_refused(models: Any) -> None:
    with pytest.raises(ConfigurationError, match="Models"):
        Models(models)
