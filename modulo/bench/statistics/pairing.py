"""Runs of two strategies, paired, and what both certified at equal cost."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence

from msgspec import Struct

from modulo.bench.rows import RunRow
from modulo.bench.statistics.spending import Resource, spent_by, spent_until_certified
from modulo.outcome import StopReason

__all__ = ["Paired", "paired"]


class Paired(Struct, frozen=True, kw_only=True):
    """Runs that two strategies made on the same problems of one set, with the same model and seeds.

    Attributes:
        pairs: The runs.
        by: What both may spend the same of.
        budget: How much of it.
        shared: Whether the runs of one of them share a budget, so that a single run has no limit.
    """

    pairs: Sequence[tuple[RunRow, RunRow]]
    by: Resource
    budget: float
    shared: bool

    def side(self, place: int) -> list[RunRow]:
        """The runs of the first strategy (0) or of the second (1)."""
        return [pair[place] for pair in self.pairs]

    def outcomes(self) -> Iterator[tuple[tuple[str, str], tuple[bool, bool]]]:
        """For each pair, its set and problem, and which of the two runs were certified at that cost."""
        for one, other in self.pairs:
            yield (one.set, one.problem), (self._certified(one), self._certified(other))

    def ended_early(self, place: int) -> Counter[str]:
        """Why runs without a certificate ended that had not spent the budget.

        Of one that is shared, nobody knows how much was meant for a run; there, a limit on it is no reason.
        """
        own_limit = StopReason.of_limit(self.by) if self.shared else None
        return Counter(
            row.stop_reason.value
            for row in self.side(place)
            if not row.certified and row.stop_reason is not own_limit and _amount(row, self.by) < self._most
        )

    def spent(self, place: int) -> float:
        """What the runs of one of the two spent in all."""
        return sum(_amount(row, self.by) for row in self.side(place))

    @property
    def _most(self) -> float:
        return math.inf if self.shared else self.budget

    def _certified(self, row: RunRow) -> bool:
        spent = spent_until_certified(row)
        return spent is not None and getattr(spent, self.by) <= self._most


def paired(
    first: Sequence[RunRow], second: Sequence[RunRow], *, by: Resource | None, budget: float | None
) -> Paired | None:
    """The runs that both strategies have made.

    Args:
        first: Runs of one strategy on one set with one model.
        second: Runs of the other.
        by: What cost is counted in; tokens where there are any, else calls.
        budget: What each run may spend of it; unless given, as much as the dearest run of the cheaper strategy did,
            or what the dearer strategy spent a run on average where runs share a budget.

    Returns:
        The pairs; None if there are none, or one of the two spent nothing there.
    """
    others = {(row.problem, row.repeat): row for row in second}
    pairs = [(row, others[key]) for row in first if (key := (row.problem, row.repeat)) in others]
    if not pairs:
        return None
    sides = [one for one, _ in pairs], [other for _, other in pairs]
    if by is None:
        by = "tokens" if all(spent_by(rows).tokens for rows in sides) else "calls"
    amounts = [[_amount(row, by) for row in rows] for rows in sides]
    shared = budget is None and any(row.shared_by > 1 for pair in pairs for row in pair)
    if budget is None:
        budget = max(sum(one) / len(one) for one in amounts) if shared else min(max(one) for one in amounts)
    return Paired(pairs=pairs, by=by, budget=budget, shared=shared) if budget else None


def _amount(row: RunRow, by: Resource) -> float:
    amount: float = getattr(spent_by([row]), by)
    return amount
