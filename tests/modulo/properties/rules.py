"""What must hold of every run, whatever happens in it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator

import pytest

from modulo import Budget, Certified, Unsolvable, Usage
from modulo.events import (
    ArtefactWithdrawn,
    AttemptFinished,
    Backprompted,
    BudgetReserved,
    BudgetSettled,
    CritiqueGiven,
    GenerationStarted,
    RunFinished,
)
from modulo.trace import read_trace
from tests.modulo.properties.books import Books
from tests.modulo.properties.running import Batch, Ran

__all__ = ["assert_nobody_is_left", "assert_rules_hold"]


def assert_rules_hold(batch: Batch) -> None:
    """All rules that can be seen from outside."""
    plan = batch.runs[0].world.plan
    _assert_books_agree(batch.books, batch.ledger.spent, batch.ledger.unconfirmed)
    assert batch.ledger.reserved == Usage()
    _assert_counts_fit(plan.batch, batch.ledger.spent)
    assert batch.ledger.spent.rounds == sum(_end(ran).usage.rounds for ran in batch.runs)
    assert batch.ledger.spent.attempts == sum(_end(ran).usage.attempts for ran in batch.runs)
    for ran in batch.runs:
        _assert_books_agree(ran.books, _end(ran).usage, _end(ran).unconfirmed)
        _assert_counts_fit(plan.budget, _end(ran).usage)
        _assert_every_call_is_settled(ran)
        _assert_certified_by_every_critic(ran)
        _assert_built_on_what_stands(ran)
        _assert_events_are_whole(ran)
    _assert_nothing_begins_after_the_cut(batch.runs[0])


def assert_nobody_is_left() -> None:
    """No task but our own. On trio, the library's task groups see to it."""
    try:
        tasks = asyncio.all_tasks()
    except RuntimeError:
        return
    assert len(tasks) == 1


def _end(ran: Ran) -> RunFinished:
    end = ran.events[-1]
    assert isinstance(end, RunFinished)
    return end


def _assert_books_agree(books: Books, spent: Usage, unconfirmed: Usage) -> None:
    """A ledger says what the generators saw, and no call of theirs began that did not fit."""
    assert books.faults == []
    assert books.in_flight == []
    assert (spent.calls, spent.prompt_tokens, spent.completion_tokens) == (
        books.spent.calls,
        books.spent.prompt_tokens,
        books.spent.completion_tokens,
    )
    assert spent.cost_usd == pytest.approx(books.spent.cost_usd)
    if books.has_overrun:
        assert unconfirmed.tokens >= books.unconfirmed.tokens
        assert unconfirmed.cost_usd >= books.unconfirmed.cost_usd - 1e-9
    else:
        assert unconfirmed.tokens == books.unconfirmed.tokens
        assert unconfirmed.cost_usd == pytest.approx(books.unconfirmed.cost_usd)


def _assert_counts_fit(budget: Budget, spent: Usage) -> None:
    """What can be known beforehand never exceeds its limit, not even by what is in flight."""
    assert budget.rounds is None or spent.rounds <= budget.rounds
    assert budget.attempts is None or spent.attempts <= budget.attempts
    assert budget.calls is None or spent.calls <= budget.calls


def _assert_every_call_is_settled(ran: Ran) -> None:
    reserved = Counter((e.attempt, e.nested) for e in ran.events if isinstance(e, BudgetReserved))
    settled = [e for e in ran.events if isinstance(e, BudgetSettled)]
    assert reserved == Counter((e.attempt, e.nested) for e in settled)
    assert sum(e.bill.calls for e in settled) == ran.books.spent.calls
    assert sum(e.bill.tokens for e in settled) == ran.books.spent.tokens


