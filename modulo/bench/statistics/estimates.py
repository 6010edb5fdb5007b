"""Estimates with intervals, from numbers alone."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import Final

from msgspec import Struct

from modulo.errors import ConfigurationError
from modulo.intervals import wilson_interval

__all__ = ["RESAMPLES", "Estimate", "exact_paired_test", "paired_difference", "pass_at_k", "ratio", "wilson"]

RESAMPLES: Final = 1000
"""Resamples of a bootstrap."""

_TAIL: Final = 0.025


class Estimate(Struct, frozen=True, kw_only=True):
    """A number with its 95 % interval.

    Attributes:
        value: The number; None where it cannot be said, as the cost per certified answer where none is.
        low: Lower end of the interval; None where there is none.
        high: Upper end of the interval; None where nothing bounds it.
    """

    value: float | None
    low: float | None
    high: float | None


def wilson(successes: float, trials: int) -> Estimate:
    """A share, with the interval of Wilson (1927).

    Args:
        successes: How many trials succeeded; a fraction where a trial is a mean of several.
        trials: How many there were.

    Returns:
        The share; without trials, only that it is between 0 and 1.

    Raises:
        ConfigurationError: There cannot be so many successes.
    """
    if not 0 <= successes <= trials:
        raise ConfigurationError(f"of {trials} trials, {successes} cannot have succeeded")
    low, high = wilson_interval(successes, trials)
    return Estimate(value=successes / trials if trials else None, low=low, high=high)


def pass_at_k(samples: int, right: int, k: int) -> float:
    """The probability that of k samples one at least is right, without bias.

    Source: Chen et al., "Evaluating Large Language Models Trained on Code" (2021), equation 1.

    Args:
        samples: How many independent samples there are.
        right: How many of them are right.
        k: How many are drawn, up to ``samples``.

    Raises:
        ConfigurationError: The numbers make no sense.
    """
    if not (0 <= right <= samples and 1 <= k <= samples):
        raise ConfigurationError(f"pass@{k} cannot be said of {samples} samples, {right} of them right")
    return 1 - math.comb(samples - right, k) / math.comb(samples, k)


def exact_paired_test(differences: Sequence[int]) -> float:
    """The two-sided p-value of paired differences, where each might as well be the other way round.

    All signs of the differences are tried (Fisher, "The Design of Experiments", 1935, section 21). Where all
    differences are 1, 0 or -1, this is the exact test of McNemar (1947).

    Args:
        differences: One for each problem; all in the same unit, of which only whole numbers are taken.
    """
    sizes = [abs(difference) for difference in differences if difference]
    seen = abs(sum(differences))
    if not seen:
        return 1.0
    unit = math.gcd(*sizes)
    sizes = [size // unit for size in sizes]
    most_lost = (sum(sizes) - seen // unit) // 2
    return float(2 * _choices(sizes, most_lost) / 2 ** len(sizes))


def _choices(sizes: Sequence[int], most: int) -> int:
    """How many choices of some of the sizes come to so much or less."""
    if max(sizes) == 1:
        return sum(_binomials(len(sizes), most))
    # How many come to each amount, as the digits of one number: none exceeds 2^n.
    digit = len(sizes) + 1
    choices = 1
    for size in sizes:
        choices += choices << (digit * size)
    wanted = choices & ((1 << (digit * (most + 1))) - 1)
    return wanted % ((1 << digit) - 1)  # the sum of its digits


def _binomials(n: int, most: int) -> Iterator[int]:
    """How many choices of k of n there are, for k from 0 to so many."""
    ways = 1
    for k in range(most + 1):
        yield ways
        ways = ways * (n - k) // (k + 1)


def ratio(pairs: Sequence[tuple[float, float]], *, seed: int = 0) -> Estimate:
    """A sum over another sum, with a bootstrap interval (percentiles; Efron 1979) over what is drawn.

    Args:
        pairs: Numerator and denominator of each problem; both at least 0.
        seed: The same seed gives the same interval.

    Returns:
        The ratio. Where the denominators are all 0 it has no value; where too many resamples are like that, no upper
        end. One problem alone bounds nothing.
    """
    if len(pairs) == 1:
        return Estimate(value=_finite(_quotient(pairs)), low=None, high=None)
    quotients = sorted(_quotient(drawn) for drawn in _resamples(pairs, seed))
    return Estimate(
        value=_finite(_quotient(pairs)),
        low=_finite(_percentile(quotients, _TAIL)),
        high=_finite(_percentile(quotients, 1 - _TAIL)),
    )


def paired_difference(pairs: Sequence[tuple[float, float]]) -> Estimate:
    """The difference of two shares of the same trials, with the interval of Newcombe's method 10.

    It puts together Wilson's limits of both shares by their correlation, so that it is as wide as few trials make it,
    also where all of them came out alike.

    Source: Newcombe, "Improved Confidence Intervals for the Difference between Binomial Proportions Based on Paired
    Data" (1998).

    Args:
        pairs: What each trial came to, first and second, from 0 to 1; a fraction where it is a mean of several.
    """
    trials = len(pairs)
    if not trials:
        return Estimate(value=None, low=None, high=None)
    first, second = math.fsum(map(itemgetter(0), pairs)), math.fsum(map(itemgetter(1), pairs))
    share, other = first / trials, second / trials
    (low, high), (other_low, other_high) = wilson_interval(first, trials), wilson_interval(second, trials)
    together = _correlation(pairs, first, second)
    return Estimate(
        value=share - other,
        low=share - other - _joined(share - low, other_high - other, together),
        high=share - other + _joined(high - share, other - other_low, together),
    )


def _correlation(pairs: Sequence[tuple[float, float]], first: float, second: float) -> float:
    """Newcombe's estimate of the correlation, corrected for continuity where it is positive."""
    trials = len(pairs)
    spread = first * (trials - first) * second * (trials - second)
    if spread <= 0:
        return 0.0
    above = trials * math.fsum(one * other for one, other in pairs) - first * second
    return (max(0.0, above - trials / 2) if above > 0 else above) / math.sqrt(spread)


def _joined(one: float, other: float, together: float) -> float:
    """The length of a side of a triangle, given the others and the cosine between them."""
    return math.sqrt(max(0.0, one * one - 2 * together * one * other + other * other))


def _resamples(values: Sequence[tuple[float, float]], seed: int) -> Iterator[list[tuple[float, float]]]:
    """Resamples that do not depend on the order of the values."""
    rng = random.Random(seed)  # noqa: S311  an interval, no secret
    ordered = sorted(values)
    return (rng.choices(ordered, k=len(values)) for _ in range(RESAMPLES if values else 0))


def _quotient(pairs: Sequence[tuple[float, float]]) -> float:
    below = math.fsum(map(itemgetter(1), pairs))
    return math.fsum(map(itemgetter(0), pairs)) / below if below else math.inf


def _percentile(ordered: Sequence[float], share: float) -> float:
    """The value at a share of the order, by nearest rank; infinite where there is none."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else math.inf


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
