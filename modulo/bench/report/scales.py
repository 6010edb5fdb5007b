"""From numbers to places in a drawing, and the numbers that stand at an axis."""

from __future__ import annotations

import math
from typing import Final

from msgspec import Struct

__all__ = ["Scale", "scale_for"]

_WIDE: Final = 40.0
"""From which ratio on of the largest to the smallest number a scale is logarithmic."""


class Scale(Struct, frozen=True, kw_only=True):
    """A scale.

    Attributes:
        low: The number at its beginning.
        high: The number at its end.
        start: The place of its beginning.
        end: The place of its end.
        logarithmic: Whether equal steps are equal ratios.
        whole: Whether only whole numbers make sense.
    """

    low: float
    high: float
    start: float
    end: float
    logarithmic: bool = False
    whole: bool = False

    def place(self, number: float) -> float:
        """The place of a number, rounded to a tenth; numbers beyond the ends are put there."""
        number = min(max(number, self.low), self.high)
        share = (self._measure(number) - self._measure(self.low)) / (
            self._measure(self.high) - self._measure(self.low)
        )
        return round(self.start + share * (self.end - self.start), 1)

    def ticks(self, most: int = 5) -> tuple[float, ...]:
        """Round numbers in its range."""
        if self.logarithmic:
            return self._powers(most)
        step = _round_step((self.high - self.low) / most)
        step = max(1.0, step) if self.whole else step
        first = math.ceil(self.low / step - 1e-9)
        return tuple(round(k * step, 12) for k in range(first, math.floor(self.high / step + 1e-9) + 1))

    def _powers(self, most: int) -> tuple[float, ...]:
        first, last = math.ceil(math.log10(self.low) - 1e-9), math.floor(math.log10(self.high) + 1e-9)
        if last - first < 1:
            return (self.low, self.high)
        step = math.ceil((last - first + 1) / most)
        return tuple(10.0**k for k in range(first, last + 1, step))

    def _measure(self, number: float) -> float:
        return math.log10(number) if self.logarithmic else number


def scale_for(numbers: list[float], *, start: float, end: float, whole: bool = False) -> Scale:
    """A scale on which all of some numbers have a place: logarithmic where they lie far apart, else from 0 on.

    Args:
        numbers: The numbers, none of them below 0.
        start: The place of its beginning.
        end: The place of its end.
        whole: Whether only whole numbers make sense.
    """
    above = [number for number in numbers if number > 0]
    if not above:
        return Scale(low=0.0, high=1.0, start=start, end=end, whole=whole)
    low, high = min(above), max(above)
    if not whole and high / low >= _WIDE:
        return Scale(low=low, high=high, start=start, end=end, logarithmic=True)
    return Scale(low=0.0, high=high, start=start, end=end, whole=whole)


def _round_step(step: float) -> float:
    """The next of 1, 2, 5, 10, .. times a power of ten."""
    power = 10.0 ** math.floor(math.log10(step))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= step * (1 - 1e-9))
