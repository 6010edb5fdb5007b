"""Strategies and backprompters as they stand in traces and study files: an id and settings."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from inspect import signature
from typing import Any

from modulo.canonical import JsonValue
from modulo.errors import ConfigurationError
from modulo.protocols import Backprompter, Strategy

__all__ = ["described", "rebuilt", "type_id"]


def described(part: Strategy | Backprompter) -> dict[str, JsonValue]:
    """Its id and settings."""
    return {"id": type_id(part), "options": dict(part.describe())}


def rebuilt(document: Mapping[str, Any], kind: type[Any]) -> Any:
    """A strategy or backprompter of the library from its id and settings.

    Args:
        document: What ``described`` gave.
        kind: ``Strategy`` or ``Backprompter``.

    Raises:
        ConfigurationError: It is no part of the library, so nobody can tell how to make it; or it has no such
            settings in this version.
        KeyError: The document has no such fields.
        TypeError: It has no such settings.
    """
    module, _, name = document["id"].partition(":")
    inside = module == "modulo.backprompt" or module.startswith("modulo.strategies.")
    found = getattr(import_module(module), name, None) if inside else None
    if not (isinstance(found, type) and issubclass(found, kind)):
        raise ConfigurationError(
            f"{document['id']} is no part of the library; give the {kind.__name__.lower()} to replay()"
        )
    options: dict[str, Any] = dict(**document["options"])
    unknown = sorted(options.keys() - signature(found).parameters.keys())
    if unknown:
        raise ConfigurationError(
            f"{name} has no {', '.join(unknown)} in this version of Modulo; give the {kind.__name__.lower()} that "
            "does the same now to replay()"
        )
    return found(**options)


def type_id(thing: object) -> str:
    """``module:qualified name`` of a thing's type."""
    return f"{type(thing).__module__}:{type(thing).__qualname__}"
