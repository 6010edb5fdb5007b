"""Places within a JSON document, and documents that differ in one place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

from modulo.canonical import JsonValue, canonical_json
from modulo.errors import ProblemError

__all__ = ["Path", "is_same_document", "paths", "replaced", "value_at"]

Path: TypeAlias = tuple[str | int, ...]
"""Keys and positions that lead from a document to a part of it."""

_MOST_PATHS = 2000
"""Places of a document that are looked at; an audit of huge answers must end."""


def paths(document: JsonValue) -> list[Path]:
    """Every place in a document, the whole first."""
    found: list[Path] = []
    for path in _walk(document, ()):
        found.append(path)
        if len(found) == _MOST_PATHS:
            break
    return found


def value_at(document: Any, path: Path) -> Any:
    """The part of a document at a place."""
    for step in path:
        document = document[step]
    return document


def replaced(document: Any, path: Path, value: Any) -> Any:
    """A copy of a document with another part at a place; everything else is shared."""
    if not path:
        return value
    copy: Any = dict(document) if isinstance(document, dict) else list(document)
    copy[path[0]] = replaced(document[path[0]], path[1:], value)
    return copy


def is_same_document(one: JsonValue, other: JsonValue) -> bool:
    """Whether two documents are the same JSON: ``True`` is not 1, and 1.0 is."""
    try:
        return canonical_json(one) == canonical_json(other)
    except ProblemError:
        return False


def _walk(document: Any, path: Path) -> Iterator[Path]:
    yield path
    if isinstance(document, dict):
        for key in document:
            yield from _walk(document[key], (*path, key))
    elif isinstance(document, (list, tuple)):
        for at, part in enumerate(document):
            yield from _walk(part, (*path, at))
