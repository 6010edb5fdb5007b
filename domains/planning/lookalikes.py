"""Letters and signs that look like those of ASCII, as models write them and people read them."""

from __future__ import annotations

import unicodedata
from typing import Final

__all__ = ["ascii_looks"]

_LETTERS: Final = {
    "\u0430": "a",
    "\u0432": "b",
    "\u0441": "c",
    "\u0501": "d",
    "\u0435": "e",
    "\u04bb": "h",
    "\u0456": "i",
    "\u0458": "j",
    "\u043a": "k",
    "\u043c": "m",
    "\u043e": "o",
    "\u0440": "p",
    "\u051b": "q",
    "\u0455": "s",
    "\u0442": "t",
    "\u0443": "y",
    "\u0445": "x",
    "\u051d": "w",
    "\u03b1": "a",
    "\u03b5": "e",
    "\u03b9": "i",
    "\u03ba": "k",
    "\u03bd": "v",
    "\u03bf": "o",
    "\u03c1": "p",
    "\u03c4": "t",
    "\u03c5": "u",
    "\u03c7": "x",
    "\u0131": "i",
    "\u3010": "(",
    "\u3011": ")",
    "\u300c": "(",
    "\u300d": ")",
}
_NOTHING: Final = ("Cf", "Mn")
"""Categories of what is not seen, or only on another letter."""


def ascii_looks(text: str) -> str:
    """A text in lower case, with every letter that is not of ASCII as the one that it looks like."""
    if text.isascii():
        return text
    return "".join(_looks(character) for character in unicodedata.normalize("NFKC", text).lower())


def _looks(character: str) -> str:
    if character.isascii():
        return character
    category = unicodedata.category(character)
    if category in _NOTHING:
        return ""
    return "-" if category == "Pd" else _LETTERS.get(character, character)
