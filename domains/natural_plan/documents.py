"""Statements in JSON documents: our own form, and entries of the benchmark's files."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from modulo.canonical import JsonValue, parse_json
from modulo.domain import read_file
from modulo.errors import ProblemError

__all__ = ["read_entry", "statement_in"]

MAX_CHARACTERS: Final = 100_000
"""Longest statement; the longest of the benchmark has 8,000."""


def statement_in(document: JsonValue) -> str | None:
    """The statement of a problem: ``{"statement": TEXT}``, or what an entry of the benchmark asks.

    Of an entry, ``prompt_0shot`` is taken or, without one, ``prompt_5shot``. What else stands in it (its golden
    plan, a model's answer, the same facts once more) is not looked at.

    Returns:
        The statement; None if the document is neither.

    Raises:
        ProblemError: It is one of both, but its statement is no text, or too long.
    """
    if not isinstance(document, dict):
        return None
    if document.keys() == {"statement"}:
        statement = document["statement"]
    elif "prompt_0shot" in document or "prompt_5shot" in document:
        statement = document["prompt_0shot" if "prompt_0shot" in document else "prompt_5shot"]
    else:
        return None
    if not isinstance(statement, str):
        raise ProblemError("the statement is no text")
    if len(statement) > MAX_CHARACTERS:
        raise ProblemError(f"the statement has {len(statement)} characters, more than {MAX_CHARACTERS}")
    return statement


def read_entry(path: Path) -> JsonValue:
    """The document in a JSON file; ``FILE#ID`` is the entry of that id, as in the benchmark's files.

    Raises:
        ProblemError: There is none.
    """
    name, mark, wanted = str(path).partition("#")
    document = parse_json(read_file(Path(name)))
    if not mark:
        return _checked_whole(document, name)
    if not isinstance(document, dict) or wanted not in document:
        raise ProblemError(f"{name} has no entry {wanted!r}{_some_ids(document)}")
    entry: JsonValue = document[wanted]
    return entry


def _checked_whole(document: JsonValue, name: str) -> JsonValue:
    if isinstance(document, dict) and document and all(_is_entry(entry) for entry in document.values()):
        raise ProblemError(f"choose one of the problems in {name} as {name}#ID{_some_ids(document)}")
    return document


def _is_entry(value: JsonValue) -> bool:
    return isinstance(value, dict) and ("prompt_0shot" in value or "prompt_5shot" in value)


def _some_ids(document: JsonValue) -> str:
    ids = list(document)[:3] if isinstance(document, dict) else []
    return f"; there are {', '.join(ids)}, ..." if ids else ""
