"""Makes an example smaller that shows a fault, and keeps the fault. Deterministic: no chance is involved."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from typing import Any, Final

from modulo.audit.paths import paths, replaced, value_at
from modulo.canonical import JsonValue

__all__ = ["shrunk", "size_of"]

_MOST_TRIES: Final = 400


async def shrunk(document: JsonValue, still_shows: Callable[[JsonValue], Awaitable[bool]]) -> JsonValue:
    """The smallest document found on the way down from one.

    Args:
        document: A document that shows the fault.
        still_shows: Whether another one does.
    """
    tries = _MOST_TRIES
    is_smaller = True
    while is_smaller and tries > 0:
        is_smaller = False
        for smaller in _smaller(document):
            tries -= 1
            if await still_shows(smaller):
                document, is_smaller = smaller, True
                break
            if tries <= 0:
                break
    return document


def size_of(document: Any) -> int:
    """How large a document is to a person: characters of its texts, and one for everything else."""
    if isinstance(document, str):
        return 1 + len(document)
    if isinstance(document, dict):
        return 1 + sum(size_of(str(key)) + size_of(part) for key, part in document.items())
    if isinstance(document, (list, tuple)):
        return 1 + sum(map(size_of, document))
    return 1 + len(f"{document:.30}") if isinstance(document, float) else 2


def _smaller(document: JsonValue) -> Iterator[JsonValue]:
    """Smaller documents, those that lose most first."""
    for path in paths(document):
        for part in _smaller_parts(value_at(document, path)):
            yield replaced(document, path, part)


def _smaller_parts(part: Any) -> Iterator[Any]:
    if isinstance(part, str):
        yield from _shorter_texts(part)
    elif isinstance(part, dict):
        keys = list(part)
        for kept in _shorter(keys):
            yield {key: part[key] for key in kept}
    elif isinstance(part, (list, tuple)):
        yield from _shorter(list(part))
    elif type(part) in (int, float) and part not in (0, 1):
        yield 0
        yield 1


def _shorter_texts(text: str) -> Iterator[str]:
    for separator in ("\n", " "):
        pieces = text.split(separator)
        if len(pieces) > 1:
            yield from (separator.join(kept) for kept in _shorter(pieces))
    yield from ("".join(kept) for kept in _shorter(list(text)))


def _shorter(items: list[Any]) -> Iterator[list[Any]]:
    """The items without a run of them: everything, halves, quarters, ..., single ones."""
    length = len(items)
    while length >= 1:
        for start in range(0, len(items), length):
            yield [*items[:start], *items[start + length :]]
        length //= 2
