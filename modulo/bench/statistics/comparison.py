"""Two strategies on the same problems at the same cost."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from modulo.bench.rows import RunRow
from modulo.bench.statistics.estimates import Estimate, exact_paired_test, paired_difference
from modulo.bench.statistics.pairing import Paired, paired
from modulo.bench.statistics.spending import Resource
from modulo.bench.statistics.verdicts import LEVEL, in_words

__all__ = ["ALL", "Comparison", "Side", "compare", "comparisons_of"]

ALL: Final = "(all)"
"""In place of the name of a set or model: all on which both strategies were tried."""


class Side(Struct, frozen=True, kw_only=True):
    """One of two strategies that are compared.

    Attributes:
        strategy: Its name in the study.
        certified: How many runs it certified within the budget.
        backprompts: Whether it goes on from answers with critiques, and does not only sample.
        ended_early: Runs without a certificate that ended before they had spent the budget, by reason: with other
            limits, the strategy might have done better.
        spent: What its runs spent in all; None where that was not counted in the same for all of them.
    """

    strategy: str
    certified: int
    spent: float | None
    backprompts: bool
    ended_early: Mapping[str, int]


class Comparison(Struct, frozen=True, kw_only=True):
    """Two strategies, run by run on the same problems with the same model and seeds.

    Attributes:
        set: The set of problems; ``ALL`` where all models on all sets are taken together.
        model: The model, or ``ALL``.
        first: One strategy.
        second: The other.
        by: What both may spend the same of; None where that differs.
        budget: How much of it each run may spend: as much as the dearest run of the cheaper strategy did. None where
            models and sets are taken together: each has its own.
        shared: Whether the runs of one of them share a budget. Then the whole of it is compared, of which both had
            the same, and ``budget`` is what the dearer strategy spent a run on average.
        runs: How many pairs of runs there are.
        problems: On how many problems.
        only_first: Pairs in which only the first was certified.
        only_second: Pairs in which only the second was.
        difference: Share certified by the first less that of the second, with Newcombe's interval over problems.
        p_value: Of the exact paired test of the difference, two-sided. With one run a problem, it is McNemar's.
        least_p_value: What it would be if one had won on every problem.
        significant: Whether that is below 5 %. Of twenty comparisons of equals, one at most is, on average.
        words: All this as a sentence.
    """

    set: str
    model: str
    first: Side
    second: Side
    by: Resource | None
    budget: float | None
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
    """Every two strategies: of all sets and models together, if there are several, then of each set and model."""
    found: defaultdict[tuple[str, str], defaultdict[str, list[RunRow]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        found[row.set, row.model][row.strategy].append(row)
    order = {name: place for place, name in enumerate(dict.fromkeys(row.strategy for row in rows))}
    single: list[Comparison] = []
    together: defaultdict[tuple[str, str], list[Paired]] = defaultdict(list)
    for strategies in found.values():
        for first, second in combinations(sorted(strategies, key=order.__getitem__), 2):
            pairs = paired(strategies[first], strategies[second], by=None, budget=None)
            if pairs is not None:
                single.append(_compared([pairs]))
                together[first, second].append(pairs)
    return *(_compared(several) for several in together.values() if len(several) > 1), *single


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
    pairs = paired(first, second, by=by, budget=budget)
    return None if pairs is None else _compared([pairs])


def _compared(groups: Sequence[Paired]) -> Comparison:
    """The comparison over pairs of one set and model, or of several."""
    by_problem: defaultdict[tuple[str, str], list[tuple[bool, bool]]] = defaultdict(list)
    for group in groups:
        for problem, outcome in group.outcomes():
            by_problem[problem].append(outcome)
    outcomes = [outcome for found in by_problem.values() for outcome in found]
    p_value = exact_paired_test(_weighed_alike([*by_problem.values()]))
    is_one, (group, *_) = len(groups) == 1, groups
    by = group.by if all(other.by == group.by for other in groups) else None
    (one, _), *_ = group.pairs
    unspoken = Comparison(
        set=one.set if is_one else ALL,
        model=one.model if is_one else ALL,
        first=_side(groups, 0, [won for won, _ in outcomes], is_counted=by is not None),
        second=_side(groups, 1, [lost for _, lost in outcomes], is_counted=by is not None),
        by=by,
        budget=group.budget if is_one else None,
        shared=any(other.shared for other in groups),
        runs=len(outcomes),
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


def _weighed_alike(problems: Sequence[Sequence[tuple[bool, bool]]]) -> list[int]:
    """The mean difference on each problem, as a whole number of the same unit, however many runs it has."""
    unit = math.lcm(*map(len, problems))
    return [sum(won - lost for won, lost in found) * (unit // len(found)) for found in problems]


def _shares(outcomes: Sequence[tuple[bool, bool]]) -> tuple[float, float]:
    """How much of one problem's runs each of the two certified."""
    first, second = (sum(column) / len(outcomes) for column in zip(*outcomes, strict=True))
    return first, second


def _side(groups: Sequence[Paired], place: int, certified: Sequence[bool], *, is_counted: bool) -> Side:
    rows = [row for group in groups for row in group.side(place)]
    return Side(
        strategy=rows[0].strategy,
        certified=sum(certified),
        backprompts=any(attempt.parent is not None for row in rows for attempt in row.attempts),
        ended_early=dict(sum((group.ended_early(place) for group in groups), Counter[str]()).most_common()),
        spent=sum(group.spent(place) for group in groups) if is_counted else None,
    )
