"""Best of n: independent samples."""

from __future__ import annotations

from pathlib import Path

import pytest

from modulo import BestOfN, Budget, Certified, ConfigurationError, Exhausted, StopReason
from modulo.testing import ScriptedGenerator
from tests.modulo.loops import Counts
from tests.modulo.strategies.runs import assert_replays, run

pytestmark = pytest.mark.anyio


async def test_the_first_certified_sample_wins() -> None:
    outcome = await run(["no", "no", "ok 2", "ok 3"], BestOfN(n=4, width=1))
    assert isinstance(outcome, Certified)
    assert (outcome.solution, len(outcome.attempts)) == ("ok 2", 3)


async def test_samples_know_nothing_of_each_other() -> None:
    generator = ScriptedGenerator(["no"], repeats_last=True, keeps_requests=True)
    await run(generator, BestOfN(n=3, width=1))
    assert len({request.messages for request in generator.requests}) == 1


async def test_after_n_samples_there_is_nothing_left_to_try() -> None:
    outcome = await run(Counts(), BestOfN(n=5))
    assert isinstance(outcome, Exhausted)
    assert (outcome.stop_reason, len(outcome.attempts)) == (StopReason.STUCK, 5)


@pytest.mark.parametrize(("width", "most"), [(None, 6), (2, 2), (1, 1)])
async def test_as_many_samples_run_at_the_same_time_as_are_wanted(width: int | None, most: int) -> None:
    generator = Counts()
    await run(generator, BestOfN(n=6, width=width))
    assert generator.most_in_flight == most


async def test_no_more_samples_run_at_the_same_time_than_the_run_allows() -> None:
    generator = Counts()
    await run(generator, BestOfN(n=9), max_concurrency=4)
    assert generator.most_in_flight == 4


async def test_the_budget_ends_it_earlier() -> None:
    outcome = await run(Counts(), BestOfN(n=9), budget=Budget(calls=4))
    assert len([a for a in outcome.attempts if a.generation]) == 4


async def test_the_temperature_is_asked_for() -> None:
    outcome = await run(["ok"], BestOfN(n=1, temperature=0.9))
    assert outcome.attempts[0].sampling.temperature == 0.9


async def test_it_is_replayed_from_its_trace(tmp_path: Path) -> None:
    await assert_replays(Counts, BestOfN(n=7, width=3), tmp_path / "trace.jsonl")


@pytest.mark.parametrize("settings", [{"n": 0}, {"n": 1.5}, {"width": 0}, {"temperature": -1}, {"n": None}])
async def test_settings_that_make_no_sense_are_refused(settings: dict[str, int]) -> None:
    with pytest.raises(ConfigurationError):
        BestOfN(**settings)  # type: ignore[arg-type]
