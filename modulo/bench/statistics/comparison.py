"""Two strategies on the same problems at the same cost."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import combinations

from msgspec import Struct
from msgspec.structs import replace

from modulo.bench.rows import RunRow
from modulo.bench.statistics.estimates import Estimate, exact_paired_test, paired_difference
from modulo.bench.statistics.spending import Resource, spent_by, spent_until_certified
from modulo.bench.statistics.verdicts import LEVEL, in_words
from modulo.outcome import StopReason

__all__ = ["Comparison", "Side", "compare", "comparisons_of"]


class Side(Struct, frozen=True, kw_only=True):
    """One of two strategies that are compared.

    Attributes:
        strategy: Its name in the study.
        certified: How many runs it certified within the budget.
        backprompts: Whether it goes on from answers with critiques, and does not only sample.
        ended_early: Runs without a certificate that ended before they had spent the budget, by reason: with other
            limits, the strategy might have done better.
        spent: What its runs spent in all.
    """

    strategy: str
    certified: int
    spent: float
    backprompts: bool
    ended_early: Mapping[str, int]


class Comparison(Struct, frozen=True, kw_only=True):
    """Two strategies, run by run on the same problems with the same model and seeds.

    Attributes:
        set: The set of problems.
        model: The model.
        first: One strategy.
        second: The other.
        by: What both may spend the same of.
        budget: How much of it each run may spend: as much as the dearest run of the cheaper strategy did.
        shared: Whether the runs of one of them share a budget. Then the whole of it is compared, of which both had
            the same, and ``budget`` is what the dearer strategy spent a run on average.
        runs: How many pairs of runs there are.
        problems: On how many problems.
        only_first: Pairs in which only the first was certified.
        only_second: Pairs in which only the second was.
        difference: Share certified by the first less that of the second, with Newcombe's interval over problems.
        p_value: Of the exact paired test, two-sided. With one run a problem, it is McNemar's.
        least_p_value: What it would be if one had won on every problem.
        significant: Whether that is below 5 %. Of twenty comparisons, one is by chance.
        words: All this as a sentence.
    """

    set: str
    model: str
    first: Side
    second: Side
    by: Resource
    budget: float
    shared: bool
    runs: int
    problems: int
    only_first: int
    only_second: int
    difference: Estimate
    p_value: float
    least_p_value: float
    significant: bool
    words: str


def comparisons_of(rows: Sequence[RunRow]) -> tuple[Comparison, ...]:
    """Every two strategies of each set and model, in the order of first appearance."""
    found: defaultdict[tuple[str, str], defaultdict[str, list[RunRow]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        found[row.set, row.model][row.strategy].append(row)
    compared = (
        compare(first, second)
        for strategies in found.values()
        for first, second in combinations(strategies.values(), 2)
    )
    return tuple(one for one in compared if one is not None)


def compare(
    first: Sequence[RunRow],
    second: Sequence[RunRow],
    *,
    by: Resource | None = None,
    budget: float | None = None,
) -> Comparison | None:
    """Two strategies at equal cost, on the runs that both have made.

    Args:
        first: Runs of one strategy on one set with one model.
        second: Runs of the other.
        by: What cost is counted in; tokens where there are any, else calls.
        budget: What each run may spend of it, also of those that share a budget; as ``Comparison.budget`` unless
            given.

    Returns:
        The comparison; None if they have no run in common, or one of them spent nothing there.
    """
    pairs = _pairs(first, second)
    if not pairs:
        return None
    ones, others = [one for one, _ in pairs], [other for _, other in pairs]
    by = by or _resource(ones, others)
    shared = budget is None and any(row.shared_by > 1 for row in (*ones, *others))
    if budget is None:
        sides = (ones, others)
        budget = max(_mean(one, by) for one in sides) if shared else min(_most(one, by) for one in sides)
    if not budget:
        return None
    most = math.inf if shared else budget
    outcomes = [(_within(one, by, most), _within(other, by, most)) for one, other in pairs]
    by_problem: defaultdict[str, list[tuple[bool, bool]]] = defaultdict(list)
    for (one, _), outcome in zip(pairs, outcomes, strict=True):
        by_problem[one.problem].append(outcome)
    p_value = exact_paired_test([sum(won - lost for won, lost in found) for found in by_problem.values()])
    unspoken = Comparison(
        set=ones[0].set,
        model=ones[0].model,
        first=_side(ones, by, most),
        second=_side(others, by, most),
        by=by,
        budget=budget,
        shared=shared,
        runs=len(pairs),
        problems=len(by_problem),
        only_first=sum(won > lost for won, lost in outcomes),
        only_second=sum(won < lost for won, lost in outcomes),
        difference=paired_difference([_shares(found) for found in by_problem.values()]),
        p_value=p_value,
        least_p_value=0.5 ** (len(by_problem) - 1),
        significant=p_value < LEVEL,
        words="",
    )
    return replace(unspoken, words=in_words(unspoken))


def _shares(outcomes: Sequence[tuple[bool, bool]]) -> tuple[float, float]:
    """How much of one problem's runs each of the two certified."""
    first, second = (sum(column) / len(outcomes) for column in zip(*outcomes, strict=True))
    return first, second


def _pairs(first: Sequence[RunRow], second: Sequence[RunRow]) -> list[tuple[RunRow, RunRow]]:
    others = {(row.problem, row.repeat): row for row in second}
    return [(row, others[key]) for row in first if (key := (row.problem, row.repeat)) in others]


def _resource(*sides: Sequence[RunRow]) -> Resource:
    return "tokens" if all(spent_by(rows).tokens for rows in sides) else "calls"


def _most(rows: Sequence[RunRow], by: Resource) -> float:
    return max(_amount(row, by) for row in rows)


def _mean(rows: Sequence[RunRow], by: Resource) -> float:
    return sum(_amount(row, by) for row in rows) / len(rows)


def _amount(row: RunRow, by: Resource) -> float:
    amount: float = getattr(spent_by([row]), by)
    return amount


def _within(row: RunRow, by: Resource, budget: float) -> bool:
    spent = spent_until_certified(row)
    return spent is not None and getattr(spent, by) <= budget


def _side(rows: Sequence[RunRow], by: Resource, budget: float) -> Side:
    own_limit = StopReason.of_limit(by)
    early = Counter(
        row.stop_reason.value
        for row in rows
        if not row.certified and row.stop_reason is not own_limit and _amount(row, by) < budget
    )
    return Side(
        strategy=rows[0].strategy,
        certified=sum(_within(row, by, budget) for row in rows),
        backprompts=any(attempt.parent is not None for row in rows for attempt in row.attempts),
        ended_early=dict(early.most_common()),
        spent=sum(_amount(row, by) for row in rows),
    )
