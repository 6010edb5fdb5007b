"""What the runs of a study come to: pure functions of their rows.

``summaries_of`` makes a ``Summary`` for each group of runs (one strategy with one model on one set of problems), and
``comparisons_of`` compares strategies pair by pair. ``docs/benchmarks.md`` says what each number means.
"""

from modulo.bench.statistics.comparison import ALL, Comparison, Side, compare, comparisons_of
from modulo.bench.statistics.compute import KEYS, Compute, Key, compute_by
from modulo.bench.statistics.coverage import CoveragePoint, certified_share, coverage
from modulo.bench.statistics.estimates import (
    Estimate,
    exact_paired_test,
    paired_difference,
    pass_at_k,
    ratio,
    wilson,
)
from modulo.bench.statistics.passing import PassAtK, pass_at
from modulo.bench.statistics.rounds import (
    RoundValue,
    ViolationCounts,
    attempts_by_round,
    stop_reasons,
    value_of_rounds,
    violations_by_round,
)
from modulo.bench.statistics.spending import (
    AXES,
    RESOURCES,
    Axis,
    Resource,
    Spent,
    spent_by,
    spent_until_certified,
)
from modulo.bench.statistics.summary import (
    Group,
    Summary,
    cost_per_certified,
    groups_of,
    statistics_document,
    summaries_of,
    summary_of,
)
from modulo.bench.statistics.verdicts import LEVEL
from modulo.bench.statistics.waste import Waste, waste_of

__all__ = [
    "ALL",
    "AXES",
    "KEYS",
    "LEVEL",
    "RESOURCES",
    "Axis",
    "Comparison",
    "Compute",
    "CoveragePoint",
    "Estimate",
    "Group",
    "Key",
    "PassAtK",
    "Resource",
    "RoundValue",
    "Side",
    "Spent",
    "Summary",
    "ViolationCounts",
    "Waste",
    "attempts_by_round",
    "certified_share",
    "compare",
    "comparisons_of",
    "compute_by",
    "cost_per_certified",
    "coverage",
    "exact_paired_test",
    "groups_of",
    "paired_difference",
    "pass_at",
    "pass_at_k",
    "ratio",
    "spent_by",
    "spent_until_certified",
    "statistics_document",
    "stop_reasons",
    "summaries_of",
    "summary_of",
    "value_of_rounds",
    "violations_by_round",
    "waste_of",
    "wilson",
]
