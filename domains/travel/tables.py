"""Reads tables as pandas prints them: columns set flush right, under their headings, with or without an index."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from modulo.errors import ProblemError

__all__ = ["read_table"]

_INDEX: Final = re.compile(r"[0-9]{1,9} {2,}(?=\S)")
"""The index of a row stands flush left, and at least two spaces before what follows."""


def read_table(text: str, columns: Sequence[str]) -> Iterator[Mapping[str, str]]:
    """The rows of a table with exactly these columns, in this order.

    Every column ends where its heading ends. The heading line may have lost its leading spaces, so places are counted
    from the right; all lines end at the same place.

    Raises:
        ProblemError: It is no such table: a line is too long, or a value runs into the next column.
    """
    head, *lines = text.rstrip("\n").split("\n")
    width = max(len(line) for line in (head, *lines))
    ends = _ends(head.rjust(width), columns)
    starts = [0, *ends[:-1]]
    has_index = all(_INDEX.match(line) for line in lines)
    for number, line in enumerate(lines, start=1):
        if len(line) != width:
            raise ProblemError(f"row {number} of the table ends at another place than the others")
        first, *others = [line[start:end] for start, end in zip(starts, ends, strict=True)]
        if not all(value.startswith(" ") for value in others):
            raise ProblemError(f"row {number} of the table does not fit its headings")
        if has_index:
            first = _INDEX.sub("", first, count=1)
        yield dict(zip(columns, (value.strip() for value in (first, *others)), strict=True))


def _ends(head: str, columns: Sequence[str]) -> list[int]:
    ends: list[int] = []
    at = 0
    for column in columns:
        start = head.find(column, at)
        if start < 0 or head[at:start].strip():
            raise ProblemError(f"the table's headings are not {', '.join(columns)}")
        at = start + len(column)
        ends.append(at)
    if head[at:].strip():
        raise ProblemError(f"the table has more headings than {', '.join(columns)}")
    return ends
