"""Logistic regression on a few features, without dependencies."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from operator import mul
from statistics import fmean, pstdev
from typing import Final

from msgspec import Struct

__all__ = ["Weight", "fitted"]

_FEATURES: Final = 64
_SEEN: Final = 3
"""Times that a feature must be seen before it can tell anything."""
_SHRINKAGE: Final = 2.0
_SWEEPS: Final = 100
_ENOUGH: Final = 1e-4
_SURE: Final = 700.0
_CURVATURE: Final = 0.25
"""The most that a probability changes with its log-odds, so that no step goes too far."""


class Weight(Struct, frozen=True):
    """What a feature adds to the log-odds.

    Attributes:
        slope: For each unit.
        low: The least value that it was seen to have. Values beyond what was seen tell no more than that.
        high: The greatest one.
    """

    slope: float
    low: float
    high: float

    def of(self, value: float) -> float:
        """What it adds for a value."""
        return self.slope * max(self.low, min(self.high, value))


def fitted(examples: Sequence[tuple[Mapping[str, float], bool]]) -> tuple[float, dict[str, Weight]]:
    """The bias, and the weight of each feature that tells something, by coordinate ascent.

    Weights are shrunk towards 0 and the bias towards even odds, as if one example more had been true and one false.

    Source: Böhning and Lindsay, "Monotonicity of Quadratic-Approximation Algorithms" (1988), for the steps.
    """
    columns = _columns([features for features, _ in examples])
    outcomes = [*(float(outcome) for _, outcome in examples), 1.0, 0.0]
    odds = [0.0] * len(outcomes)
    slopes = dict.fromkeys(columns, 0.0)
    bias = 0.0
    for _ in range(_SWEEPS):
        furthest = step = _step([1.0] * len(outcomes), outcomes, odds, 0.0, 0.0)
        bias += step
        for name, (values, mean, deviation) in columns.items():
            scaled = [(value - mean) / deviation for value in values]
            step = _step(scaled, outcomes, odds, slopes[name], _SHRINKAGE)
            slopes[name] += step
            furthest = max(abs(furthest), abs(step))
        if abs(furthest) < _ENOUGH:
            break
    weights = {}
    for name, (values, mean, deviation) in columns.items():
        weights[name] = Weight(slopes[name] / deviation, min(values), max(values))
        bias -= weights[name].slope * mean
    return bias, weights


def _columns(rows: Sequence[Mapping[str, float]]) -> dict[str, tuple[list[float], float, float]]:
    """Values, mean and deviation of the features that are seen most and differ, whatever the order of the rows."""
    seen = Counter(name for features in rows for name, value in features.items() if value)
    columns: dict[str, tuple[list[float], float, float]] = {}
    for _, name in sorted((-count, name) for name, count in seen.items() if count >= _SEEN):
        values = [features.get(name, 0.0) for features in rows]
        if len(columns) < _FEATURES and min(values) < max(values):
            columns[name] = (values, fmean(values), pstdev(values))
    return columns


def _step(
    values: list[float], outcomes: list[float], odds: list[float], slope: float, shrinkage: float
) -> float:
    """How far to change one slope; the log-odds of the examples follow."""
    errors = map(_error, outcomes, odds)
    rise: float = sum(map(mul, values, errors)) - shrinkage * slope
    step = rise / (_CURVATURE * sum(value * value for value in values) + shrinkage)
    for i, value in enumerate(values):
        odds[i] += step * value
    return step


def _error(outcome: float, odds: float) -> float:
    return outcome - (1 / (1 + math.exp(-odds)) if odds > -_SURE else 0.0)
