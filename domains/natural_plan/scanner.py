"""A text read from its beginning to its end, piece by piece, with nothing passed over."""

from __future__ import annotations

import re
from typing import NoReturn

from modulo.errors import ProblemError

__all__ = ["Scanner"]


class Scanner:
    """Reads a text in order. What is not taken is never skipped.

    Line breaks and runs of spaces count as one space, and typographic apostrophes as plain ones.

    Args:
        text: The text.
    """

    def __init__(self, text: str) -> None:
        self._text = " ".join(text.replace("\u2019", "'").split())
        self._at = 0

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """What the pattern matches at this place, which then is read; None if it does not match."""
        found = pattern.match(self._text, self._at)
        if found is not None:
            self._at = found.end()
            if self._text[self._at : self._at + 1] == " ":
                self._at += 1
        return found

    def expect(self, pattern: re.Pattern[str], what: str) -> re.Match[str]:
        """What the pattern matches at this place.

        Args:
            pattern: The pattern.
            what: What should stand here, for the error.

        Raises:
            ProblemError: It does not match.
        """
        found = self.take(pattern)
        if found is None:
            self.refuse(what)
        return found

    def refuse(self, what: str) -> NoReturn:
        """Say that something else should stand here.

        Raises:
            ProblemError: Always.
        """
        rest = self._text[self._at : self._at + 80]
        found = f"{rest!r}" if rest else "the end of the statement"
        raise ProblemError(f"the statement should go on with {what}, but there is {found}")

    def end(self, what: str) -> None:
        """Nothing may be left.

        Raises:
            ProblemError: Something is.
        """
        if self._at < len(self._text):
            self.refuse(what)
