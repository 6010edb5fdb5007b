"""How faults of form are told: where, as JSON pointers (RFC 6901), and what stands there, shortened."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from modulo.canonical import canonical_json
from modulo.critique import Violation
from modulo.errors import ProblemError

__all__ = ["MAX_FAULTS", "not_json", "pointer", "shown"]

MAX_FAULTS: Final = 100
"""So many faults of one answer are reported."""
_LONGEST: Final = 120


def pointer(path: Iterable[str | int]) -> str:
    """A path as a JSON pointer; that of the document itself is empty, and told as ``(whole answer)``."""
    steps = [str(step).replace("~", "~0").replace("/", "~1") for step in path]
    return "".join(f"/{step}" for step in steps) or "(whole answer)"


def shown(value: object) -> str:
    """A value as JSON, shortened."""
    try:
        text = canonical_json(value).decode()
    except ProblemError:
        text = f"a {type(value).__name__}"
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def not_json(value: object) -> Violation | None:
    """What is wrong with a value that is no JSON value: NaN, integers that are not carried exactly, too deep, ..."""
    try:
        canonical_json(value)
    except ProblemError as error:
        return Violation("not_json", f"The answer is {error}.")
    return None
