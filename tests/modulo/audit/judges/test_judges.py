"""Audits of judges: what they count, on what sample, and what they cost."""

from __future__ import annotations

import json
import math
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modulo import Budget, Generation, Usage
from modulo.audit.judges import audit_judge
from modulo.audit.judges.report import Rate
from modulo.audit.judges.sample import draw_cases
from modulo.cli.judge_audit import judge_audit
from modulo.domains.graph_coloring import DOMAIN
from modulo.errors import AuthenticationFailed, ConfigurationError
from modulo.generators.function import FunctionGenerator
from modulo.protocols import Request
from modulo.specimens import Specimens, Variant
from modulo.testing import ScriptedGenerator
from tests.modulo.test_llm_judge import opinion

pytestmark = pytest.mark.anyio

PAID = Usage(calls=1, prompt_tokens=100, completion_tokens=10, cost_usd=0.001)


def answer_in(request: Request) -> Any:
    """The answer that a judge was shown, between its two marks."""
    lines = request.messages[0].content.splitlines()
    begin, end = (i for i, line in enumerate(lines) if line.startswith("=== "))
    return json.loads("\n".join(lines[begin + 1 : end]))


def knows(request: Request) -> str:
    """A judge that is always right: it asks the specimens' oracle."""
    right = DOMAIN.specimens().is_right(request.problem.value, answer_in(request))
    return opinion("accept" if right else "reject", 10 if right else 0)


async def audited(model: Any, n: int = 60, **options: Any) -> Any:
    if not isinstance(model, ScriptedGenerator):
        model = FunctionGenerator(model)
    return await audit_judge(DOMAIN, model, name="judge", n=n, **options)


async def test_a_judge_that_knows_is_never_wrong() -> None:
    report = await audited(knows)
    assert report.false_positives == Rate(count=0, of=30)
    assert report.false_negatives == Rate(count=0, of=30)
    assert report.abstentions.count == 0


@pytest.mark.parametrize(("verdict", "positives", "negatives"), [("accept", 30, 0), ("reject", 0, 30)])
async def test_a_judge_that_always_says_the_same_is_wrong_half_the_time(
    verdict: str, positives: int, negatives: int
) -> None:
    report = await audited(lambda request: opinion(verdict, 5))
    assert report.false_positives == Rate(count=positives, of=30)
    assert report.false_negatives == Rate(count=negatives, of=30)


async def test_an_abstention_is_neither_right_nor_wrong() -> None:
    report = await audited(lambda request: "?" if request.turn % 3 == 0 else opinion("accept", 5))
    assert report.abstentions == Rate(count=20, of=60)
    assert report.reasons == {"unreadable": 20}
    assert report.false_positives.of + report.false_negatives.of == 40


async def test_the_sample_is_half_right_and_its_wrong_half_is_of_every_kind() -> None:
    cases = await draw_cases(DOMAIN, 60, seed=1)
    assert [case.number for case in cases] == [*range(60)]
    assert sum(case.is_right for case in cases) == 30
    kinds = Counter(case.family for case in cases if not case.is_right)
    assert len(kinds) >= 6
    assert max(kinds.values()) - min(kinds.values()) <= 2
    specimens = DOMAIN.specimens()
    assert all(specimens.is_right(case.problem, case.document) == case.is_right for case in cases)
    assert cases == await draw_cases(DOMAIN, 60, seed=1)
    assert cases != await draw_cases(DOMAIN, 60, seed=2)


async def test_calls_that_do_not_fit_the_budget_are_abstentions() -> None:
    model = ScriptedGenerator(
        lambda request: Generation(text=opinion("accept", 5), usage=PAID), worst_case=PAID
    )
    report = await audited(model, budget=Budget(cost_usd=0.0105))
    assert report.usage.calls == 10
    assert report.usage.cost_usd == pytest.approx(0.01)
    assert report.reasons == {"limit on cost_usd": 50}


async def test_a_refused_key_ends_the_audit() -> None:
    with pytest.raises(AuthenticationFailed):
        await audited(ScriptedGenerator([AuthenticationFailed("no")], repeats_last=True))


class Unreadable(Specimens[Any]):
    """Has right answers, and no wrong one that can be read."""

    def draw(self, rng: random.Random) -> Any:
        return DOMAIN.specimens().draw(rng)

    def damaged(self, specimen: Any, rng: random.Random) -> Iterator[Variant]:
        yield Variant("junk", "%%%")


class Without(type(DOMAIN)):  # type: ignore[misc]
    def __init__(self, specimens: Any) -> None:
        self._specimens = specimens

    def specimens(self) -> Any:
        return self._specimens


@pytest.mark.parametrize(("specimens", "fault"), [(None, "has no specimens"), (Unreadable(), "only 1 answers")])
async def test_without_a_balanced_sample_nothing_is_measured(specimens: Any, fault: str) -> None:
    with pytest.raises(ConfigurationError, match=fault):
        await draw_cases(Without(specimens), 4, seed=0)


def test_intervals_are_wilsons() -> None:
    low, high = Rate(count=2, of=20).interval
    assert (low, high) == (pytest.approx(0.0279, abs=1e-4), pytest.approx(0.3010, abs=1e-4))
    assert Rate(count=0, of=0).interval == (0.0, 1.0)
    assert Rate(count=0, of=0).value is None


@given(st.integers(1, 10**6).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))))
def test_an_interval_holds_the_rate_and_solves_the_equation_of_the_score_test(pair: tuple[int, int]) -> None:
    count, of = pair
    low, high = Rate(count=count, of=of).interval
    assert 0 <= low <= count / of <= high <= 1
    for bound in (low, high):
        if 1e-9 < bound < 1 - 1e-9:
            distance = abs(count / of - bound) / math.sqrt(bound * (1 - bound) / of)
            assert distance == pytest.approx(1.959964, rel=1e-3)


def test_the_command_prints_a_table_or_one_document(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        "modulo.cli.judge_audit.generator_from_string", lambda *_, **__: FunctionGenerator(knows)
    )
    options: dict[str, Any] = {"n": 20, "seed": 0, "cost_usd": None}
    assert judge_audit("graph_coloring", "oracle", as_json=False, **options) == 0
    printed = capsys.readouterr().out
    assert "gold\t10\t0\t0" in printed
    assert "false positives (wrong answers accepted): 0 of 10, 0.0% (95 % interval 0.0% to 27.8%)" in printed
    assert "20 calls" in printed
    assert judge_audit("graph_coloring", "oracle", as_json=True, **options) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["judge"] == "oracle"
    assert document["false_negative_rate"] == {
        "count": 0,
        "of": 10,
        "rate": 0.0,
        "low": 0.0,
        "high": pytest.approx(0.2775, abs=1e-3),
    }


def test_a_judge_without_any_opinion_is_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    silent = FunctionGenerator(lambda request: "?")
    monkeypatch.setattr("modulo.cli.judge_audit.generator_from_string", lambda *_, **__: silent)
    assert judge_audit("graph_coloring", "silent", n=4, seed=0, cost_usd=None, as_json=True) == 1


def test_samples_of_other_domains_can_be_drawn() -> None:
    from modulo.domain import installed_domains

    for name, domain in installed_domains().items():
        if name in ("game24", "sudoku") and not isinstance(domain, Exception) and domain.specimens():
            cases = anyio.run(lambda domain=domain: draw_cases(domain, 10, seed=0))
            assert [case.is_right for case in cases] == [True, False] * 5
