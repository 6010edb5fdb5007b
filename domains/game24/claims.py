"""Recognises the claim that a puzzle has no solution, as models word it."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["is_claim"]

_LONGEST: Final = 200
_AROUND: Final = " \t\r\n.!*`\"'"
_NUMBERS = (
    r"(?: (?:with|from|using|for|of) (?:only )?(?:these|those|the|this|all)(?: given| set of)?"
    r" (?:numbers|input))?"
)
_GOAL = r"(?: to (?:obtain|get|reach|make|form|achieve) -?[0-9]{1,7})?"
_CLAIM = re.compile(
    r"(?:answer: ?)?(?:"
    r"no solution|unsolvable|not solvable"
    rf"|(?:it is |it's )?(?:not possible|impossible){_GOAL}{_NUMBERS}"
    rf"|(?:there (?:is|exists) )?no (?:possible |valid )?(?:solution|expression|way)(?: exists)?{_GOAL}{_NUMBERS}"
    r"|(?:the|this) (?:puzzle|problem|input|set) (?:is unsolvable|is not solvable|has no solution|cannot be solved)"
    r")",
    re.IGNORECASE,
)


def is_claim(text: str) -> bool:
    """Whether all that a text says is that there is no solution."""
    if len(text) > _LONGEST:
        return False
    return bool(_CLAIM.fullmatch(" ".join(text.strip(_AROUND).split())))
