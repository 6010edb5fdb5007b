"""What counts as a number where an option takes one: finite, and neither text nor a truth value."""

from __future__ import annotations

import math
from typing import Final, TypeGuard

__all__ = ["MAX_INTEGER", "is_number", "is_whole_number"]

MAX_INTEGER: Final = 2**53 - 1
"""The largest integer that JSON carries exactly from everybody to everybody (RFC 8785), so also a trace."""


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
