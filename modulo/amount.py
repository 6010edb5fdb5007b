"""Amounts as a ledger counts them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from msgspec.structs import replace

from modulo.budget import PICO, Budget, Usage, picodollars

__all__ = ["ATTEMPTS", "CALLS", "COST", "ROUNDS", "TOKENS", "Amount", "limits_of", "usage_of"]

# Inside the ledger an amount is seven integers: the fields of Usage in their order, with money in picodollars, and
# the sum of all tokens, so that each limit is about one of them.
ROUNDS, ATTEMPTS, CALLS, PROMPT, COMPLETION, COST, TOKENS = range(7)


class Amount:
    """A usage as the ledger counts it, checked once.

    Attributes:
        usage: The usage.
        counts: Its seven amounts.
        parts: Those that are not zero, with their place. Most amounts have one, and a ledger adds up a dozen of
            them a round.
        without_rounds: The same amount without rounds and attempts.

    Raises:
        ValueError: An amount is negative or no number.
    """

    __slots__ = ("_without_rounds", "counts", "parts", "usage")

    def __init__(self, usage: Usage) -> None:
        try:
            counts = (
                usage.rounds,
                usage.attempts,
                usage.calls,
                usage.prompt_tokens,
                usage.completion_tokens,
                picodollars(usage.cost_usd) if usage.cost_usd else 0,
                usage.tokens,
            )
        except (OverflowError, ValueError) as error:  # infinite, or not a number
            raise ValueError(f"amounts make no sense: {usage}") from error
        if min(counts) < 0:
            raise ValueError(f"amounts cannot be negative: {usage}")
        self.usage = usage
        self.counts = counts
        self.parts = tuple([(i, count) for i, count in enumerate(counts) if count])
        self._without_rounds: Amount | None = self if not usage.rounds and not usage.attempts else None

    @property
    def without_rounds(self) -> Amount:
        """The same amount without rounds and attempts."""
        if self._without_rounds is None:
            self._without_rounds = Amount(replace(self.usage, rounds=0, attempts=0))
        return self._without_rounds


def usage_of(counts: Sequence[int]) -> Usage:
    """The usage that seven amounts stand for."""
    return Usage(
        rounds=counts[ROUNDS],
        attempts=counts[ATTEMPTS],
        calls=counts[CALLS],
        prompt_tokens=counts[PROMPT],
        completion_tokens=counts[COMPLETION],
        cost_usd=counts[COST] / PICO,
    )


_LIMITED: Final = (
    ("rounds", ROUNDS),
    ("attempts", ATTEMPTS),
    ("calls", CALLS),
    ("tokens", TOKENS),
    ("cost_usd", COST),
)


@lru_cache(maxsize=16)
def limits_of(budget: Budget) -> tuple[tuple[str, int, int], ...]:
    """The limits that are set, as (name in Budget, what is limited, limit); most runs share a budget."""
    limits = []
    for name, i in _LIMITED:
        limit = getattr(budget, name)
        if limit is not None:
            limits.append((name, i, picodollars(limit) if i == COST else limit))
    return tuple(limits)
