"""Self-consistency: a vote decides what is offered to the critics, and certifies nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import modulo
from modulo import Budget, Certified, ConfigurationError, Exhausted, Malformed, SelfConsistency, StopReason
from modulo.events import BudgetSettled, CritiqueGiven
from modulo.protocols import Judgement
from modulo.testing import ScriptedGenerator
from tests.modulo.loops import graph_of, is_ok
from tests.modulo.strategies.runs import assert_replays, run

pytestmark = pytest.mark.anyio

VOTES = ["ok a", "no b", "ok a", "no b", "ok a", "no c"]


async def test_the_answer_with_most_votes_is_certified_if_critics_accept_it() -> None:
    outcome = await run(VOTES, SelfConsistency(n=6))
    assert isinstance(outcome, Certified)
    assert outcome.solution == "ok a"
    assert [attempt.judged for attempt in outcome.attempts] == [False] * 6 + [True]


async def test_a_vote_alone_certifies_nothing() -> None:
    outcome = await run(["no", "no", "ok"], SelfConsistency(n=3))
    assert isinstance(outcome, Exhausted)
    assert outcome.stop_reason is StopReason.STUCK


async def test_critics_hear_of_the_winner_alone_and_it_is_not_paid_for_again() -> None:
    trace = modulo.Trace()
    outcome = await run(VOTES, SelfConsistency(n=6), trace=trace)
    assert [e.attempt for e in trace.events if isinstance(e, CritiqueGiven)] == [6]
    assert sum(isinstance(e, BudgetSettled) for e in trace.events) == outcome.usage.calls == 6
    assert outcome.usage.attempts == 7


async def test_further_answers_are_offered_in_the_order_of_their_votes() -> None:
    script = ["no b", "no b", "no b", "no c", "no c", "ok a"]
    outcome = await run(script, SelfConsistency(n=6, offers=None))
    assert isinstance(outcome, Certified)
    assert [a.candidate.value() for a in outcome.attempts if a.judged and a.candidate] == [
        "no b",
        "no c",
        "ok a",
    ]


class Fickle:
    """Reads the first answers as they are, and later ones in its own way."""

    def __init__(self, later: str | Exception) -> None:
        self.calls = 0
        self._later = later

    async def __call__(self, text: str) -> str:
        self.calls += 1
        if self.calls <= 3:
            return text
        if isinstance(self._later, Exception):
            raise self._later
        return f"{self._later} {self.calls}"


@pytest.mark.parametrize("later", ["ok", "no", Malformed("It has no answer."), RuntimeError("broken")])
async def test_the_winner_is_judged_as_it_was_read_when_it_was_voted_for(later: Any, tmp_path: Path) -> None:
    fickle = Fickle(later)
    graph = modulo.Graph("fickle")
    draft = graph.generator("draft", ScriptedGenerator(["no a", "no a", "no b"]))
    graph.critic("ok", is_ok, reads=graph.reformulator("read", fickle, reads=draft))
    with modulo.Trace(tmp_path / "t.jsonl") as trace:
        outcome = await modulo.solve(
            graph, "p", strategy=SelfConsistency(n=3, offers=None), budget=Budget(), trace=trace
        )
    assert (outcome.stop_reason, fickle.calls) == (StopReason.STUCK, 3)
    assert [a.candidate.value() for a in outcome.attempts if a.judged and a.candidate] == ["no a", "no b"]
    assert (await modulo.replay(tmp_path / "t.jsonl", graph=graph)).differences == ()


async def test_a_claim_that_nothing_solves_the_problem_can_win_a_vote() -> None:
    graph = modulo.Graph("claims")
    draft = graph.generator("draft", ScriptedGenerator(["none", "none", "no"]))
    read = graph.reformulator("read", lambda text: modulo.NO_SOLUTION if text == "none" else text, reads=draft)
    graph.critic("ok", is_ok, reads=read)
    graph.critic("nothing", NothingIsRight(), reads=read)
    assert isinstance(await modulo.solve(graph, "p", strategy=SelfConsistency(n=3)), modulo.Unsolvable)


class NothingIsRight(modulo.Critic[Any, Any]):
    proves = "nothing solves it"
    judges = "unsolvability"

    def critique(self, problem: Any, candidate: Any) -> Judgement:
        return ()


async def test_no_more_answers_are_offered_than_wanted() -> None:
    outcome = await run(["no b", "no b", "no c", "ok a"], SelfConsistency(n=4, offers=2))
    assert isinstance(outcome, Exhausted)
    assert sum(attempt.judged for attempt in outcome.attempts) == 2


async def test_of_equal_votes_the_answer_that_came_first_is_offered() -> None:
    outcome = await run(["ok b", "ok a", "ok a", "ok b"], SelfConsistency(n=4))
    assert isinstance(outcome, Certified)
    assert outcome.solution == "ok b"


async def test_answers_without_canonical_form_have_no_vote() -> None:
    def only_words(text: str) -> str:
        if not text:
            raise ValueError("empty")
        return text

    graph = modulo.Graph("test")
    draft = graph.generator("draft", ScriptedGenerator(["", "", "", "ok"]))
    answer = graph.reformulator("answer", only_words, reads=draft)
    from tests.modulo.loops import is_ok

    graph.critic("ok", is_ok, reads=answer)
    outcome = await modulo.solve(graph, "problem", strategy=SelfConsistency(n=4))
    assert isinstance(outcome, Certified)


async def test_the_budget_may_end_the_sampling_before_the_vote() -> None:
    outcome = await run(VOTES, SelfConsistency(n=6), budget=Budget(calls=3))
    assert isinstance(outcome, Exhausted)
    assert outcome.stop_reason is StopReason.CALLS_LIMIT


async def test_samples_count_as_attempts_although_nobody_judges_them() -> None:
    outcome = await run(
        ScriptedGenerator(["no"], repeats_last=True), SelfConsistency(n=10**6), budget=Budget(attempts=40)
    )
    assert (outcome.stop_reason, len(outcome.attempts)) == (StopReason.ATTEMPTS_LIMIT, 40)


async def test_it_is_replayed_from_its_trace(tmp_path: Path) -> None:
    script = ["no b", "no b", "no c", "ok a"]
    await assert_replays(lambda: ScriptedGenerator(script), SelfConsistency(n=4, offers=None), tmp_path / "t")


@pytest.mark.parametrize("settings", [{"n": 0}, {"offers": 0}, {"temperature": "hot"}])
async def test_settings_that_make_no_sense_are_refused(settings: dict[str, int]) -> None:
    with pytest.raises(ConfigurationError):
        SelfConsistency(**settings)  # type: ignore[arg-type]


async def test_what_is_offered_must_still_stand_and_have_a_form() -> None:
    from modulo import Expansion
    from tests.modulo.loops import Asks

    for expansion in (Expansion(node="draft", offers=7), Expansion(node="draft", offers=True)):
        with pytest.raises(ConfigurationError):
            await modulo.solve(graph_of(["ok"]), "problem", strategy=Asks((expansion,)))
