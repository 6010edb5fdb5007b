"""Plans of which the beginning is set: how it is written before what a model answers, and told apart from that.

The marks are read strictly, at the very start of a text, since a beginning is written by programs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

__all__ = ["Begun", "begun_lines", "begun_text", "read_begun"]

_BEGUN: Final = re.compile(r"\[BEGINNING\]\n((?:\([^()\n]*+\)\n)*+)\[(REST|END)\]\n")


@dataclass(frozen=True, slots=True)
class Begun:
    """A text that begins with the beginning of a plan.

    Attributes:
        actions: The actions of the beginning.
        is_complete: Whether the plan ends with them, whatever the rest of the text says.
        rest: The rest of the text.
    """

    actions: tuple[str, ...]
    is_complete: bool
    rest: str


def begun_text(lines: str, *, is_complete: bool) -> str:
    """The beginning of a plan, to be put before a model's answer.

    Args:
        lines: Its actions, each with its line end.
        is_complete: Whether the plan ends with them.
    """
    return f"[BEGINNING]\n{lines}{'[END]' if is_complete else '[REST]'}\n"


def begun_lines(text: str) -> str:
    """The actions of a beginning that ``begun_text`` wrote, each with its line end."""
    return text.removeprefix("[BEGINNING]\n").rpartition("[")[0]


def read_begun(text: str) -> Begun | None:
    """The beginning that was put before an answer; None if there is none."""
    found = _BEGUN.match(text)
    if found is None:
        return None
    return Begun(tuple(found[1].split("\n")[:-1]), found[2] == "END", text[found.end() :])
