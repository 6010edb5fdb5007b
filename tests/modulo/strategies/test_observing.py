"""What is seen of runs from round to round."""

from __future__ import annotations

from typing import Any

import pytest

import modulo
from modulo import BestOfN, Budget, Generation, Ledger, Usage
from modulo.problem import Problem
from modulo.strategies.observing import Observer, prices_under
from modulo.testing import ScriptedGenerator
from tests.modulo.loops import graph_of

SAMPLES: Any = BestOfN(n=100, width=1)


def problem(value: Any) -> Problem[Any]:
    return Problem.of(value, domain="test")


async def attempts(answers: list[Any], strategy: Any = SAMPLES) -> Any:
    budget = Budget(rounds=len(answers))
    outcome = await modulo.solve(graph_of(ScriptedGenerator(answers)), "p", strategy=strategy, budget=budget)
    return outcome.attempts


def test_what_is_told_of_a_problem_is_its_size_and_fields() -> None:
    standing = Observer(problem({"depth": 7, "kind": "x"}), None, {}).standing
    assert standing.features["depth"] == 3
    assert standing.features["kind=x"] == 1
    assert standing.features["size"] > 0


@pytest.mark.anyio
async def test_answers_given_before_are_repeated_and_those_cut_in_pieces_are_seen_once() -> None:
    made = await attempts(["no", "no", "other", "no"])
    observer = Observer(problem("p"), None, {})
    for seen in (1, 1, 3, 4):
        observer.see(made[:seen])
    assert observer.standing.repeated == (False, True, False, True)
    assert observer.standing.violations == (1, 1, 1, 1)
    assert not observer.standing.certified


@pytest.mark.anyio
async def test_the_round_that_certified_is_the_last_one() -> None:
    observer = Observer(problem("p"), "kind", {})
    observer.see(await attempts(["no", "ok"]), certified=True)
    observer.close()
    standing = observer.standing
    assert (standing.violations, standing.certified, standing.is_open) == ((1, 0), True, False)
    assert standing.group == "kind"


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("budget", "expected"),
    [
        (Budget(), ()),
        (Budget(rounds=10), ()),
        (Budget(calls=10), (0.1, 0.1)),
        (Budget(tokens=100), (0.3, 0.7)),
        (Budget(cost_usd=2.0), (0.25, 0.5)),
        (Budget(rounds=10, tokens=100), (0.4, 0.8)),
    ],
)
async def test_rounds_cost_their_share_of_the_budget(budget: Budget, expected: tuple[float, ...]) -> None:
    answers = [
        Generation(text="no 1", usage=Usage(calls=1, prompt_tokens=20, completion_tokens=10, cost_usd=0.5)),
        Generation(text="no 2", usage=Usage(calls=1, prompt_tokens=50, completion_tokens=20, cost_usd=1.0)),
    ]
    observer = Observer(problem("p"), None, prices_under(Ledger(budget)))
    observer.see(await attempts(answers))
    assert observer.standing.costs == pytest.approx(expected)


def test_without_a_ledger_nothing_has_a_price() -> None:
    assert prices_under(None) == {}
