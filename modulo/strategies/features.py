"""What can be told of a problem, and of what critics said of the first answer, before much is spent on it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

from modulo.critique import Critique

__all__ = ["Features", "features_of_critiques", "features_of_problem"]

Features = Mapping[str, float]
"""Numbers by name. One that is missing is 0."""

_MOST: Final = 40
"""Fields, kinds of violations and letters of a word, of each at most."""


def features_of_problem(domain: str, document: Any, size: int) -> Features:
    """Its domain and size, and its outer fields: numbers, words, and how long everything else is.

    Numbers count by their logarithm, since the step from 10 to 20 tells as much as that from 100 to 200.

    Args:
        domain: Name of the domain.
        document: The problem as JSON.
        size: Length of its canonical form in bytes.
    """
    found = {f"domain={domain}": 1.0, "size": _logarithm(size)}
    if isinstance(document, Mapping):
        for name in sorted(document)[:_MOST]:
            found |= _of_field(str(name)[:_MOST], document[name])
    return found


def features_of_critiques(critiques: Iterable[Critique]) -> Features:
    """How many violations critics named in an answer, and of which kinds."""
    codes = Counter(violation.code for critique in critiques for violation in critique.violations)
    found = {"violations": _logarithm(codes.total())}
    return found | {f"violation {code[:_MOST]}": 1.0 for code in sorted(codes)[:_MOST]}


def _of_field(name: str, value: Any) -> Features:
    match value:
        case None | True | False:
            return {f"{name}={value}": 1.0}
        case int() | float():
            return {name: math.copysign(_logarithm(abs(value)), value)}
        case str() if len(value) <= _MOST:
            return {f"{name}={value}": 1.0}
        case str() | list() | dict():
            return {f"length of {name}": _logarithm(len(value))}
    return {}


def _logarithm(value: float) -> float:
    return math.log2(1 + value)
