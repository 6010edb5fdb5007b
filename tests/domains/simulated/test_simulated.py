"""Simulated problems: strategies do on them what theory says."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import anyio
import pytest

import modulo
from modulo import BestOfN, Budget, Certified, ConfigurationError, Outcome, Refine, SelfConsistency, Strategy
from modulo.domains.simulated import (
    MODELS,
    RIGHT,
    LetsSomePass,
    SimulatedModel,
    SimulatedProblem,
    Skill,
    generate,
    graph,
)
from modulo.generators.models import generator_from_string


def solved(skill: Skill, strategy: Strategy, *, problems: int = 300, critic: Any = None) -> list[Outcome[Any]]:
    """The outcomes of a strategy on so many problems."""
    program = graph(SimulatedModel({"hard": skill}), critic)
    options: Any = {"strategy": strategy, "budget": Budget(rounds=50)}

    async def run() -> list[Outcome[Any]]:
        return [await modulo.solve(program, one, **options) for one in generate({"hard": problems})]

    return anyio.run(run)


def share_certified(outcomes: Sequence[Outcome[Any]]) -> float:
    return sum(isinstance(outcome, Certified) for outcome in outcomes) / len(outcomes)


def error_of(share: float, n: int) -> float:
    """Four standard errors."""
    return 4 * math.sqrt(share * (1 - share) / n) + 1e-9


@pytest.mark.parametrize(("p", "n"), [(0.1, 1), (0.1, 8), (0.3, 4)])
def test_best_of_n_covers_what_independent_draws_cover(p: float, n: int) -> None:
    expected = 1 - (1 - p) ** n
    found = share_certified(solved(Skill(success=p), BestOfN(n=n)))
    assert abs(found - expected) < error_of(expected, 300)


def test_correlated_samples_cover_less() -> None:
    expected = 0.5 * (1 - (1 - 0.3) ** 8)
    found = share_certified(solved(Skill(success=0.3, misconception=0.5), BestOfN(n=8)))
    assert abs(found - expected) < error_of(expected, 300)


def test_critiques_help_a_model_that_learns_from_them_and_no_other() -> None:
    learns = Skill(success=0.05, gain=0.1)
    refined = share_certified(solved(learns, Refine(restart_after=None, patience=None), problems=200))
    resampled = share_certified(solved(learns, BestOfN(n=10), problems=200))
    assert refined > resampled + 0.2
    deaf = Skill(success=0.05)
    expected = 1 - (1 - 0.05) ** 10
    outcomes = solved(deaf, Refine(patience=None), problems=200)
    within_ten = sum(isinstance(o, Certified) and len(o.attempts) <= 10 for o in outcomes) / 200
    assert abs(within_ten - expected) < error_of(expected, 200)


def test_refining_in_ten_rounds_has_the_odds_that_grow_with_each_critique() -> None:
    skill = Skill(success=0.02, gain=0.03)
    misses = math.prod(1 - 0.02 - 0.03 * k for k in range(10))
    outcomes = solved(skill, Refine(patience=None))
    within_ten = sum(isinstance(o, Certified) and len(o.attempts) <= 10 for o in outcomes) / 300
    assert abs(within_ten - (1 - misses)) < error_of(1 - misses, 300)


def test_a_weak_verifier_shows_its_false_accepts() -> None:
    outcomes = solved(Skill(success=0.1), BestOfN(n=16, width=1), critic=LetsSomePass(0.2))
    certified = [outcome for outcome in outcomes if isinstance(outcome, Certified)]
    wrong = sum(outcome.solution != RIGHT for outcome in certified) / len(certified)
    expected = 0.9 * 0.2 / (0.1 + 0.9 * 0.2)
    assert abs(wrong - expected) < error_of(expected, len(certified))
    assert all(outcome.certificate.claim.soundness == "tests" for outcome in certified)


def test_a_vote_finds_the_answer_that_is_most_common() -> None:
    found = share_certified(solved(Skill(success=0.5), SelfConsistency(n=8), problems=200))
    assert found > 0.95  # wrong answers differ, so two right ones win


def test_bills_are_what_was_announced() -> None:
    skill = Skill(success=0.0, cost_usd=0.01, prompt_tokens=7, completion_tokens=3)
    (outcome,) = solved(skill, BestOfN(n=5), problems=1)
    assert (outcome.usage.calls, outcome.usage.prompt_tokens, outcome.usage.completion_tokens) == (5, 35, 15)
    assert outcome.usage.cost_usd == pytest.approx(0.05)


def test_a_string_names_a_model() -> None:
    made = generator_from_string(
        "simulated:easy=0.5,hard=0.1,gain=0.05,cost_usd=0.01,seed=3", problem_type=SimulatedProblem
    )
    assert isinstance(made, SimulatedModel)
    skills: Any = made.describe()["skills"]
    assert skills["hard"]["success"] == 0.1
    assert skills["easy"]["gain"] == 0.05
    assert made.describe()["seed"] == 3


@pytest.mark.parametrize(
    "name", ["", "easy", "easy=", "=0.5", "easy=2", "easy=nan", "gain=0.1", "easy=0.5,gain=-1"]
)
def test_odds_that_make_no_sense_are_refused(name: str) -> None:
    with pytest.raises(ConfigurationError):
        MODELS.generator(name)


def test_a_difficulty_without_a_skill_ends_the_run_with_an_error() -> None:
    outcome = modulo.solve_sync(graph(SimulatedModel({"easy": Skill(success=1)})), SimulatedProblem(1, "hard"))
    assert outcome.stop_reason == "error"
