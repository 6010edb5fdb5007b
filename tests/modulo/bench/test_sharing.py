"""Strategies that share a budget among the problems of a set, in studies."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import anyio
import pytest
from msgspec.structs import replace

from modulo import Budget, ConfigurationError, StopReason
from modulo.bench import running
from modulo.bench.cells import runs_of
from modulo.bench.folder import StudyFolder
from modulo.bench.report.runs import runs_section
from modulo.bench.rows import RunRow
from modulo.bench.running import StudyResult, run_study
from modulo.bench.sharing import budget_of_all, shared_from_string
from modulo.bench.statistics import comparisons_of
from modulo.bench.study import Study, study_of
from modulo.protocols import Generator
from tests.modulo.bench.report.pages import Page
from tests.modulo.bench.test_running import _Counted

SAMPLES = "best_of_n:n=1000,width=1"
STUDY: dict[str, Any] = {
    "problems": [{"name": "hard", "domain": "simulated", "count": 12, "difficulty": {"difficulty": "hard"}}],
    "models": {"sim": "simulated:hard=0.25,cost_usd=0.01"},
    "strategies": {"each": SAMPLES, "adaptive": f"adaptive:at_a_time=3,strategy={SAMPLES}"},
    "budget": {"calls": 4},
}


def study(**changes: Any) -> Study:
    return study_of({**STUDY, **changes}, where="here")


def ran(given: Study, folder: Path, **options: Any) -> StudyResult:
    return anyio.run(lambda: run_study(given, StudyFolder(folder), base=folder, **options))


def of(result: StudyResult, strategy: str = "adaptive") -> list[RunRow]:
    return [row for row in result.rows if row.strategy == strategy]


def told(rows: Sequence[RunRow]) -> dict[str, tuple[Any, ...]]:
    return {row.run: (row.stop_reason, row.usage, row.rounds, row.attempts) for row in rows}


def test_runs_spend_together_what_those_of_other_strategies_may_spend_each(tmp_path: Path) -> None:
    rows = of(ran(study(), tmp_path / "out"))
    assert len(rows) == 12
    assert sum(row.usage.calls for row in rows) <= 12 * 4
    assert max(row.usage.calls for row in rows) > 4
    assert all(row.certified or row.stop_reason is StopReason.CALLS_LIMIT for row in rows)
    assert {row.shared_by for row in rows} == {12}


def test_what_the_solved_leave_goes_to_the_unsolved(tmp_path: Path) -> None:
    result = ran(study(repeats=5), tmp_path / "out")
    assert sum(row.certified for row in of(result)) > sum(row.certified for row in of(result, "each"))


def test_rows_certificates_and_traces_are_in_the_folder(tmp_path: Path) -> None:
    result = ran(study(), tmp_path / "out")
    folder = StudyFolder(tmp_path / "out")
    assert [row.run for row in result.rows] == [cell.run for cell in runs_of(study(), base=tmp_path)]
    for row in result.rows:
        assert folder.trace(row.run).exists()
        assert folder.certificate(row.run).exists() is row.certified


@pytest.mark.parametrize("concurrency", [1, 2, 16])
def test_what_is_solved_does_not_depend_on_how_much_runs_at_once(concurrency: int, tmp_path: Path) -> None:
    first = ran(study(), tmp_path / "first")
    again = ran(study(concurrency=concurrency), tmp_path / "again")
    assert told(again.rows) == told(first.rows)


@pytest.mark.parametrize("last", [1, 4, 9, 15])
def test_a_set_that_was_interrupted_goes_on_without_paying_twice(
    last: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = study(strategies={"adaptive": STUDY["strategies"]["adaptive"]})
    whole = ran(one, tmp_path / "whole")
    calls: list[int] = []
    made = running.generator_of

    def counted(*args: Any) -> Generator:
        return _Counted(made(*args), calls, last)

    monkeypatch.setattr(running, "generator_of", counted)
    with pytest.raises(KeyboardInterrupt):
        ran(one, tmp_path / "out")
    assert StudyFolder(tmp_path / "out").rows() == []
    last = 10**9
    rest = ran(one, tmp_path / "out")
    assert told(rest.rows) == told(whole.rows)
    paid, lost = (sum(getattr(row, name).calls for row in rest.rows) for name in ("usage", "lost"))
    assert len(calls) <= paid + max(lost, 1)


def test_a_set_of_which_rows_are_missing_is_completed_from_its_traces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = ran(study(total={"calls": 200}), tmp_path / "out")
    file = tmp_path / "out" / "runs.jsonl"
    lines = file.read_bytes().splitlines(keepends=True)
    adaptive = [line for line in lines if json.loads(line)["strategy"] == "adaptive"]
    file.write_bytes(b"".join(line for line in lines if line not in adaptive[5:]))
    calls: list[int] = []
    made = running.generator_of
    monkeypatch.setattr(running, "generator_of", lambda *args: _Counted(made(*args), calls, 0))
    seen: list[str] = []
    again = ran(study(total={"calls": 200}), tmp_path / "out", on_finished=lambda row: seen.append(row.run))
    assert told(again.rows) == told(whole.rows)
    assert calls == []
    assert len(seen) == 7
    assert len(again.rows) == 24


def test_a_set_that_the_studys_budget_ended_waits_for_more_of_it(tmp_path: Path) -> None:
    one = {"strategies": {"adaptive": STUDY["strategies"]["adaptive"]}}
    poor = ran(study(**one, total={"calls": 20}), tmp_path / "out")
    assert (poor.starved, poor.rows) == (12, [])
    rich = ran(study(**one, total={"calls": 48}), tmp_path / "out")
    assert rich.starved == 0
    assert told(rich.rows) == told(ran(study(**one), tmp_path / "whole").rows)


def test_repeats_models_and_sets_have_budgets_of_their_own(tmp_path: Path) -> None:
    sets = [*STUDY["problems"], {"name": "easy", "domain": "simulated", "count": 2}]
    models = {**STUDY["models"], "weak": "simulated:hard=0,easy=0"}
    rows = of(ran(study(problems=sets, models=models, repeats=2), tmp_path / "out"))
    assert len(rows) == 2 * 2 * (12 + 2)
    for name, count in (("hard", 12), ("easy", 2)):
        for repeat in (0, 1):
            weak = [row for row in rows if (row.set, row.model, row.repeat) == (name, "weak", repeat)]
            assert sum(row.usage.calls for row in weak) == 4 * count


def test_stops_are_explained(tmp_path: Path) -> None:
    given = f"adaptive:worth_rounds=3,strategy={SAMPLES}"
    models = {"never": "simulated:hard=0"}
    out = tmp_path / "out"
    result = ran(study(strategies={"adaptive": given}, models=models, budget={"calls": 60}), out)
    assert {row.stop_reason for row in result.rows} == {StopReason.GIVEN_UP}
    assert all("less than once in 3 rounds" in str(row.error) for row in result.rows)
    text = Page(runs_section(StudyFolder(out), result.rows).markup).text()
    assert "It was given up: after" in text
    assert "error" not in text

    limited = ran(study(models=models), tmp_path / "limited")
    text = Page(runs_section(StudyFolder(tmp_path / "limited"), of(limited)).markup).text()
    assert "The budget that it shared with 11 other runs had no room for another round" in text


def test_it_is_compared_at_the_same_budget_for_all_runs_together(tmp_path: Path) -> None:
    result = ran(study(), tmp_path / "out")
    (one,) = comparisons_of(result.rows)
    assert one.shared
    assert one.second.certified == sum(row.certified for row in of(result))
    assert one.second.spent == sum(row.usage.tokens for row in of(result))
    assert one.words.startswith("With the same budget for all runs together, of which they spent")
    each = [row for row in result.rows if row.strategy == "each"]
    assert not comparisons_of([*each, *(_renamed(row) for row in each)])[0].shared


def _renamed(row: RunRow) -> RunRow:
    return replace(row, strategy="other")


def test_its_runs_do_not_count_the_time_in_which_they_wait(tmp_path: Path) -> None:
    models = {"slow": "simulated:hard=0,latency_seconds=0.01"}
    given = study(models=models, strategies={"adaptive": f"adaptive:at_a_time=1,strategy={SAMPLES}"})
    began = time.monotonic()
    rows = ran(given, tmp_path / "out").rows
    assert sum(row.seconds for row in rows) <= time.monotonic() - began
    assert all(row.seconds >= 0.009 * row.usage.calls for row in rows)


# --------------------------------------------------------------------------------------------------------- in words


@pytest.mark.parametrize("text", ["refine", "domain", "best_of_n:n=3", "refine|best_of_n", "adaptively"])
def test_other_strategies_share_nothing(text: str) -> None:
    assert shared_from_string(text) is None


def test_the_settings_of_what_it_runs_come_last() -> None:
    shared = shared_from_string("adaptive:at_a_time=2,worth_rounds=9.5,strategy=best_of_n:n=8,width=1")
    assert shared is not None
    assert (shared.at_a_time, shared.allocation.worth_rounds) == (2, 9.5)
    assert shared.strategy == "best_of_n:n=8,width=1"
    plain = shared_from_string("adaptive")
    assert plain is not None
    assert plain.strategy == "domain"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("adaptive:at_a_time=0", "at_a_time must be a whole number"),
        ("adaptive:worth=3", "no setting worth; it has worth_rounds"),
        ("adaptive:worth_rounds=0.5", "worth_rounds must be"),
        ("adaptive:strategy=refin", "did you mean 'refine'"),
        ("adaptive:strategy=adaptive", "is a strategy of a study"),
        ("adaptive:strategy=", "there is no strategy ''"),
        ("refine|adaptive", "is a strategy of a study"),
    ],
)
def test_a_shared_strategy_that_makes_no_sense_is_refused_in_words(
    text: str, message: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        runs_of(study(strategies={"a": text}), base=tmp_path)


def test_seconds_are_not_shared() -> None:
    with pytest.raises(ConfigurationError, match="no seconds"):
        runs_of(study(budget={"calls": 4, "seconds": 60}), base=Path())


def test_the_budget_of_all_is_that_of_each_so_many_times() -> None:
    assert budget_of_all(Budget(tokens=100, cost_usd=0.5), 7) == Budget(tokens=700, cost_usd=3.5)
