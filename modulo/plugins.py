"""What packages register as entry points, loaded with errors that say whose fault it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.metadata import EntryPoint
from typing import TypeVar

from modulo.errors import ConfigurationError

__all__ = ["load", "load_all", "load_any", "place_of"]

T = TypeVar("T")


def load(entry: EntryPoint, kind: type[T]) -> T:
    """What an entry point names.

    Args:
        entry: The entry point.
        kind: What it must be one of.

    Raises:
        ConfigurationError: It cannot be loaded, or is something else.
    """
    found = load_any(entry)
    if not isinstance(found, kind):
        raise ConfigurationError(f"{place_of(entry)} is a {type(found).__name__}, no {kind.__name__}")
    return found


def load_any(entry: EntryPoint) -> object:
    """What an entry point names, whatever it is.

    Raises:
        ConfigurationError: It cannot be loaded.
    """
    try:
        found: object = entry.load()
    except Exception as error:  # importing third-party code may raise anything
        raise ConfigurationError(
            f"{place_of(entry)} cannot be loaded: {type(error).__name__}: {error}; mend or uninstall its package"
        ) from error
    return found


def load_all(entries: Iterable[EntryPoint], kind: type[T]) -> Mapping[str, T | ConfigurationError]:
    """What each entry point names, by its name; one that cannot be loaded is there as the error that says why."""
    found: dict[str, T | ConfigurationError] = {}
    for entry in sorted(entries, key=lambda entry: entry.name):
        try:
            found[entry.name] = load(entry, kind)
        except ConfigurationError as error:
            found[entry.name] = error
    return found


def place_of(entry: EntryPoint) -> str:
    """An entry point in words, for errors."""
    return f"{entry.name!r} of {entry.group} ({entry.value})"
