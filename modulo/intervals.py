"""The interval of a share."""

from __future__ import annotations

import math
from typing import Final

__all__ = ["wilson_interval"]

_Z: Final = 1.959963984540054
"""Quantile of the normal distribution for two-sided 95 %."""


def wilson_interval(successes: float, trials: int) -> tuple[float, float]:
    """The 95 % interval of a share; 0 and 1 without trials.

    Source: Wilson, "Probable Inference, the Law of Succession, and Statistical Inference" (1927).

    Args:
        successes: How many trials succeeded, at most all; a fraction where a trial is a mean of several.
        trials: How many there were.
    """
    if not trials:
        return 0.0, 1.0
    share, spread = successes / trials, _Z * _Z / trials
    middle = share + spread / 2
    half = _Z * math.sqrt((share * (1 - share) + spread / 4) / trials)
    # Rounding must not leave the share outside of its interval.
    return min(share, max(0.0, (middle - half) / (1 + spread))), max(
        share, min(1.0, (middle + half) / (1 + spread))
    )
