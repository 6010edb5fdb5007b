"""What the settings of strategies may be: whole numbers, truth values, names."""

from __future__ import annotations

from collections.abc import Sequence

from modulo.errors import ConfigurationError
from modulo.numeric import MAX_INTEGER, is_whole_number
from modulo.protocols import Strategy

__all__ = ["check_counts", "check_truths", "names_in"]


def check_counts(strategy: Strategy, *names: str, optional: Sequence[str] = ()) -> None:
    """Refuse settings that are no whole numbers of at least 1, or that no trace could carry.

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
        if value > MAX_INTEGER:
            kind = type(strategy).__name__
            raise ConfigurationError(f"{kind}: {name} must be within 2**53 - 1, or no trace could carry it")


def check_truths(strategy: Strategy, *names: str) -> None:
    """Refuse settings that are neither true nor false: words such as ``no`` would count as true.

    Raises:
        ConfigurationError: One is something else.
    """
    for name in names:
        value = getattr(strategy, name)
        if not isinstance(value, bool):
            raise ConfigurationError(f"{type(strategy).__name__}: {name} is true or false, not {value!r}")


def names_in(strategy: Strategy, name: str) -> tuple[str, ...]:
    """A setting that is a sequence of different words, or a single one.

    Raises:
        ConfigurationError: It is something else.
    """
    value = getattr(strategy, name)
    words = (value,) if isinstance(value, str) else value
    if (
        not isinstance(words, Sequence)
        or not all(isinstance(word, str) and word for word in words)
        or len(set(words)) < len(words)
    ):
        raise ConfigurationError(f"{type(strategy).__name__}: {name} must be different words, not {value!r}")
    return tuple(words)
