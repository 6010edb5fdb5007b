"""JSON values out of chat text: what stands there, with prose or code fences around it, and nothing mended.

For reformulators. Which of several values is meant is never guessed: take them all, or have more than one refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, Final, Literal

from modulo.canonical import canonical_json
from modulo.errors import Malformed, ProblemError

__all__ = ["json_object_in", "json_values_in"]

_MAX_OPENINGS: Final = 200
"""Brackets that are tried as the beginning of a value; text full of unclosed ones would take quadratic time."""
_BEGINS: Final = {
    "{": re.compile(
        r"""\{\s*+(?:"(?:[^"\\]++|\\.)*+(?:"\s*+(?::|\Z)|\Z)|'(?:[^'\\\n]++|\\.)*+'\s*+:)""", re.DOTALL
    ),
    "[": re.compile(r"""\[\s*+(?:\[\s*+[\]\[{"\d-]|\{\s*+")"""),
}
"""What is meant for JSON: an object with a key, and an array of arrays or objects; ``[0, 5)`` may well be prose."""
_FORM_BEGINS: Final = re.compile(r"\{\s*+[A-Za-z_]\w*+\s*+:")
"""How an object is often described, as in ``{node: color}``; what stands in such a description is no answer."""
_BRACES: Final = re.compile(r"""[{}]|"(?:[^"\\]++|\\.)*+(?:"|\Z)""", re.DOTALL)


def json_object_in(text: str, *, form: str) -> dict[str, Any]:
    """The one JSON object in a text; given several times, it counts once.

    Args:
        text: A chat answer.
        form: How the answer should look, for the hint.

    Raises:
        Malformed: There is no such object, there are several different ones, or it is no strict JSON.
    """
    found = json_values_in(text, form=form)
    if not found:
        raise Malformed("The answer holds no JSON object.", hint=form)
    if len(found) > 1:
        raise Malformed(f"The answer holds {len(found)} different JSON objects; give exactly one.", hint=form)
    value: dict[str, Any] = found[0]
    return value


def json_values_in(text: str, *, form: str, opening: Literal["{", "["] = "{") -> Sequence[Any]:
    """The different JSON objects, or arrays, in a text, each as far out as it goes, in their order.

    Brackets that begin nothing of the kind are passed over, as smileys and placeholders must be. What begins like
    one must be one: an object within another that was cut off is no answer.

    Args:
        text: A chat answer.
        form: How the answer should look, for the hint.
        opening: What to look for.

    Raises:
        Malformed: One cannot be read, has a key twice, or numbers or text that JSON cannot carry exactly; or too many
            begin.
    """
    found: dict[bytes, Any] = {}
    at = text.find(opening)
    for _ in range(_MAX_OPENINGS):
        if at < 0:
            return list(found.values())
        try:
            value, end = _DECODER.raw_decode(text, at)
            found[canonical_json(value)] = value
        except ProblemError as error:
            raise Malformed(f"The JSON in the answer cannot be read: {error}.", hint=form) from error
        except (ValueError, RecursionError) as error:
            if _BEGINS[opening].match(text, at):
                raise _unreadable(error, form) from error
            end = _end_of_form(text, at) if _FORM_BEGINS.match(text, at) else at + 1
        at = text.find(opening, end)
    raise Malformed(f"The answer holds too many '{opening}'.", hint=form)


def _end_of_form(text: str, at: int) -> int:
    """Behind the bracket that closes the one at a place; the end of the text if there is none."""
    depth = 0
    for found in _BRACES.finditer(text, at):
        depth += (found[0] == "{") - (found[0] == "}")
        if depth == 0:
            return found.end()
    return len(text)


def _unreadable(error: ValueError | RecursionError, form: str) -> Malformed:
    reason = "it is nested too deeply"
    if isinstance(error, json.JSONDecodeError):
        is_cut_off = error.pos >= len(error.doc.rstrip()) or error.msg.startswith("Unterminated")
        reason = (
            "it ends too early" if is_cut_off else f"{error.msg} (line {error.lineno}, column {error.colno})"
        )
    elif isinstance(error, ValueError):
        reason = "a number has too many digits"
    return Malformed(f"The JSON in the answer cannot be read: {reason}.", hint=form)


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ProblemError("a key stands twice in one object")
    return result


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_unique_keys)
