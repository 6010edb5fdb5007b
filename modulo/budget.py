"""Limits, and amounts spent. The ledger that keeps the two together is in ``modulo.ledger``."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

from msgspec import Struct

from modulo.errors import ConfigurationError
from modulo.numeric import is_number, is_whole_number

__all__ = ["PICO", "Budget", "Usage", "picodollars"]

PICO: Final = 10**12


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Limits; None means unlimited.

    Attributes:
        rounds: Asks of the strategy.
        attempts: Answers, judged or sampled for a vote.
        calls: Calls to generators, failed and retried ones included.
        tokens: Prompt and completion tokens together.
        cost_usd: US dollars.
        seconds: Wall-clock time from the start of the run (or from the making of a shared ledger).

    Raises:
        ConfigurationError: A limit is negative, not a number, or of the wrong type.
    """

    rounds: int | None = None
    attempts: int | None = None
    calls: int | None = None
    tokens: int | None = None
    cost_usd: float | None = None
    seconds: float | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            _check_limit(field.name, getattr(self, field.name))


def _check_limit(name: str, limit: object) -> None:
    if limit is None:
        return
    if name in ("cost_usd", "seconds"):
        kind, makes_sense = "finite", is_number(limit) and limit >= 0
    else:
        kind, makes_sense = "whole", is_whole_number(limit) and limit >= 0
    if not makes_sense:
        raise ConfigurationError(f"budget: {name} must be a {kind} number of at least 0, not {limit!r}")


class Usage(Struct, gc=False, frozen=True, kw_only=True):
    """Amounts spent or set aside.

    Attributes:
        rounds: Asks of the strategy.
        attempts: Answers, judged or sampled for a vote.
        calls: Calls to generators.
        prompt_tokens: Tokens read by models.
        completion_tokens: Tokens written by models, reasoning included.
        cost_usd: US dollars.
    """

    rounds: int = 0
    attempts: int = 0
    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float = 0.0

    @property
    def tokens(self) -> int:
        """Prompt and completion tokens together."""
        return self.prompt_tokens + self.completion_tokens

    def __add__(self, other: Usage) -> Usage:
        dollars = picodollars(self.cost_usd) + picodollars(other.cost_usd)
        return Usage(
            rounds=self.rounds + other.rounds,
            attempts=self.attempts + other.attempts,
            calls=self.calls + other.calls,
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            completion_tokens=self.completion_tokens + other.completion_tokens,
            cost_usd=dollars / PICO,
        )


def picodollars(dollars: float) -> int:
    """Dollars as a whole number of picodollars.

    Sums of floats would drift, and a residue of 1e-18 dollars must not refuse the last call that fits.
    """
    whole = int(dollars)  # apart, because a large float times 10**12 is infinite
    return whole * PICO + round((dollars - whole) * PICO)
