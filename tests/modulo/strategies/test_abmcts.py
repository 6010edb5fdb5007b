"""Adaptive branching: as good as the better of always anew and always refining, in worlds with known odds."""

from __future__ import annotations

import math
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from modulo import ABMCTS, BestOfN, Budget, Certified, ConfigurationError, Exhausted, Models, Refine, StopReason
from modulo.strategies.beliefs import Belief
from modulo.testing import ScriptedGenerator
from tests.modulo.strategies import runs, worlds
from tests.modulo.strategies.worlds import Odds

pytestmark = pytest.mark.anyio

ANEW = BestOfN(n=10**6, width=1)
REFINE = Refine(patience=None)

CRITIQUES_HELP = Odds(0.7, mends=0.3, breaks=0.12)
CRITIQUES_CHANGE_NOTHING = Odds(0.5, mends=0.5, breaks=0.5)
CRITIQUES_MAKE_IT_STUBBORN = Odds(0.5, stuck=1.0)


def error_of(one: int, other: int, runs: int) -> float:
    """Two standard errors of the difference of two counts."""
    return 2 * math.sqrt(sum(count * (1 - count / runs) for count in (one, other)))


@pytest.mark.parametrize(
    ("odds", "better"),
    [(CRITIQUES_HELP, REFINE), (CRITIQUES_CHANGE_NOTHING, ANEW), (CRITIQUES_CHANGE_NOTHING, REFINE)],
)
async def test_it_is_no_worse_than_the_better_of_anew_and_refining(odds: Odds, better: Any) -> None:
    runs, calls = 80, 12
    ours = await worlds.certified(ABMCTS(), runs=runs, calls=calls, model=odds)
    theirs = await worlds.certified(better, runs=runs, calls=calls, model=odds)
    assert ours >= theirs - error_of(ours, theirs, runs)


async def test_where_critiques_help_it_is_far_better_than_answering_anew() -> None:
    ours, theirs = [
        await worlds.certified(s, runs=40, calls=12, model=CRITIQUES_HELP) for s in (ABMCTS(), ANEW)
    ]
    assert ours >= 2 * theirs


async def test_a_model_that_repeats_itself_is_asked_anew() -> None:
    world: Any = {"runs": 40, "calls": 12, "model": CRITIQUES_MAKE_IT_STUBBORN}
    assert await worlds.certified(ABMCTS(), **world) >= 3 * await worlds.certified(REFINE, **world)


async def test_it_finds_the_better_model() -> None:
    models = {"worse": Odds(0.9, mends=0.02, breaks=0.1), "better": Odds(0.8, mends=0.1, breaks=0.02)}
    outcomes = [await worlds.run(ABMCTS(), seed=seed, calls=40, **models) for seed in range(20)]
    late = Counter(attempt.sampling.model for outcome in outcomes for attempt in outcome.attempts[10:])
    assert late["better"] > 1.5 * late["worse"]
    alone = await worlds.certified(ABMCTS(), runs=20, calls=40, worse=models["worse"])
    assert sum(isinstance(outcome, Certified) for outcome in outcomes) >= 4 * max(1, alone)


async def test_what_is_asked_for_at_the_same_time_spreads() -> None:
    generator = ScriptedGenerator(lambda request: f"no {request.turn}")
    outcome = await runs.run(generator, ABMCTS(width=4), budget=Budget(rounds=6))
    parents = [attempt.parent for attempt in outcome.attempts if attempt.round > 1]
    assert len(outcome.attempts) == 24
    assert len(set(parents)) > 6


async def test_it_stops_when_nothing_new_has_come_for_long() -> None:
    generator = ScriptedGenerator(["no"], repeats_last=True)
    outcome = await runs.run(generator, ABMCTS(patience=5), budget=Budget(rounds=100))
    assert isinstance(outcome, Exhausted)
    assert (outcome.stop_reason, len(outcome.attempts)) == (StopReason.STUCK, 6)


async def test_all_models_can_be_left_to_some() -> None:
    models = Models({name: ScriptedGenerator(lambda r: f"no {r.turn}") for name in ("a", "b", "c")})
    outcome = await runs.run(models, ABMCTS(models=("a", "c")), budget=Budget(rounds=20))
    assert {attempt.sampling.model for attempt in outcome.attempts} == {"a", "c"}


async def test_a_certified_answer_is_not_gone_on_with() -> None:
    generator = ScriptedGenerator(lambda request: "ok" if request.turn == 1 else f"no {request.turn}")
    outcome = await runs.run(generator, ABMCTS(), budget=Budget(rounds=20), select="best")
    assert isinstance(outcome, Certified)
    assert 1 not in {attempt.parent for attempt in outcome.attempts}


async def test_it_is_replayed_from_its_trace(tmp_path: Path) -> None:
    def models() -> Models:
        return Models({name: ScriptedGenerator(lambda r: f"no {r.turn}") for name in ("a", "b")})

    await runs.assert_replays(models, ABMCTS(models=("a", "b"), width=3), tmp_path / "trace.jsonl")


@pytest.mark.parametrize("settings", [{"width": 0}, {"patience": 0}, {"patience": True}])
async def test_settings_that_make_no_sense_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        ABMCTS(**settings)


def test_a_belief_comes_to_the_scores_that_it_sees() -> None:
    rng, belief = random.Random(0), Belief(mean=0.2, variance=0.02)
    for _ in range(500):
        belief.observe(rng.gauss(0.7, 0.1))
    drawn = [belief.draw(rng) for _ in range(200)]
    assert all(abs(one.mean - 0.7) < 0.03 and abs(one.deviation - 0.1) < 0.03 for one in drawn)


def test_a_loss_that_is_taken_back_leaves_no_trace() -> None:
    belief = Belief(mean=0.2, variance=0.02)
    belief.observe(0.1 + 0.2)
    before = belief.draw(random.Random(0))
    belief.count += 1
    assert belief.draw(random.Random(0)) != before
    belief.count -= 1
    assert belief.draw(random.Random(0)) == before
