"""What counts as a number where an option takes one: finite, and neither text nor a truth value."""

from __future__ import annotations

import math
from typing import TypeGuard

__all__ = ["is_number", "is_whole_number"]


def is_number(value: object) -> TypeGuard[float]:
    """Whether a value is a finite number that a float can hold."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def is_whole_number(value: object) -> TypeGuard[int]:
    """Whether a value is an integer."""
    return isinstance(value, int) and not isinstance(value, bool)
