"""The critic of regular expressions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from modulo.canonical import JsonValue
from modulo.critics.deadline import checked_deadline
from modulo.critique import Violation
from modulo.errors import ConfigurationError
from modulo.protocols import Critic

__all__ = ["MatchesPattern"]


class MatchesPattern(Critic[object, str]):
    r"""Judges whether a whole text matches a regular expression.

    Some patterns take exponential time on some texts, and the text comes from a model. So it runs in a worker process
    with a deadline; what takes longer is an error, never a verdict.

    **Sound for:** the text, from its first character to its last one, matches the pattern by Python's ``re``.

    **Does not check:** what the text means. Called directly instead of by a graph, it has no deadline.

    Args:
        pattern: The regular expression. Flags are written in it, such as ``(?i)``. Without them, ``\d`` and ``\w``
            take digits and letters of all scripts; ``(?a)`` takes those of ASCII.
        max_seconds: Deadline for one text.

    Raises:
        ConfigurationError: The pattern is none, or the deadline makes no sense.
    """

    version = "1"
    is_format = True

    def __init__(self, pattern: str, *, max_seconds: float = 2.0) -> None:
        if not isinstance(pattern, str):
            raise ConfigurationError(f"pattern: a regular expression as a text, not {pattern!r}")
        try:
            self._pattern = re.compile(pattern)
        except (re.error, RecursionError, OverflowError) as error:
            raise ConfigurationError(f"pattern: no regular expression: {error}") from error
        self.max_seconds = checked_deadline(max_seconds)
        self.proves = f"the text matches the regular expression {pattern}"

    def options(self) -> Mapping[str, JsonValue]:
        """The pattern."""
        return {"pattern": self._pattern.pattern}

    def critique(self, problem: object, candidate: str) -> Iterator[Violation]:
        """One violation if it does not match."""
        if not isinstance(candidate, str):
            yield Violation("malformed", "The answer is no text.")
        elif self._pattern.fullmatch(candidate) is None:
            yield Violation(
                "no_match",
                "The text does not match the pattern.",
                expected=self._pattern.pattern,
                actual=f"{candidate:.200}",
            )
