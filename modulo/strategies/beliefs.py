"""What is believed of some scores after those seen so far, to be drawn from (Thompson sampling)."""

from __future__ import annotations

import math
import random
from typing import NamedTuple

__all__ = ["Belief", "Drawn"]

_TINY = 1e-300


class Drawn(NamedTuple):
    """A mean, and how far single scores are from it."""

    mean: float
    deviation: float


class Belief:
    """Scores that are thought to be normal, of unknown mean and variance (normal-inverse-gamma).

    Source: Murphy, "Probabilistic Machine Learning: Advanced Topics" (2023), section 3.4.3.3.

    Args:
        mean: What is thought before any score is seen, as if of one score.
        variance: The same of their variance.

    Attributes:
        count: How many scores. One more is a score of 0, and one less takes it back without a trace.
    """

    __slots__ = ("_mean", "_squares", "_total", "_variance", "count")

    def __init__(self, mean: float, variance: float) -> None:
        self._mean, self._variance = mean, variance
        self.count = 0
        self._total = 0.0
        self._squares = 0.0

    def observe(self, score: float) -> None:
        """Add a score."""
        self.count += 1
        self._total += score
        self._squares += score * score

    def draw(self, rng: random.Random) -> Drawn:
        """One of the distributions that the scores may be from."""
        n = self.count
        average = self._total / n if n else 0.0
        spread = max(0.0, self._squares - n * average * average)
        surprise = n * (self._mean - average) ** 2 / (1 + n)
        scale = (self._variance + spread + surprise) / 2
        variance = scale / max(rng.gammavariate((1 + n) / 2, 1.0), _TINY)
        mean = (self._mean + self._total) / (1 + n)
        return Drawn(mean + rng.gauss(0.0, math.sqrt(variance / (1 + n))), math.sqrt(variance))
