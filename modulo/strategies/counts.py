"""Whole numbers among the settings of strategies."""

from __future__ import annotations

from collections.abc import Sequence

from modulo.errors import ConfigurationError
from modulo.numeric import is_whole_number
from modulo.protocols import Strategy

__all__ = ["check_counts"]


def check_counts(strategy: Strategy, *names: str, optional: Sequence[str] = ()) -> None:
    """Refuse settings that are no whole numbers of at least 1.

    Args:
        strategy: The strategy.
        *names: Its settings.
        optional: Further settings that may also be None.

    Raises:
        ConfigurationError: One makes no sense.
    """
    for name in (*names, *optional):
        value = getattr(strategy, name)
        if value is None and name in optional:
            continue
        if not is_whole_number(value) or value < 1:
            kind = type(strategy).__name__
            raise ConfigurationError(f"{kind}: {name} must be a whole number of at least 1, not {value!r}")
