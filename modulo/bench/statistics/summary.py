"""All statistics of a group of runs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from modulo.bench.rows import RunRow
from modulo.bench.statistics.comparison import comparisons_of
from modulo.bench.statistics.compute import KEYS, Compute, Key, compute_by
from modulo.bench.statistics.coverage import CoveragePoint, certified_share, coverage, problems_in
from modulo.bench.statistics.estimates import Estimate, ratio
from modulo.bench.statistics.passing import PassAtK, pass_at
from modulo.bench.statistics.rounds import (
    RoundValue,
    ViolationCounts,
    attempts_by_round,
    stop_reasons,
    value_of_rounds,
    violations_by_round,
)
from modulo.bench.statistics.spending import AXES, RESOURCES, Axis, Resource, Spent, spent_by
from modulo.bench.statistics.waste import Waste, waste_of

__all__ = [
    "Group",
    "Summary",
    "cost_per_certified",
    "groups_of",
    "statistics_document",
    "summaries_of",
    "summary_of",
]


class Group(Struct, frozen=True, kw_only=True):
    """What runs are counted together by.

    Attributes:
        set: The set of problems.
        model: The model.
        strategy: The strategy.
    """

    set: str
    model: str
    strategy: str


class Summary(Struct, frozen=True, kw_only=True):
    """What the runs of a group came to.

    Attributes:
        group: The group.
        runs: How many there are.
        problems: On how many problems.
        certified: How many were certified.
        accuracy: The share of the runs that were certified.
        spent: All that was spent, for whatever became of it.
        unpriced: Models asked of which nobody knows what they cost: dollars are without them.
        per_certified: Cost per certified answer, by what it is counted in: all spending, that of failures included,
            over certified answers.
        pass_at: pass@k, where samples are independent.
        coverage: Coverage curves, by what they are drawn over.
        rounds: The marginal value of each round.
        compute: Where compute went, by what tells it apart.
        waste: What helped nothing.
        stop_reasons: Why runs stopped.
        violations: What was wrong, by round.
        attempts_by_round: Attempts judged in each round.
    """

    group: Group
    runs: int
    problems: int
    certified: int
    accuracy: Estimate
    spent: Spent
    unpriced: tuple[str, ...]
    per_certified: Mapping[Resource, Estimate]
    pass_at: PassAtK | None
    coverage: Mapping[Axis, tuple[CoveragePoint, ...]]
    rounds: tuple[RoundValue, ...]
    compute: Mapping[Key, tuple[Compute, ...]]
    waste: Waste
    stop_reasons: Mapping[str, int]
    violations: tuple[ViolationCounts, ...]
    attempts_by_round: tuple[int, ...]


def groups_of(rows: Sequence[RunRow]) -> Mapping[Group, Sequence[RunRow]]:
    """Runs by group, in the order of first appearance."""
    groups: defaultdict[Group, list[RunRow]] = defaultdict(list)
    for row in rows:
        groups[Group(set=row.set, model=row.model, strategy=row.strategy)].append(row)
    return groups


def summaries_of(rows: Sequence[RunRow], *, seed: int = 0) -> tuple[Summary, ...]:
    """A summary for each group, in the order of first appearance.

    Args:
        rows: The runs.
        seed: For bootstraps: the same seed gives the same intervals.
    """
    return tuple(summary_of(group, runs, seed=seed) for group, runs in groups_of(rows).items())


def summary_of(group: Group, rows: Sequence[RunRow], *, seed: int = 0) -> Summary:
    """What the runs of one group came to."""
    return Summary(
        group=group,
        runs=len(rows),
        problems=problems_in(rows),
        certified=sum(row.certified for row in rows),
        accuracy=certified_share(rows),
        spent=spent_by(rows),
        unpriced=tuple(dict.fromkeys(name for row in rows for name in row.unpriced)),
        per_certified={resource: cost_per_certified(rows, resource, seed=seed) for resource in RESOURCES},
        pass_at=pass_at(rows),
        coverage={axis: coverage(rows, axis) for axis in AXES},
        rounds=value_of_rounds(rows),
        compute={key: compute_by(rows, key) for key in KEYS},
        waste=waste_of(rows),
        stop_reasons=stop_reasons(rows),
        violations=violations_by_round(rows),
        attempts_by_round=attempts_by_round(rows),
    )


def cost_per_certified(rows: Sequence[RunRow], resource: Resource, *, seed: int = 0) -> Estimate:
    """All spending over certified answers, with a bootstrap interval over problems.

    Args:
        rows: The runs.
        resource: What is counted.
        seed: The same seed gives the same interval.
    """
    by_problem: defaultdict[tuple[str, str], list[RunRow]] = defaultdict(list)
    for row in rows:
        by_problem[row.set, row.problem].append(row)
    pairs = [
        (float(getattr(spent_by(runs), resource)), float(sum(row.certified for row in runs)))
        for runs in by_problem.values()
    ]
    return ratio(pairs, seed=seed)


def statistics_document(rows: Sequence[RunRow], *, seed: int = 0) -> dict[str, Any]:
    """All statistics of a study's runs as one JSON object: ``groups`` and ``comparisons``."""
    document: dict[str, Any] = msgspec.to_builtins(
        {"groups": summaries_of(rows, seed=seed), "comparisons": comparisons_of(rows)},
        str_keys=True,
    )
    return document
