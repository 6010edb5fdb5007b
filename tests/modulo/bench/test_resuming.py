"""What an interruption cost stands in the books: nothing is paid twice, and nothing that was paid is left out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
import pytest

from modulo.bench import running
from modulo.bench.folder import StudyFolder
from modulo.bench.resuming import PaidAnswers, paid_answers
from modulo.bench.running import StudyResult, run_study
from modulo.bench.statistics import spent_by
from modulo.bench.study import study_of
from modulo.budget import Usage
from modulo.errors import RequestRejected
from modulo.generators.around import Around
from modulo.protocols import Generation, Request

STUDY: dict[str, Any] = {
    "problems": [{"domain": "simulated", "count": 6}],
    "models": {"sim": "simulated:easy=0.1,cost_usd=0.01"},
    "strategies": {"refine": "refine"},
    "budget": {"rounds": 8},
}


class _Provider:
    """Takes money for each call that it is asked for, and does at some of them what it is told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls = 0
        self.fails: set[int] = set()
        self.hangs: set[int] = set()
        self.breaks: set[int] = set()
        made = running.generator_of
        monkeypatch.setattr(running, "generator_of", lambda *args: _Asking(made(*args), self))


class _Asking(Around):
    def __init__(self, inner: Any, provider: _Provider) -> None:
        super().__init__(inner)
        self._provider = provider

    async def generate(self, request: Request) -> Generation:
        provider = self._provider
        provider.calls += 1
        number = provider.calls
        if number in provider.breaks:
            raise KeyboardInterrupt
        if number in provider.fails:
            raise RequestRejected("not today")
        if number in provider.hangs:
            await anyio.sleep_forever()
        answer = await super().generate(request)
        return Generation(text=answer.text, usage=answer.usage, model=answer.model, extra={"reasoning": number})


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> _Provider:
    return _Provider(monkeypatch)


def ran(folder: Path, *, seconds: float | None = None, **changes: Any) -> StudyResult | None:
    """What came of the study; None if it was cancelled after so many seconds."""

    async def run() -> StudyResult | None:
        with anyio.move_on_after(seconds):
            return await run_study(
                study_of({**STUDY, **changes}, where="here"), StudyFolder(folder), base=folder
            )
        return None

    return anyio.run(run)


def interrupted(folder: Path, **changes: Any) -> None:
    with pytest.raises(KeyboardInterrupt):
        ran(folder, **changes)


def counted(result: StudyResult | None) -> int:
    assert result is not None
    return spent_by(result.rows).calls


def test_calls_that_failed_before_an_interruption_are_counted(provider: _Provider, tmp_path: Path) -> None:
    provider.fails, provider.breaks = {2, 3}, {5}
    interrupted(tmp_path / "out", concurrency=1, strategies={"best": "best_of_n:n=8,width=1"})
    result = ran(tmp_path / "out", concurrency=1, strategies={"best": "best_of_n:n=8,width=1"})
    assert counted(result) == provider.calls


def test_calls_that_an_interrupt_in_good_order_broke_off_are_counted(
    provider: _Provider, tmp_path: Path
) -> None:
    provider.hangs = {3, 4, 5}
    assert ran(tmp_path / "out", concurrency=3, seconds=1) is None
    result = ran(tmp_path / "out", concurrency=3)
    assert counted(result) == provider.calls
    assert result is not None
    assert sum(row.lost.calls for row in result.rows) == 3


def test_answers_are_given_again_however_often_it_is_interrupted(provider: _Provider, tmp_path: Path) -> None:
    provider.breaks = set(range(5, 200, 4))
    strategies = {"wide": "best_of_n:n=6", "refine": "refine"}
    for _ in provider.breaks:
        try:
            result = ran(tmp_path / "out", concurrency=2, strategies=strategies)
        except KeyboardInterrupt:
            continue
        break
    assert counted(result) == provider.calls
    assert result is not None
    assert sum(row.lost.calls for row in result.rows) < provider.calls / 3


def test_the_studys_budget_holds_for_real_calls_however_often_it_goes_on(
    provider: _Provider, tmp_path: Path
) -> None:
    for _ in range(5):
        result = ran(tmp_path / "out", concurrency=4, total={"calls": 20}, models={"sim": "simulated:easy=0"})
        assert result is not None
        assert result.starved > 0
    assert provider.calls == 20
    ran(tmp_path / "out", concurrency=4, total={"calls": 48}, models={"sim": "simulated:easy=0"})
    assert provider.calls == 48


def test_the_studys_budget_counts_what_was_lost(provider: _Provider, tmp_path: Path) -> None:
    provider.breaks = {7}
    given: dict[str, Any] = {
        "concurrency": 1,
        "total": {"cost_usd": 0.2},
        "models": {"sim": "simulated:easy=0,cost_usd=0.01"},
    }
    interrupted(tmp_path / "out", **given)
    result = ran(tmp_path / "out", **given)
    assert result is not None
    assert result.starved > 0
    assert provider.calls == 20


def test_what_else_is_known_of_an_answer_is_kept(provider: _Provider, tmp_path: Path) -> None:
    provider.breaks = {4}
    interrupted(tmp_path / "out", concurrency=1)
    (trace,) = (tmp_path / "out" / "traces").iterdir()
    extras = [answer.generation.extra for answer in paid_answers([trace]).answers.values()]
    assert extras == [{"reasoning": 1}, {"reasoning": 2}, {"reasoning": 3}]


def test_a_run_without_a_trace_has_nothing_that_was_paid_for() -> None:
    assert paid_answers([]) == PaidAnswers(answers={}, spent=Usage())
