"""Which share of the runs was certified within so many rounds, calls, tokens, dollars or seconds each."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from modulo.bench.rows import RunRow
from modulo.bench.statistics.estimates import Estimate, wilson
from modulo.bench.statistics.spending import Axis, spent_until_certified

__all__ = ["CoveragePoint", "certified_share", "coverage", "problems_in"]


class CoveragePoint(Struct, frozen=True, kw_only=True):
    """A step of a coverage curve.

    Attributes:
        within: What each run may spend.
        certified: How many runs were certified within that.
        share: Which share of all that is.
        low: Lower end of its 95 % interval.
        high: Upper end of its 95 % interval.
    """

    within: float
    certified: int
    share: float
    low: float
    high: float


def coverage(rows: Sequence[RunRow], by: Axis) -> tuple[CoveragePoint, ...]:
    """The steps of a coverage curve, upwards; between them it is level, before the first it is 0.

    A run that was never certified counts as such at any amount, though its limits may have ended it before.

    Args:
        rows: The runs.
        by: What the curve is drawn over.

    Returns:
        Nothing if nothing of that was ever spent, as where no call has a price.
    """
    needed = sorted(getattr(spent, by) for row in rows if (spent := spent_until_certified(row)) is not None)
    if not needed or not needed[-1]:
        return ()
    trials = problems_in(rows)
    steps = [(within, i) for i, within in enumerate(needed, 1) if i == len(needed) or needed[i] > within]
    return tuple(_point(within, certified, len(rows), trials) for within, certified in steps)


def certified_share(rows: Sequence[RunRow]) -> Estimate:
    """Which share of runs ended with a certificate, with Wilson's interval.

    Repeats of a run are no problems of their own, so the interval is as wide as if each problem had been run once.
    """
    return _share(sum(row.certified for row in rows), len(rows), problems_in(rows))


def problems_in(rows: Sequence[RunRow]) -> int:
    """How many different problems there are."""
    return len({(row.set, row.problem) for row in rows})


def _share(certified: int, runs: int, problems: int) -> Estimate:
    return wilson(certified * problems / runs if runs else 0, problems)


def _point(within: float, certified: int, runs: int, problems: int) -> CoveragePoint:
    share = _share(certified, runs, problems)
    assert share.value is not None
    assert share.low is not None
    assert share.high is not None
    return CoveragePoint(within=within, certified=certified, share=share.value, low=share.low, high=share.high)
