"""What each further round brings, what is wrong in it, and why runs stop."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from msgspec import Struct

from modulo.bench.rows import RunRow
from modulo.bench.statistics.estimates import Estimate, wilson

__all__ = [
    "RoundValue",
    "ViolationCounts",
    "attempts_by_round",
    "stop_reasons",
    "value_of_rounds",
    "violations_by_round",
]


class RoundValue(Struct, frozen=True, kw_only=True):
    """The marginal value of a round.

    Attributes:
        round: The round, from 1 on.
        at_risk: Runs that came to it without a certificate.
        certified: How many of them it certified.
        hazard: The share of them, with Wilson's interval.
        tokens: What the round took of tokens, on average over these runs; bills without an attempt are not in it.
    """

    round: int
    at_risk: int
    certified: int
    hazard: Estimate
    tokens: float


class ViolationCounts(Struct, frozen=True, kw_only=True):
    """How often a violation was named.

    Attributes:
        code: Its code.
        by_round: How often in each round, from the first on.
    """

    code: str
    by_round: tuple[int, ...]


def value_of_rounds(rows: Sequence[RunRow]) -> tuple[RoundValue, ...]:
    """The marginal value of each round: the hazard of a discrete-time life table.

    Source: Singer and Willett, "It's About Time: Using Discrete-Time Survival Analysis" (1993). Runs that ended for
    another reason before a round are not at risk in it.
    """
    return tuple(_value(rows, k) for k in range(1, max((_ended(row) for row in rows), default=0) + 1))


def violations_by_round(rows: Sequence[RunRow]) -> tuple[ViolationCounts, ...]:
    """How often each violation was named in each round, the most frequent first."""
    counts: Counter[tuple[str, int]] = Counter()
    totals: Counter[str] = Counter()
    for row in rows:
        for attempt in row.attempts:
            for code, count in attempt.violations.items():
                counts[code, attempt.round] += count
                totals[code] += count
    rounds = range(1, max((k for _, k in counts), default=0) + 1)
    codes = sorted(totals, key=lambda code: (-totals[code], code))
    return tuple(ViolationCounts(code=code, by_round=tuple(counts[code, k] for k in rounds)) for code in codes)


def attempts_by_round(rows: Sequence[RunRow]) -> tuple[int, ...]:
    """How many attempts were judged in each round, from the first on."""
    counts = Counter(attempt.round for row in rows for attempt in row.attempts if attempt.judged)
    return tuple(counts[k] for k in range(1, max(counts, default=0) + 1))


def stop_reasons(rows: Sequence[RunRow]) -> Mapping[str, int]:
    """How many runs stopped for each reason, the most frequent first."""
    return dict(Counter(row.stop_reason.value for row in rows).most_common())


def _ended(row: RunRow) -> int:
    """The last round in which a run had no certificate yet when it began."""
    return row.rounds if row.certified_round is None else row.certified_round


def _value(rows: Sequence[RunRow], k: int) -> RoundValue:
    at_risk = [row for row in rows if _ended(row) >= k]
    certified = sum(row.certified_round == k for row in at_risk)
    tokens = sum(attempt.tokens for row in at_risk for attempt in row.attempts if attempt.round == k)
    return RoundValue(
        round=k,
        at_risk=len(at_risk),
        certified=certified,
        hazard=wilson(certified, len(at_risk)),
        tokens=tokens / len(at_risk),
    )