def _assert_certified_by_every_critic(ran: Ran) -> None:
    """The certified answer and all that it is built on: accepted by each critic that applies, as this very text."""
    if not isinstance(ran.outcome, (Certified, Unsolvable)):
        return
    certificate = ran.outcome.certificate
    program = ran.graph.check()
    answer = program.answer.artefact
    kind = "unsolvability" if isinstance(ran.outcome, Unsolvable) else "solutions"
    texts = {part.name: part.content for part in certificate.artefacts}
    assert texts.keys() == {*program.stages} - {program.answer.artefact}
    texts[answer] = "none" if kind == "unsolvability" else certificate.solution
    expected = []
    for artefact, stage in program.stages.items():
        for node in stage.critics if artefact in texts else ():
            if not node.critic.applies_to("p"):
                continue
            if node.critic.judges == (kind if artefact == answer else "solutions"):
                expected.append(node.name)
                read = tuple(texts[name] for name in (artefact, *node.reads[1:]))
                assert (node.name, read, "accept") in ran.world.said
    assert sorted(entry.node for entry in certificate.critics) == sorted(expected)
    assert expected
    if isinstance(ran.outcome, Certified):
        assert ran.outcome.solution == texts[answer]


def _assert_built_on_what_stands(ran: Ran) -> None:
    """Whatever is asked for reads attempts that were accepted before, and that nothing has withdrawn since."""
    accepted: dict[int, int] = {}
    withdrawn: dict[int, int] = {}
    rounds: dict[int, int] = {}
    inputs: dict[int, tuple[int, ...]] = {}
    for happened in ran.events:
        match happened:
            case GenerationStarted():
                for attempt in range(happened.attempt, happened.attempt + happened.samples):
                    rounds[attempt] = happened.round
                    inputs[attempt] = tuple(happened.inputs.values())
                for made_by in inputs[happened.attempt]:
                    assert accepted[made_by] < happened.round
                    if made_by in withdrawn:
                        assert _is_vouched_for(made_by, withdrawn[made_by], accepted, inputs)
            case AttemptFinished(accepted=True):
                accepted[happened.attempt] = happened.round
            case ArtefactWithdrawn():
                withdrawn |= dict.fromkeys(happened.withdrawn, rounds[happened.attempt])
    if ran.outcome is None:
        return
    attempts = {attempt.id: attempt for attempt in ran.outcome.attempts}
    for attempt in attempts.values():
        for made_by in attempt.inputs.values():
            assert attempts[made_by].accepted
            assert all(critique.accepts for critique in attempts[made_by].critiques)


def _is_vouched_for(
    withdrawn: int, in_round: int, accepted: dict[int, int], inputs: dict[int, tuple[int, ...]]
) -> bool:
    """Whether, in the round of its withdrawal, something that is built on it was accepted."""

    def ancestors(attempt: int) -> Iterator[int]:
        for made_by in inputs[attempt]:
            yield made_by
            yield from ancestors(made_by)

    return any(withdrawn in ancestors(other) for other, when in accepted.items() if when == in_round)


def _assert_events_are_whole(ran: Ran) -> None:
    """The events say what the outcome says, the trace says what the events say; the run ends once."""
    ends = [happened for happened in ran.events if isinstance(happened, RunFinished)]
    assert [happened is ran.events[-1] for happened in ends] == [True]
    written = [d["type"] for d in read_trace(ran.path) if d["type"] != "prompt"]
    assert written == [happened.type for happened in ran.events]
    if ran.outcome is None:
        return  # it may have come to its own end before it noticed that it was cancelled
    assert ends[0].stop_reason is ran.outcome.stop_reason
    assert (ends[0].usage, ends[0].unconfirmed) == (ran.outcome.usage, ran.outcome.unconfirmed)
    finished = {e.attempt: e for e in ran.events if isinstance(e, AttemptFinished)}
    ids = [attempt.id for attempt in ran.outcome.attempts]
    assert ids == sorted(finished)
    assert ran.outcome.usage.attempts == sum(a.generation is not None for a in ran.outcome.attempts)
    for attempt in ran.outcome.attempts:
        given = [e.critique for e in ran.events if isinstance(e, CritiqueGiven) and e.attempt == attempt.id]
        assert tuple(given) == attempt.critiques
        assert finished[attempt.id].accepted == attempt.accepted


def _assert_nothing_begins_after_the_cut(ran: Ran) -> None:
    """After a cancellation, no further round begins."""
    after = ran.world.plan.cut_off_after
    if after is None or len(ran.events) <= after:
        return
    before, later = ran.events[:after], ran.events[after:]
    rounds = [e.round for e in before if isinstance(e, GenerationStarted)]
    is_beginning = isinstance(before[-1], Backprompted)
    for happened in later:
        if isinstance(happened, GenerationStarted):
            assert happened.round <= max(rounds, default=0) + is_beginning
