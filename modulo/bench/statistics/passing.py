"""pass@k, where samples are independent."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from msgspec import Struct

from modulo.bench.rows import AttemptRow, RunRow
from modulo.bench.statistics.estimates import pass_at_k

__all__ = ["PassAtK", "pass_at"]


class PassAtK(Struct, frozen=True, kw_only=True):
    """pass@k over problems.

    Attributes:
        of: What is drawn: ``samples`` of runs that judged all of them, or whole ``runs`` that were repeated.
        values: For each k, the mean over the problems.
    """

    of: Literal["samples", "runs"]
    values: Mapping[int, float]


def pass_at(rows: Sequence[RunRow]) -> PassAtK | None:
    """Unbiased pass@k of runs of one group; None where nothing independent was drawn.

    Samples are independent where each run made the same number of them, all of the same prompt, and went on after the
    first certified one (``select = "best"``): where a run stops at success, how many samples it has depends on them.
    Runs are independent of their repeats, whatever their strategy.
    """
    if _hold_samples(rows):
        return _passing("samples", ((row, attempt.accepted) for row in rows for attempt in _samples(row)))
    runs = _passing("runs", ((row, row.certified) for row in rows))
    return runs if runs is not None and len(runs.values) > 1 else None


def _hold_samples(rows: Sequence[RunRow]) -> bool:
    attempts = [attempt for row in rows for attempt in row.attempts]
    return (
        len(attempts) > len(rows)
        and all(row.select == "best" for row in rows)
        and all(attempt.parent is None and attempt.judged for attempt in attempts)
        and len({(attempt.node, attempt.model, attempt.label) for attempt in attempts}) == 1
        and len({len(row.attempts) for row in rows}) == 1
    )


def _samples(row: RunRow) -> list[AttemptRow]:
    """What came of a call; one that failed is no sample."""
    return [attempt for attempt in row.attempts if attempt.error is None]


def _passing(of: Literal["samples", "runs"], drawn: Iterable[tuple[RunRow, bool]]) -> PassAtK | None:
    by_problem: defaultdict[tuple[str, str], list[bool]] = defaultdict(list)
    for row, is_right in drawn:
        by_problem[row.set, row.problem].append(is_right)
    most = min(map(len, by_problem.values()), default=0)
    if not most:
        return None
    counts = [(len(right), sum(right)) for right in by_problem.values()]
    means = {
        k: math.fsum(pass_at_k(samples, right, k) for samples, right in counts) / len(counts)
        for k in range(1, most + 1)
    }
    return PassAtK(of=of, values=means)
