"""Reads the steps of a plan without any of the code that reads them for our own validator."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from modulo.errors import Malformed

__all__ = ["Step", "read_steps"]

_COMMENT: Final = re.compile(r";[^\n]*")
_NOT_TEXT: Final = re.compile(r"[^\t\n\x20-\x7e]")
_INSIDE_OR_OUT: Final = re.compile(r"[()]")


class Step(NamedTuple):
    """A step, in lower case."""

    action: str
    arguments: tuple[str, ...]


def read_steps(text: str) -> list[Step]:
    """The steps of a plan without times.

    Raises:
        Malformed: Something else than actions in parentheses, blanks and comments stands in it.
    """
    bare = _COMMENT.sub("", text.replace("\r\n", "\n"))
    foreign = _NOT_TEXT.search(bare)
    if foreign:
        raise _malformed(f"The character {foreign[0]!a} does not belong in a plan.")
    steps = []
    pieces = _INSIDE_OR_OUT.split(bare)
    marks = _INSIDE_OR_OUT.findall(bare)
    if marks != ["(", ")"] * (len(marks) // 2):
        raise _malformed("Its parentheses do not come in pairs, one action in each.")
    for outside, inside in zip(pieces[::2], [*pieces[1::2], None], strict=True):
        if outside.strip():
            raise _malformed(f"Here stands {outside.strip()[:30]!a}, which is no action in parentheses.")
        if inside is not None:
            name, *arguments = inside.lower().split() or [""]
            if not name:
                raise _malformed("There is no action between these parentheses.")
            steps.append(Step(name, tuple(arguments)))
    return steps


def _malformed(message: str) -> Malformed:
    return Malformed(message, code="malformed_plan")
