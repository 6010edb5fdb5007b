"""Weighted sums of features, whose weights are learned from one outcome after the other, and drawn."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from operator import mul
from typing import Final

__all__ = ["Weights", "probability"]

_STEPS: Final = 8
_FURTHEST: Final = 2.0
"""Log-odds that a step of Newton's method goes at most."""
_ENOUGH: Final = 1e-4
_SURE: Final = 700.0
_TINY: Final = 1e-12
_PROBIT: Final = math.pi / 8


class Weights:
    """Weights of a logistic regression that are thought to be normal.

    Each outcome moves the mean to where the posterior is highest, along the one direction that it tells something of,
    and narrows the covariance by the curvature there. So an outcome costs the square of the number of features.

    Source: Spiegelhalter and Lauritzen, "Sequential Updating of Conditional Probabilities on Directed Graphical
    Structures" (1990), section 5.2; MacKay, "The Evidence Framework Applied to Classification Networks" (1992), for
    the probability of an outcome.

    Args:
        means: What is thought of each weight before anything is seen.
        deviations: How far each may be from that.

    Attributes:
        mean: The mean weights.
        evidence: Logarithm of the probability that the weights gave all the outcomes before they were seen.
    """

    __slots__ = ("_covariance", "evidence", "mean")

    def __init__(self, means: Sequence[float], deviations: Sequence[float]) -> None:
        self.mean = [*means]
        self.evidence = 0.0
        places = range(len(means))
        self._covariance = [[deviations[i] ** 2 if i == j else 0.0 for j in places] for i in places]

    def score(self, features: Sequence[float]) -> float:
        """The mean log-odds."""
        return sum(map(mul, self.mean, features), 0.0)

    def deviation(self, features: Sequence[float]) -> float:
        """Standard deviation of the log-odds."""
        return math.sqrt(max(0.0, sum(map(mul, features, self._times(features)))))

    def learn(self, features: Sequence[float], outcome: bool) -> None:
        """Take an outcome into account."""
        along = self._times(features)
        variance = max(_TINY, sum(map(mul, features, along)))
        before = self.score(features)
        thought = probability(before / math.sqrt(1 + _PROBIT * variance))
        self.evidence += math.log(max(_TINY, thought if outcome else 1 - thought))
        after = _mode(before, variance, float(outcome))
        likely = probability(after)
        curvature = likely * (1 - likely)
        self._move(along, (after - before) / variance, curvature / (1 + curvature * variance))

    def learn_number(self, features: Sequence[float], number: float, *, noise: float) -> None:
        """The same where the weighted sum is no log-odds, but a number that is seen with a noise of that variance."""
        along = self._times(features)
        precision = 1 / (noise + sum(map(mul, features, along)))
        self._move(along, (number - self.score(features)) * precision, precision)

    def draw(self, rng: random.Random) -> list[float]:
        """Weights as they may be."""
        roots: list[list[float]] = []
        for row in self._covariance:
            root: list[float] = []
            for j in range(len(roots)):
                root.append((row[j] - sum(map(mul, roots[j], root))) / roots[j][j])
            root.append(math.sqrt(max(_TINY, row[len(roots)] - sum(map(mul, root, root)))))
            roots.append(root)
        normal = [rng.gauss(0.0, 1.0) for _ in roots]
        return [mean + sum(map(mul, root, normal)) for mean, root in zip(self.mean, roots, strict=True)]

    def _move(self, along: Sequence[float], far: float, shrinks: float) -> None:
        self.mean = [weight + far * step for weight, step in zip(self.mean, along, strict=True)]
        for step, row in zip(along, self._covariance, strict=True):
            if step:
                by = shrinks * step
                row[:] = [known - by * other for known, other in zip(row, along, strict=True)]

    def _times(self, features: Sequence[float]) -> list[float]:
        """The covariance times the features, most of which are 0."""
        told = [(value, row) for value, row in zip(features, self._covariance, strict=True) if value]
        if not told:
            return [0.0] * len(self.mean)
        values = [value for value, _ in told]
        return [sum(map(mul, values, column)) for column in zip(*(row for _, row in told), strict=True)]


def probability(log_odds: float) -> float:
    """The probability of these log-odds."""
    return 1 / (1 + math.exp(-log_odds)) if log_odds > -_SURE else 0.0


def _mode(before: float, variance: float, outcome: float) -> float:
    """The most likely log-odds after an outcome, by Newton's method."""
    found = before
    for _ in range(_STEPS):
        likely = probability(found)
        step = (before + variance * (outcome - likely) - found) / (1 + variance * likely * (1 - likely))
        found += max(-_FURTHEST, min(_FURTHEST, step))
        if abs(step) < _ENOUGH:
            break
    return found
