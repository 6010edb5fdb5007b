"""Routing: what past runs say decides which model is asked first."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

import modulo
from modulo import (
    Budget,
    Cascade,
    Certified,
    ConfigurationError,
    Generation,
    Models,
    Router,
    RoutingTable,
    Trace,
)
from modulo.bench.histories import read_history
from modulo.bench.routing import examples_of, learn_routing
from modulo.critique import Critique, Violation
from modulo.domains.simulated import SimulatedModel, SimulatedProblem, Skill, graph
from modulo.strategies.features import features_of_critiques, features_of_problem
from modulo.strategies.logistic import Weight, fitted
from modulo.strategies.named import strategy_from_string
from modulo.strategies.routing import Example, ModelRecord
from modulo.testing import ScriptedGenerator
from tests.modulo.strategies.runs import assert_replays, run

CHEAP, DEAR = 0.001, 0.01
MODELS = Models(
    {
        "small": SimulatedModel(
            {"easy": Skill(success=0.7, cost_usd=CHEAP), "hard": Skill(success=0.01, cost_usd=CHEAP * 5)},
            name="small",
        ),
        "large": SimulatedModel(
            {"easy": Skill(success=0.9, cost_usd=DEAR), "hard": Skill(success=0.6, cost_usd=DEAR)}, name="large"
        ),
    }
)


def problems(first: int, count: int) -> list[SimulatedProblem]:
    return [SimulatedProblem(first + i, "hard" if i % 2 else "easy") for i in range(count)]


async def solved(strategy: Any, some: list[SimulatedProblem], folder: Path | None = None) -> tuple[int, float]:
    """How many are certified, and for how many dollars."""
    certified, dollars = 0, 0.0
    for problem in some:
        trace = Trace(folder / f"{problem.number}.jsonl") if folder else None
        outcome = await modulo.solve(graph(MODELS), problem, strategy=strategy, trace=trace)
        certified += isinstance(outcome, Certified)
        dollars += outcome.usage.cost_usd
        if trace:
            trace.close()
    return certified, dollars


def record(bias: float, cost: float = 1.0, **weights: float) -> ModelRecord:
    return ModelRecord(
        examples=9,
        cost=cost,
        bias=bias,
        weights={name: Weight(slope, 0.0, 9.0) for name, slope in weights.items()},
    )


def table(**models: ModelRecord) -> RoutingTable:
    return RoutingTable(unit="calls", models=models)


def three() -> Models:
    script = {name: ScriptedGenerator(lambda r, name=name: f"no {name} {r.turn}") for name in ("a", "b", "c")}
    return Models(script)


async def asked(strategy: Any, models: Any = None) -> list[str | None]:
    outcome = await run(models or three(), strategy, budget=Budget(rounds=20))
    return [attempt.sampling.model for attempt in outcome.attempts]


@pytest.mark.anyio
async def test_with_data_it_certifies_what_a_cascade_does_for_less(tmp_path: Path) -> None:
    await solved(Cascade(tries=2), problems(0, 60), tmp_path)
    learned = learn_routing(sorted(tmp_path.iterdir()))
    ours = await solved(Router(table=learned), problems(1000, 60))
    theirs = await solved(Cascade(), problems(1000, 60))
    assert abs(ours[0] - theirs[0]) <= 5
    assert ours[1] / ours[0] < 0.9 * theirs[1] / theirs[0]


@pytest.mark.anyio
@pytest.mark.parametrize("conversation", ["whole", "own", "none"])
async def test_without_data_it_is_a_cascade(conversation: Any) -> None:
    ours = await run(three(), Router(conversation=conversation))
    theirs = await run(three(), Cascade(conversation=conversation))
    assert [(a.sampling, a.parent) for a in ours.attempts] == [(a.sampling, a.parent) for a in theirs.attempts]
    assert {a.label for a in ours.attempts} == {"fixed order"}


@pytest.mark.anyio
async def test_models_of_which_nothing_is_known_come_last_in_their_order() -> None:
    assert await asked(Router(table=table(c=record(-3.0)), tries=1)) == ["c", "a", "b"]


@pytest.mark.anyio
async def test_the_cheapest_certificate_comes_first_not_the_best_model() -> None:
    known = table(a=record(3.0, cost=10), b=record(0.0, cost=2), c=record(3.0, cost=9))
    assert await asked(Router(table=known, tries=1)) == ["b", "c", "a"]


@pytest.mark.anyio
async def test_what_critics_said_of_the_first_answer_decides_who_is_next() -> None:
    known = table(a=record(5.0), b=record(0.0), c=record(-1.0, **{"violation not_ok": 3.0}))
    assert await asked(Router(table=known)) == ["a", "a", "c", "c", "b", "b"]


@pytest.mark.anyio
async def test_the_label_says_why_a_model_was_chosen() -> None:
    outcome = await run(three(), Router(table=table(b=record(0.0, cost=2.0)), tries=1))
    assert [a.label for a in outcome.attempts] == [
        *("certifies 50%, 4 calls a certificate", "nothing known", "nothing known"),
    ]


@pytest.mark.anyio
async def test_it_is_replayed_with_the_table_of_its_trace(tmp_path: Path) -> None:
    known = table(c=record(0.5, **{"violation not_ok": 0.25}))
    await assert_replays(three, Router(table=known), tmp_path / "trace.jsonl")


@pytest.mark.anyio
async def test_traces_of_single_models_are_learned_by_the_names_of_their_bills(tmp_path: Path) -> None:
    script: list[Any] = [Generation(text=text, model="provider/m-1") for text in ("no", "ok")]
    with Trace(tmp_path / "trace.jsonl") as trace:
        await run(ScriptedGenerator(script), Cascade(), trace=trace)
    (example,) = examples_of(read_history(tmp_path / "trace.jsonl"), names={"provider/m-1": "small"})
    assert (example.model, example.certified, example.calls) == ("small", True, 2)


def test_a_table_is_saved_and_named_in_a_string(tmp_path: Path) -> None:
    known = RoutingTable.learn([Example(model="a", features={"size": 3.0}, certified=True, tokens=7)])
    known.save(tmp_path / "table.json")
    assert strategy_from_string(f"router:table={tmp_path / 'table.json'},tries=1") == Router(
        table=known, tries=1
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read"),
        ("[]", "no routing table"),
        ("nonsense", "not JSON"),
        ('{"unit": "pounds", "models": {}}', "no routing table"),
        (
            '{"unit": "usd", "models": {"a": {"examples": 1, "cost": 1, "bias": NaN, "weights": {}}}}',
            "not JSON",
        ),
    ],
)
def test_files_that_hold_no_table_are_refused(content: str | None, message: str, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "table.json").write_text(content)
    with pytest.raises(ConfigurationError, match=message):
        Router(table=tmp_path / "table.json")


@pytest.mark.parametrize("settings", [{"table": 3}, {"tries": 0}, {"models": ("a", "a")}])
def test_settings_that_make_no_sense_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        Router(**settings)


def test_costs_are_in_the_unit_that_all_models_have() -> None:
    free = Example(model="a", features={}, certified=True, tokens=5)
    paid = Example(model="b", features={}, certified=True, tokens=9, usd=1.0)
    assert RoutingTable.learn([free, paid]).unit == "tokens"
    assert RoutingTable.learn([paid]).unit == "usd"
    assert RoutingTable.learn([]) == RoutingTable(unit="calls", models={})


def test_the_odds_that_examples_have_are_found() -> None:
    rng = random.Random(0)
    examples = []
    for _ in range(600):
        hard, size = rng.random() < 0.5, rng.uniform(5, 6)
        examples.append(({"hard": float(hard), "size": size}, rng.random() < (0.1 if hard else 0.8)))
    bias, weights = fitted(examples)
    known = ModelRecord(examples=600, cost=1.0, bias=bias, weights=weights)
    assert known.probability({"hard": 1.0, "size": 5.5}) == pytest.approx(0.1, abs=0.05)
    assert known.probability({"size": 5.5}) == pytest.approx(0.8, abs=0.05)


def test_values_beyond_what_was_seen_tell_no_more_than_that() -> None:
    examples = [({"size": float(i % 5)}, i % 5 > 2) for i in range(50)]
    bias, weights = fitted(examples)
    known = ModelRecord(examples=50, cost=1.0, bias=bias, weights=weights)
    assert (
        known.probability({"size": 1000.0})
        == known.probability({"size": 4.0})
        > known.probability({"size": 1.0})
    )


def test_little_evidence_is_not_believed_much() -> None:
    bias, weights = fitted([({"rare": 1.0}, True)])
    assert (0 < bias < 1.5, weights) == (True, {})


def test_features_are_numbers_words_and_lengths_of_the_outer_fields() -> None:
    document = {"edges": [1, 2, 3], "colors": 7, "kind": "grid", "fixed": True, "note": "x" * 63}
    assert features_of_problem("d", document, 127) == {
        **{"domain=d": 1.0, "size": 7.0, "length of edges": 2.0, "colors": 3.0, "kind=grid": 1.0},
        **{"fixed=True": 1.0, "length of note": 6.0},
    }


def test_features_of_critiques_are_how_many_violations_and_of_which_kinds() -> None:
    critique = Critique.reject(*[Violation("conflict", "They conflict.")] * 3)
    assert features_of_critiques([critique]) == {"violations": 2.0, "violation conflict": 1.0}
