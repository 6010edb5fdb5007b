"""Studies: all their runs are made, once, whatever comes between."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import anyio
import pytest

import modulo
from modulo import ConfigurationError
from modulo.bench import running
from modulo.bench.cells import runs_of
from modulo.bench.folder import StudyFolder
from modulo.bench.rows import RunRow
from modulo.bench.running import StudyResult, run_study
from modulo.bench.study import Study, study_of
from modulo.domains.simulated import SimulatedModel
from modulo.protocols import Generation, Generator, Request

STUDY: dict[str, Any] = {
    "problems": [
        {"name": "easy", "domain": "simulated", "count": 5, "difficulty": {"difficulty": "easy"}},
        {"name": "hard", "domain": "simulated", "count": 5, "difficulty": {"difficulty": "hard"}},
    ],
    "models": {"sim": "simulated:easy=0.5,hard=0.1,cost_usd=0.01"},
    "strategies": {"refine": "refine", "best": "best_of_n:n=6,width=1"},
    "budget": {"calls": 6},
}


def study(**changes: Any) -> Study:
    return study_of({**STUDY, **changes}, where="here")


def ran(given: Study, folder: Path, **options: Any) -> StudyResult:
    return anyio.run(lambda: run_study(given, StudyFolder(folder), base=folder, **options))


def by_run(rows: Sequence[RunRow]) -> dict[str, tuple[Any, ...]]:
    return {row.run: (row.certified, row.usage, row.rounds, row.attempts) for row in rows}


def test_every_strategy_is_tried_on_every_problem(tmp_path: Path) -> None:
    result = ran(study(), tmp_path / "out")
    assert {row.run for row in result.rows} == {cell.run for cell in runs_of(study(), base=tmp_path)}
    assert len(result.rows) == 20
    assert result.starved == 0
    assert {row.strategy for row in result.rows} == {"refine", "best"}


def test_rows_certificates_and_traces_say_the_same(tmp_path: Path) -> None:
    result = ran(study(), tmp_path / "out")
    folder = StudyFolder(tmp_path / "out")
    assert by_run(folder.rows()) == by_run(result.rows)
    for row in result.rows:
        assert folder.trace(row.run).exists()
        assert folder.certificate(row.run).exists() is row.certified
        if row.certified:
            certificate = modulo.Certificate.load(folder.certificate(row.run))
            assert certificate.problem_sha256 == row.problem_sha256
            assert certificate.problem == folder.problems()[row.set, row.problem]["problem"]


def test_a_finished_study_is_not_run_again(tmp_path: Path) -> None:
    first = ran(study(), tmp_path / "out")
    seen: list[RunRow] = []
    again = ran(study(), tmp_path / "out", on_finished=seen.append)
    assert seen == []
    assert by_run(again.rows) == by_run(first.rows)


def test_a_folder_with_another_study_is_refused(tmp_path: Path) -> None:
    ran(study(), tmp_path / "out")
    with pytest.raises(ConfigurationError, match="another study"):
        ran(study(seed=1), tmp_path / "out")


def test_a_study_may_go_on_with_a_larger_budget(tmp_path: Path) -> None:
    poor = ran(study(total={"calls": 20}), tmp_path / "out")
    rich = ran(study(total={"calls": 1000}, concurrency=2), tmp_path / "out")
    assert poor.starved > 0
    assert rich.starved == 0
    assert len(rich.rows) == 20


def test_a_folder_with_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("")
    with pytest.raises(ConfigurationError, match="holds no study"):
        ran(study(), tmp_path)


def test_a_folder_is_worked_on_by_one_at_a_time(tmp_path: Path) -> None:
    refused: list[str] = []

    def ran_again(row: RunRow) -> None:
        folder = StudyFolder(tmp_path / "out")
        with pytest.raises(ConfigurationError, match="worked on by another process"), folder.held():
            pass
        refused.append(row.run)

    result = ran(study(), tmp_path / "out", on_finished=ran_again)
    assert len(refused) == len(result.rows) == 20
    with StudyFolder(tmp_path / "out").held():
        pass


class _Counted(Generator):
    """Counts calls, and breaks off at one of them as an interruption would."""

    def __init__(self, inner: Generator, calls: list[int], last: int) -> None:
        self._inner, self._calls, self._last = inner, calls, last

    def worst_case(self, request: Request, samples: int = 1) -> modulo.Usage:
        return self._inner.worst_case(request, samples)

    async def generate(self, request: Request) -> Generation:
        self._calls.append(1)
        if len(self._calls) > self._last:
            raise KeyboardInterrupt
        return await self._inner.generate(request)


@pytest.mark.parametrize("last", [1, 7, 19, 30])
def test_what_was_interrupted_goes_on_without_paying_twice(
    last: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = ran(study(), tmp_path / "whole")
    calls: list[int] = []
    made = running.generator_of

    def counted(*args: Any) -> Generator:
        return _Counted(made(*args), calls, last)

    monkeypatch.setattr(running, "generator_of", counted)
    with pytest.raises(KeyboardInterrupt):
        ran(study(concurrency=3), tmp_path / "out")
    before, last = len(calls), 10**9
    rest = ran(study(concurrency=3), tmp_path / "out")
    assert {run: one[0] for run, one in by_run(rest.rows).items()} == {
        run: one[0] for run, one in by_run(whole.rows).items()
    }
    assert len(rest.rows) == 20
    paid = sum(row.usage.calls for row in whole.rows)
    lost = sum(row.lost.calls for row in rest.rows)
    assert len(calls) <= paid + max(lost, 1)
    assert before >= 1


def test_the_studys_own_budget_is_held_over_interruptions(tmp_path: Path) -> None:
    poor = study(total={"calls": 20})
    first = ran(poor, tmp_path / "out")
    assert first.starved > 0
    assert sum(row.usage.calls for row in first.rows) <= 20
    again = ran(poor, tmp_path / "out")
    assert sum(row.usage.calls for row in again.rows) <= 20


def test_repeats_have_seeds_of_their_own(tmp_path: Path) -> None:
    result = ran(study(repeats=2), tmp_path / "out")
    assert len({row.run for row in result.rows}) == 40


def test_prices_of_the_study_are_put_on_tokens(tmp_path: Path) -> None:
    model = {"model": "simulated:easy=0,hard=0", "input_usd_per_million": 1.0, "output_usd_per_million": 2.0}
    result = ran(study(models={"sim": model}, strategies={"best": "best_of_n:n=2"}), tmp_path / "out")
    assert result.rows[0].usage.cost_usd == pytest.approx(2 * (10 * 1.0 + 10 * 2.0) / 1_000_000)


def test_strategies_choose_among_models_of_the_study(tmp_path: Path) -> None:
    models = {
        "small": "simulated:easy=0,hard=0",
        "large": "simulated:easy=1,hard=1",
        "both": {"choose": ["small", "large"]},
    }
    result = ran(study(models=models, strategies={"cascade": "cascade:tries=1"}), tmp_path / "out")
    both = [row for row in result.rows if row.model == "both"]
    assert all(row.certified for row in both)
    assert [attempt.model for attempt in both[0].attempts] == ["small", "large"]


def test_a_model_is_tried_with_the_strategies_that_it_names(tmp_path: Path) -> None:
    models = {
        "sim": STUDY["models"]["sim"],
        "other": {"model": "simulated:easy=0,hard=0", "strategies": ["best"]},
    }
    result = ran(study(models=models), tmp_path / "out")
    assert len(result.rows) == 10 * 3
    assert {row.strategy for row in result.rows if row.model == "other"} == {"best"}


def test_a_folder_from_before_a_setting_existed_goes_on(tmp_path: Path) -> None:
    ran(study(), tmp_path / "out")
    file = tmp_path / "out" / "study.json"
    document = json.loads(file.read_bytes())
    del document["models"]["sim"]["strategies"]
    file.write_text(json.dumps(document))
    assert len(ran(study(), tmp_path / "out").rows) == 20


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"models": {"a": {"model": "local", "strategies": ["x"]}}}, "'x', which is no strategy of the study"),
        ({"strategies": {}}, "strategies"),
        ({"strategies": {"a": "refin"}}, "did you mean 'refine'"),
        ({"problems": []}, "problems"),
        ({"problems": [{"domain": "simulated"}]}, "a set of problems has"),
        ({"problems": [{"domain": "simulatd", "count": 1}]}, "did you mean 'simulated'"),
        ({"problems": [{"domain": "simulated", "count": 1, "difficulty": {"size": 3}}]}, "no setting size"),
        ({"problems": [{"domain": "simulated", "count": 1}] * 2}, "different names"),
        ({"models": {"a": {"choose": ["b"]}}}, "which is no single model"),
        ({"models": {"a": {}}}, "either 'model' or 'choose'"),
        ({"models": {"a": {"model": "local", "input_usd_per_million": 1}}}, "a price has both"),
        ({"budget": {"calls": -1}}, "calls must be a whole number"),
        ({"tempo": 1}, "tempo"),
        ({"repeats": 0}, "repeats"),
    ],
)
def test_a_study_that_makes_no_sense_is_refused_in_words(changes: Any, message: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=message):
        runs_of(study(**changes), base=tmp_path)


def test_problems_can_be_read_from_lines(tmp_path: Path) -> None:
    lines = [
        '{"id": "a", "problem": {"number": 1, "difficulty": "easy"}}',
        '{"number": 2, "difficulty": "hard"}',
    ]
    (tmp_path / "problems.jsonl").write_text("\n".join(lines))
    one = study(problems=[{"domain": "simulated", "lines": "problems.jsonl"}])
    assert [cell.problem.id for cell in runs_of(one, base=tmp_path)][::2] == ["a", "2"]
    some = study(problems=[{"domain": "simulated", "lines": "problems.jsonl", "ids": ["2"]}])
    assert {cell.problem.id for cell in runs_of(some, base=tmp_path)} == {"2"}
    with pytest.raises(ConfigurationError, match="there is no problem b"):
        runs_of(
            study(problems=[{"domain": "simulated", "lines": "problems.jsonl", "ids": ["b"]}]), base=tmp_path
        )


def test_the_simulated_model_of_a_study_is_a_real_generator() -> None:
    cell = runs_of(study(), base=Path())[0]
    assert isinstance(running.generator_of(study(), cell, 0), SimulatedModel)


def test_repeats_of_a_simulated_model_are_drawn_anew(tmp_path: Path) -> None:
    given = study(
        repeats=40,
        problems=[{"domain": "simulated", "count": 1}],
        models={"m": "simulated:easy=0.5"},
        strategies={"once": "best_of_n:n=1"},
    )
    certified = sum(row.certified for row in ran(given, tmp_path / "out").rows)
    assert 8 <= certified <= 32


def test_misconceptions_of_a_simulated_model_are_the_same_in_every_repeat(tmp_path: Path) -> None:
    given = study(
        repeats=6,
        problems=[{"domain": "simulated", "count": 8}],
        models={"m": "simulated:easy=1,misconception=0.5"},
        strategies={"once": "best_of_n:n=1"},
    )
    of_problems: dict[str, set[bool]] = {}
    for row in ran(given, tmp_path / "out").rows:
        of_problems.setdefault(row.problem, set()).add(row.certified)
    assert sorted(map(len, of_problems.values())) == [1] * 8
    assert {True, False} == set().union(*of_problems.values())


def test_runs_that_would_have_the_same_name_are_refused(tmp_path: Path) -> None:
    models = {"sim": "simulated:easy=0.5", "sim/a": "simulated:easy=1"}
    given = study(models=models, strategies={"a/b": "refine", "b": "refine"})
    with pytest.raises(ConfigurationError, match="two runs would both be called 'easy/seed 0/sim/a/b/0'"):
        runs_of(given, base=tmp_path)
