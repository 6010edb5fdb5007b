"""Numbers as people read them."""

from __future__ import annotations

import math
from typing import Final

from modulo.bench.statistics import Axis, Estimate, Resource

__all__ = ["AXIS_WORDS", "amount", "amount_interval", "percent", "percent_interval", "short"]

AXIS_WORDS: Final = {
    "rounds": "rounds",
    "calls": "calls",
    "tokens": "tokens",
    "cost_usd": "dollars",
    "seconds": "seconds",
}
"""What an axis is called."""

_EXACT_BELOW: Final = 10_000


def percent(share: float | None) -> str:
    """A share, as in ``62 %``."""
    return "-" if share is None else f"{100 * share:.0f} %"


def percent_interval(estimate: Estimate) -> str:
    """The interval of a share, as in ``48 to 74 %``."""
    if estimate.low is None or estimate.high is None:
        return ""
    return f"{100 * estimate.low:.0f} to {100 * estimate.high:.0f} %"


def short(number: float) -> str:
    """A number in few characters, as in ``12.3k``."""
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if abs(number) >= size and (abs(number) >= _EXACT_BELOW or number % size == 0):
            return f"{number / size:.3g}{unit}"
    return f"{number:.3g}" if abs(number) < 1000 else f"{number:,.0f}"


def amount(number: float | None, of: Axis | Resource) -> str:
    """So much of something, with its unit where it has a sign."""
    if number is None:
        return "-"
    if of == "cost_usd":
        return f"${_dollars(number)}"
    return f"{short(number)} s" if of == "seconds" else short(number)


def amount_interval(estimate: Estimate, of: Resource) -> str:
    """The interval of an amount; nothing bounds it above where a certificate was rare."""
    if estimate.low is None:
        return ""
    high = "∞" if estimate.high is None else amount(estimate.high, of)
    return f"{amount(estimate.low, of)} to {high}"


def _dollars(number: float) -> str:
    """With two digits that say something, and cents at least."""
    small = 0 < abs(number) < 0.1
    return f"{number:.{1 - math.floor(math.log10(abs(number)))}f}" if small else f"{number:,.2f}"
