"""The deadline that a critic is given."""

from __future__ import annotations

from modulo.errors import ConfigurationError
from modulo.numeric import is_number

__all__ = ["checked_deadline"]


def checked_deadline(max_seconds: object) -> float:
    """The deadline, if it is one.

    Raises:
        ConfigurationError: It is no positive, finite number.
    """
    if not is_number(max_seconds) or max_seconds <= 0:
        raise ConfigurationError(f"max_seconds must be a positive number, not {max_seconds!r}")
    return max_seconds
