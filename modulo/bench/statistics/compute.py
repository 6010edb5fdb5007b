"""Where compute went."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final, Literal, TypeAlias, assert_never

from msgspec import Struct

from modulo.bench.rows import AttemptRow, RunRow

__all__ = ["KEYS", "Compute", "Key", "compute_by"]

Key: TypeAlias = Literal["node", "model", "label", "outcome", "stop_reason"]
"""What compute can be told apart by; ``outcome`` is that of the attempt, ``stop_reason`` that of the run."""

KEYS: Final[tuple[Key, ...]] = ("node", "model", "label", "outcome", "stop_reason")
WITHOUT_ATTEMPT: Final = "(no attempt)"
"""Bills that were for no answer: calls of reformulators and judges, nested loops, and what was cancelled."""
WITHOUT_BILL: Final = "(no bill)"
"""Worst cases of calls whose bill never came."""


class Compute(Struct, frozen=True, kw_only=True):
    """A part of what was spent.

    Attributes:
        name: What it was spent by or for.
        attempts: How many attempts are in it.
        tokens: Tokens read and written.
        cost_usd: Dollars.
        share: Its share of all tokens; 0 where none were counted.
    """

    name: str
    attempts: int
    tokens: int
    cost_usd: float
    share: float


def compute_by(rows: Sequence[RunRow], key: Key) -> tuple[Compute, ...]:
    """Where compute went, the largest part first.

    The parts add up to all that was spent: bills without an attempt stand as ``(no attempt)``, worst cases of calls
    without a bill as ``(no bill)``.
    """
    attempts: defaultdict[str, int] = defaultdict(int)
    tokens: defaultdict[str, int] = defaultdict(int)
    dollars: defaultdict[str, float] = defaultdict(float)
    for name, count, more_tokens, more_dollars in _parts(rows, key):
        attempts[name] += count
        tokens[name] += more_tokens
        dollars[name] += more_dollars
    total = sum(tokens.values())
    parts = [
        Compute(
            name=name,
            attempts=attempts[name],
            tokens=tokens[name],
            cost_usd=dollars[name],
            share=tokens[name] / total if total else 0.0,
        )
        for name in tokens
    ]
    return tuple(sorted(parts, key=lambda part: (-part.tokens, -part.attempts, part.name)))


def outcome_of(attempt: AttemptRow) -> str:
    """What became of an attempt."""
    if attempt.error is not None:
        return "failed"
    if attempt.candidate is None:
        return "malformed"
    if not attempt.judged:
        return "not judged"
    return "accepted" if attempt.accepted else "not accepted"


def _parts(rows: Sequence[RunRow], key: Key) -> Iterator[tuple[str, int, int, float]]:
    for row in rows:
        for one in row.attempts:
            yield _name(row, one, key), 1, one.prompt_tokens + one.completion_tokens, one.cost_usd
        reason = row.stop_reason.value if key == "stop_reason" else None
        tokens = row.usage.tokens - sum(one.prompt_tokens + one.completion_tokens for one in row.attempts)
        dollars = row.usage.cost_usd - sum(one.cost_usd for one in row.attempts)
        if tokens or dollars > _ROUNDING:
            yield reason or WITHOUT_ATTEMPT, 0, tokens, dollars
        unbilled = row.unconfirmed + row.lost
        if unbilled.tokens or unbilled.cost_usd:
            yield reason or WITHOUT_BILL, 0, unbilled.tokens, unbilled.cost_usd


_ROUNDING: Final = 1e-12
"""A ledger counts in picodollars, and sums of floats drift."""


def _name(row: RunRow, attempt: AttemptRow, key: Key) -> str:
    match key:
        case "node":
            return attempt.node
        case "model":
            return attempt.model or row.model
        case "label":
            return attempt.label or "(none)"
        case "outcome":
            return outcome_of(attempt)
        case "stop_reason":
            return row.stop_reason.value
        case _:
            assert_never(key)
