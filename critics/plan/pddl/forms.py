"""Reads the parentheses of a PDDL text: words and groups of them, each with its place."""

from __future__ import annotations

import re
from typing import Final, NoReturn, TypeAlias

from msgspec import Struct

from modulo.critics.plan.pddl.errors import PddlError, UnsupportedPddlError

__all__ = ["MAX_NESTING", "Form", "Group", "Source", "Word", "is_number"]

MAX_NESTING: Final = 100
"""Deepest nesting of parentheses; what reads and judges formulas is recursive."""
_TOKEN: Final = re.compile(r"[()]|;[^\n]*|[^ \t\r\n\f\v();]+")
_NUMBER: Final = re.compile(r"-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")


class Word(Struct, gc=False, frozen=True):
    """A name, variable, keyword, number or sign, in lower case.

    Attributes:
        text: The word.
        start: Where it begins, as an offset into the source.
    """

    text: str
    start: int


class Group(Struct, gc=False, frozen=True):
    """What stands between a pair of parentheses.

    Attributes:
        items: Words and groups.
        start: Where the opening parenthesis is.
    """

    items: list[Form]
    start: int

    @property
    def head(self) -> str:
        """The first word; empty if the group does not begin with one."""
        return self.items[0].text if self.items and isinstance(self.items[0], Word) else ""


Form: TypeAlias = Word | Group


class Source:
    """One of the two texts, which knows where things stand in it.

    Args:
        name: ``"domain"`` or ``"problem"``.
        text: The text.
    """

    def __init__(self, name: str, text: str) -> None:
        self.name, self.text = name, text.removeprefix("\ufeff")

    def fail(self, at: Form | int, message: str) -> NoReturn:
        """Refuse the text.

        Raises:
            PddlError: Always.
        """
        raise PddlError(message, source=self.name, **self._place(at))

    def unsupported(self, at: Form | int, what: str) -> NoReturn:
        """Refuse PDDL that cannot be judged.

        Raises:
            UnsupportedPddlError: Always.
        """
        message = f"unsupported requirement: {what}"
        raise UnsupportedPddlError(message, source=self.name, **self._place(at))

    def group(self) -> Group:
        """The one group that the text consists of.

        Raises:
            PddlError: Parentheses do not match, or something stands outside of them.
        """
        outside = Group([], 0)
        open_groups = [outside]
        items = outside.items
        for match in _TOKEN.finditer(self.text):
            piece = match[0]
            if piece == "(":
                group = Group([], match.start())
                items.append(group)
                open_groups.append(group)
                if len(open_groups) > MAX_NESTING:
                    self.fail(group, f"parentheses are nested more than {MAX_NESTING} deep")
                items = group.items
            elif piece == ")":
                if len(open_groups) == 1:
                    self.fail(match.start(), "this parenthesis closes nothing")
                open_groups.pop()
                items = open_groups[-1].items
            elif piece[0] != ";":
                items.append(Word(self._lower(piece, match.start()), match.start()))
        if len(open_groups) > 1:
            self.fail(open_groups[-1], "this parenthesis is never closed")
        return self._only(outside.items)

    def _only(self, items: list[Form]) -> Group:
        if not items:
            self.fail(0, "the text is empty; it should be (define ...)")
        first, *others = items
        if not isinstance(first, Group):
            self.fail(first, "this stands outside of the parentheses of (define ...)")
        if others:
            self.fail(others[0], "something follows after the end of (define ...)")
        return first

    def _lower(self, piece: str, start: int) -> str:
        # Only ASCII is folded: the Kelvin sign, in lower case, would be the letter k.
        if not piece.isascii() or not piece.isprintable():
            self.fail(start, f"{piece[:40]!a} has characters that PDDL has not")
        return piece.lower()

    def _place(self, at: Form | int) -> dict[str, int]:
        start = at if isinstance(at, int) else at.start
        return {
            "line": self.text.count("\n", 0, start) + 1,
            "column": start - self.text.rfind("\n", 0, start),
        }


def is_number(text: str) -> bool:
    """Whether a word is a decimal number."""
    return _NUMBER.fullmatch(text) is not None
