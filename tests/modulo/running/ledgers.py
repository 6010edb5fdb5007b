"""An oracle for ledgers: their books, worked out anew from the events of a run."""

from __future__ import annotations

from collections.abc import Iterable

from modulo.budget import Usage
from modulo.events import BudgetReserved, BudgetSettled, Event
from modulo.ledger import Ledger


def without_counts(usage: Usage) -> Usage:
    """Tokens and cost alone."""
    return Usage(
        prompt_tokens=usage.prompt_tokens, completion_tokens=usage.completion_tokens, cost_usd=usage.cost_usd
    )


def spending_of(events: Iterable[Event]) -> Usage:
    """The sum of all bills."""
    total = Usage()
    for event in events:
        if isinstance(event, BudgetSettled):
            total += event.bill
    return total


def unconfirmed_of(events: Iterable[Event]) -> Usage:
    """The sum of all worst cases whose bill never came."""
    total = Usage()
    for event in events:
        if isinstance(event, BudgetSettled) and event.unconfirmed is not None:
            total += without_counts(event.unconfirmed)
    return total


def assert_books_agree(ledger: Ledger, events: Iterable[Event]) -> None:
    """A ledger holds nothing back, and has booked just what the events say, rounds and attempts aside."""
    events = list(events)
    assert ledger.reserved == Usage()
    spent = ledger.spent
    assert without_counts(spent) + Usage(calls=spent.calls) == spending_of(events)
    assert ledger.unconfirmed == unconfirmed_of(events)
    reserved = [event.attempt for event in events if isinstance(event, BudgetReserved)]
    settled = [event.attempt for event in events if isinstance(event, BudgetSettled) and not event.nested]
    assert sorted(reserved) == sorted(settled)
