"""How often a critic may still err that was seen to err k times in n."""

from __future__ import annotations

import math

__all__ = ["CONFIDENCE", "upper_bound"]

CONFIDENCE = 0.95
_HALVINGS = 60


def upper_bound(errors: int, n: int) -> float:
    """The one-sided 95 % upper bound of a rate of which ``errors`` in ``n`` were seen.

    Without errors, by the rule of three, 3/n (Hanley and Lippman-Hand, "If nothing goes wrong, is everything all
    right?", JAMA 1983), which is a little above the exact bound; otherwise exact (Clopper and Pearson, 1934). It
    holds for answers like those that were tried; nothing was tried, nothing is known: the bound is 1.

    Raises:
        ValueError: The numbers make no sense.
    """
    if not 0 <= errors <= n:
        raise ValueError(f"{errors} errors in {n}")
    if errors == n:
        return 1.0
    if errors == 0:
        return min(1.0, 3 / n)
    low, high = errors / n, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if _at_most(errors, n, middle) > 1 - CONFIDENCE:
            low = middle
        else:
            high = middle
    return high


def _at_most(errors: int, n: int, rate: float) -> float:
    """The probability of at most so many errors in n at a rate."""
    if rate >= 1:
        return 0.0
    total = 0.0
    for k in range(errors + 1):
        ways = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
        total += math.exp(ways + k * math.log(rate) + (n - k) * math.log1p(-rate))
    return total
