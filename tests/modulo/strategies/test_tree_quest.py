"""TreeQuest's searches on our loop: what they decide, and what they leave behind in the process."""

from __future__ import annotations

import random
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import modulo
from modulo import (
    BestOfN,
    Budget,
    Certified,
    ConfigurationError,
    Exhausted,
    MissingDependencyError,
    Models,
    Portfolio,
    StopReason,
    TreeQuest,
)
from modulo.errors import ContextOverflow
from modulo.strategies.named import strategy_from_string
from modulo.testing import ScriptedGenerator, assert_conforms
from tests.modulo.strategies import runs, worlds
from tests.modulo.strategies.installed import needs_treequest
from tests.modulo.strategies.worlds import Odds

pytestmark = [pytest.mark.anyio, needs_treequest]

ALGORITHMS = ("ABMCTSA", "StandardMCTS", "TreeOfThoughtsBFSAlgo")


def rejected(request: modulo.Request) -> str:
    return f"no {request.turn}"


@pytest.mark.parametrize(
    "settings",
    [
        {"width": 3},
        {"settings": {"dist_type": "beta", "model_selection_strategy": "stack"}},
        {"algorithm": "StandardMCTS", "settings": {"samples_per_action": 1}},
        {"algorithm": "TreeOfThoughtsBFSAlgo"},
    ],
    ids=str,
)
def test_it_conforms(settings: dict[str, Any]) -> None:
    assert_conforms(lambda: TreeQuest(**settings))


def test_it_conforms_beside_others() -> None:
    assert_conforms(lambda: Portfolio((TreeQuest(width=2), BestOfN(n=5))))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
async def test_it_goes_on_from_answers_and_begins_anew(algorithm: str) -> None:
    outcome = await runs.run(
        ScriptedGenerator(rejected), TreeQuest(algorithm=algorithm), budget=Budget(calls=30)
    )
    parents = Counter(attempt.parent is None for attempt in outcome.attempts)
    assert parents[True] >= 1
    assert parents[False] >= 5


async def test_it_finds_what_critiques_lead_to() -> None:
    helpful = Odds(0.7, mends=0.3, breaks=0.12)
    ours = await worlds.certified(TreeQuest(), runs=20, calls=12, model=helpful)
    anew = await worlds.certified(BestOfN(n=10**6, width=1), runs=20, calls=12, model=helpful)
    assert ours > anew


async def test_it_learns_which_model_is_better() -> None:
    models = {"worse": Odds(0.95), "better": Odds(0.4)}
    strategy = TreeQuest(settings={"model_selection_strategy": "stack"})
    asked: Counter[str | None] = Counter()
    for seed in range(10):
        outcome = await worlds.run(strategy, seed=seed, calls=25, **models)
        asked.update(attempt.sampling.model for attempt in outcome.attempts[5:])
    assert asked["better"] > asked["worse"]


async def test_the_generators_of_the_process_are_left_as_they_were() -> None:
    numpy = pytest.importorskip("numpy")
    random.seed(5)
    numpy.random.seed(5)
    expected = random.getstate(), numpy.random.get_state()[1].tolist()
    await runs.run(ScriptedGenerator(rejected), TreeQuest(width=2), budget=Budget(calls=9))
    assert (random.getstate(), numpy.random.get_state()[1].tolist()) == expected


async def test_what_the_process_drew_before_changes_nothing() -> None:
    numpy = pytest.importorskip("numpy")
    made = []
    for drawn in (1, 2):
        numpy.random.seed(drawn)
        outcome = await runs.run(ScriptedGenerator(rejected), TreeQuest(), budget=Budget(calls=25), seed=3)
        made.append([attempt.parent for attempt in outcome.attempts])
    assert made[0] == made[1]
    other = await runs.run(ScriptedGenerator(rejected), TreeQuest(), budget=Budget(calls=25), seed=4)
    assert [attempt.parent for attempt in other.attempts] != made[0]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
async def test_it_is_replayed_from_its_trace(algorithm: str, tmp_path: Path) -> None:
    def models() -> Models:
        return Models({name: ScriptedGenerator(rejected) for name in ("a", "b")})

    await runs.assert_replays(models, TreeQuest(algorithm=algorithm, width=2), tmp_path / "trace.jsonl")


async def test_it_stops_when_nothing_new_has_come_for_long() -> None:
    generator = ScriptedGenerator(["no"], repeats_last=True)
    outcome = await runs.run(generator, TreeQuest(patience=5), budget=Budget(rounds=100))
    assert isinstance(outcome, Exhausted)
    assert (outcome.stop_reason, len(outcome.attempts)) == (StopReason.STUCK, 6)


async def test_a_certified_answer_is_not_gone_on_with() -> None:
    generator = ScriptedGenerator(lambda request: "ok" if request.turn == 1 else f"no {request.turn}")
    outcome = await runs.run(generator, TreeQuest(), budget=Budget(rounds=20), select="best")
    assert isinstance(outcome, Certified)
    assert 1 not in {attempt.parent for attempt in outcome.attempts}
    assert len(outcome.attempts) == 20


async def test_calls_that_fail_are_not_told_and_others_follow() -> None:
    script = [ContextOverflow("too long"), "no", ContextOverflow("too long"), "ok"]
    outcome = await runs.run(ScriptedGenerator(script), TreeQuest(), budget=Budget(rounds=10))
    assert isinstance(outcome, Certified)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"algorithm": "NoSuch"}, "'NoSuch' is no algorithm"),
        ({"algorithm": "top_k"}, "top_k"),
        ({"settings": {"no_such": 1}}, "ABMCTSA does not take that"),
        ({"settings": {"model_selection_strategy": "none"}}, "ABMCTSA does not take that"),
        ({"models": ("none",)}, "none is no model"),
    ],
)
async def test_what_treequest_does_not_have_is_refused_before_anything_is_paid(
    settings: dict[str, Any], message: str
) -> None:
    generator = ScriptedGenerator(["ok"], keeps_requests=True)
    with pytest.raises(ConfigurationError, match=message):
        await runs.run(generator, TreeQuest(**settings))
    assert generator.requests == []


@pytest.mark.parametrize(
    "settings", [{"width": 0}, {"patience": True}, {"algorithm": 3}, {"settings": "none"}, {"models": 3}]
)
def test_settings_that_make_no_sense_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        TreeQuest(**settings)


async def test_an_algorithm_that_needs_more_says_so() -> None:
    try:
        import pymc  # type: ignore[import-not-found]  # noqa: F401
    except ImportError:
        with pytest.raises(MissingDependencyError, match="ABMCTSM needs more"):
            await runs.run(ScriptedGenerator(["ok"]), TreeQuest(algorithm="ABMCTSM"))


def test_it_is_named_with_its_algorithm() -> None:
    made = strategy_from_string("tree_quest:algorithm=StandardMCTS,width=4")
    assert made == TreeQuest(algorithm="StandardMCTS", width=4)


def test_without_the_library_one_sentence_names_the_extra() -> None:
    program = (
        "import sys; sys.modules['treequest'] = None\n"
        "import modulo\n"
        "try: modulo.TreeQuest()\n"
        "except modulo.MissingDependencyError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "TreeQuest needs the library: pip install 'llm-modulo[treequest]'"


def test_to_make_one_loads_nothing() -> None:
    program = "import sys, modulo; modulo.TreeQuest(); print({'scipy', 'treequest', 'numpy'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
