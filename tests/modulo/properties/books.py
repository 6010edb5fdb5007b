"""An oracle for budgets: what calls cost, as the generators themselves see it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from modulo import Budget, Usage
from modulo.clock import Clock

__all__ = ["Bill", "Books", "booked"]


@dataclass
class Bill:
    """What came back of a call; nothing did, until somebody says so."""

    usage: Usage | None = None


@dataclass
class Books:
    """Everything that the calls of a run, or of a batch of them, cost.

    A call that begins although its worst case does not fit, or after the deadline, is a fault. It is kept
    here rather than raised: what a generator raises is a failed call to the library.
    """

    budget: Budget
    clock: Clock
    calls_made: int = 0
    spent: Usage = field(default_factory=Usage)
    unconfirmed: Usage = field(default_factory=Usage)
    in_flight: list[Usage] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    has_overrun: bool = False
    """Whether a call cost more than was announced. More is set aside from then on, and so may be unconfirmed."""

    def __post_init__(self) -> None:
        self.started = self.clock.now()

    def begin(self, worst_case: Usage) -> None:
        self.calls_made += 1
        self.in_flight.append(worst_case)
        total = self.spent + self.unconfirmed
        for amount in self.in_flight:
            total += amount
        for name in ("calls", "tokens", "cost_usd"):
            limit = getattr(self.budget, name)
            if limit is not None and getattr(total, name) > limit + 1e-9:
                self.faults.append(f"a call began with {total} although {name} must not exceed {limit}")
        seconds = self.budget.seconds
        if seconds is not None and self.clock.now() - self.started >= seconds:
            self.faults.append(f"a call began {self.clock.now() - self.started} s after the start")

    def end(self, worst_case: Usage, bill: Usage | None) -> None:
        self.in_flight.remove(worst_case)
        if bill is not None:
            self.spent += bill
            self.has_overrun |= bill.tokens > worst_case.tokens or bill.cost_usd > worst_case.cost_usd
            return
        self.spent += Usage(calls=1)
        self.unconfirmed += Usage(
            prompt_tokens=worst_case.prompt_tokens,
            completion_tokens=worst_case.completion_tokens,
            cost_usd=worst_case.cost_usd,
        )


@contextmanager
def booked(all_books: Sequence[Books], worst_case: Usage) -> Iterator[Bill]:
    """One call, on several accounts. Who gives no bill, or is cancelled, owes the worst case."""
    for books in all_books:
        books.begin(worst_case)
    bill = Bill()
    try:
        yield bill
    finally:
        for books in all_books:
            books.end(worst_case, bill.usage)
