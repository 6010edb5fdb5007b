"""Studies of models that consult tools: the calls within an attempt are in all books."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest

from modulo import Tool, ToolLoop
from modulo.bench import running
from modulo.bench.folder import StudyFolder
from modulo.bench.resuming import paid_answers
from modulo.bench.rows import RunRow
from modulo.bench.running import StudyResult, run_study
from modulo.bench.statistics import spent_by, spent_until_certified
from modulo.bench.study import study_of
from modulo.budget import Usage
from modulo.generators.around import Around
from modulo.protocols import Finish, Generation, Request
from modulo.toolbox import ToolCall

STUDY: dict[str, Any] = {
    "problems": [{"domain": "simulated", "count": 4}],
    "models": {"sim": "simulated:easy=0.15"},
    "strategies": {"refine": "refine"},
    "budget": {"rounds": 6},
}
TOKENS = 10
"""Of each call."""


class _Consulting(Around):
    """Consults a tool twice before each answer, and breaks off at one of its calls as an interruption would."""

    def __init__(self, inner: Any, provider: _Provider) -> None:
        super().__init__(inner)
        self._provider = provider

    def worst_case(self, request: Request, samples: int = 1) -> Usage:
        return Usage(calls=1, completion_tokens=TOKENS)

    async def generate(self, request: Request) -> Generation:
        self._provider.calls += 1
        self._provider.on_call(self._provider.calls)
        if self._provider.calls == self._provider.breaks_at:
            raise KeyboardInterrupt
        usage = Usage(calls=1, completion_tokens=TOKENS)
        assert request.toolbox is not None
        if len(request.toolbox.consultations) < 2:
            call = ToolCall(id="", tool="look", arguments="{}")
            return Generation(text="", finish=Finish.TOOL_CALLS, tool_calls=(call,), usage=usage)
        answer = await super().generate(request)
        return Generation(text=answer.text, usage=usage, model=answer.model)


class _Provider:
    """Counts what it is asked for."""

    def __init__(self) -> None:
        self.calls = 0
        self.breaks_at: int | None = None
        self.on_call: Callable[[int], object] = lambda number: None

    def consulting(self, made: Callable[..., Any]) -> Callable[..., Any]:
        look = Tool(lambda problem: "nothing", name="look", description="Looks.", parameters={})
        return lambda *args: ToolLoop(_Consulting(made(*args), self), [look])


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> _Provider:
    provider = _Provider()
    monkeypatch.setattr(running, "generator_of", provider.consulting(running.generator_of))
    return provider


def ran(folder: Path, **changes: Any) -> StudyResult:
    study = study_of({**STUDY, **changes}, where="here")
    return anyio.run(lambda: run_study(study, StudyFolder(folder), base=folder))


def calls_until_certified(row: RunRow) -> int:
    spent = spent_until_certified(row)
    assert spent is not None
    return spent.calls


def test_all_calls_are_in_the_books(provider: _Provider, tmp_path: Path) -> None:
    rows = ran(tmp_path / "out").rows
    assert spent_by(rows).calls == provider.calls
    assert spent_by(rows).tokens == TOKENS * provider.calls


@pytest.mark.parametrize("total", range(2, 12))
def test_what_the_studys_budget_ended_is_not_finished(total: int, provider: _Provider, tmp_path: Path) -> None:
    models = {"sim": "simulated:easy=0"}
    poor = ran(tmp_path / "out", total={"tokens": total * TOKENS}, models=models, concurrency=1)
    assert poor.starved == 4
    assert provider.calls <= total
    rich = ran(tmp_path / "out", total={"tokens": 10_000}, models=models)
    assert [row.rounds for row in rich.rows] == [6] * 4
    assert spent_by(rich.rows).calls == provider.calls


@pytest.mark.parametrize("breaks_at", [1, 2, 3, 4, 5, 6, 8, 9, 17, 29, 30])
def test_an_interruption_in_an_attempt_costs_that_attempt_alone(
    breaks_at: int, provider: _Provider, tmp_path: Path
) -> None:
    whole, provider.calls = ran(tmp_path / "whole", concurrency=1), 0
    needed = spent_by(whole.rows).calls
    provider.breaks_at = breaks_at
    with pytest.raises(KeyboardInterrupt):
        ran(tmp_path / "out", concurrency=1)
    rows = ran(tmp_path / "out", concurrency=1).rows
    lost = sum((row.lost for row in rows), Usage())
    assert spent_by(rows).calls == provider.calls == needed + lost.calls
    assert lost.calls <= 3
    assert [row.usage for row in rows] == [row.usage for row in whole.rows]


def test_a_kill_at_any_call_loses_none_from_the_books(provider: _Provider, tmp_path: Path) -> None:
    traces: dict[int, Path] = {}

    def as_it_is_on_disk(number: int) -> None:
        (trace,) = (tmp_path / "out" / "traces").iterdir()
        traces[number] = tmp_path / f"{number}.jsonl"
        traces[number].write_bytes(trace.read_bytes())

    provider.on_call = as_it_is_on_disk
    problems = [{"domain": "simulated", "count": 1}]
    ran(tmp_path / "out", problems=problems, models={"sim": "simulated:easy=0"}, concurrency=1)
    assert len(traces) == provider.calls == 18
    for number, trace in traces.items():
        spent = paid_answers([trace]).spent
        assert (spent.calls, spent.completion_tokens) == (number, TOKENS * number)


@pytest.mark.parametrize("breaks_at", range(2, 40, 3))
def test_the_studys_budget_holds_over_interruptions(
    breaks_at: int, provider: _Provider, tmp_path: Path
) -> None:
    provider.breaks_at, total, models = breaks_at, {"calls": 40}, {"sim": "simulated:easy=0"}
    with pytest.raises(KeyboardInterrupt):
        ran(tmp_path / "out", total=total, models=models, concurrency=2)
    for _ in range(2):
        ran(tmp_path / "out", total=total, models=models, concurrency=2)
    assert provider.calls <= 40


def test_what_a_run_had_spent_when_it_was_certified_has_all_calls(provider: _Provider, tmp_path: Path) -> None:
    first = ran(tmp_path / "first").rows
    best = ran(tmp_path / "best", select="best").rows
    certified = [(one, other) for one, other in zip(first, best, strict=True) if one.certified]
    assert certified
    for one, other in certified:
        assert other.rounds > one.rounds
        assert calls_until_certified(one) == calls_until_certified(other) == one.usage.calls
