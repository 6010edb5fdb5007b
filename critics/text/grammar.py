"""The critic of grammars, by Lark."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from modulo.canonical import JsonValue
from modulo.critics.deadline import checked_deadline
from modulo.critique import Critique, Violation
from modulo.errors import ConfigurationError, MissingDependencyError
from modulo.protocols import Critic

if TYPE_CHECKING:
    from lark import Lark, UnexpectedInput

__all__ = ["ParsesAs"]

_MOST_EXPECTED = 20


_LOOKS_AHEAD = re.compile(
    r"(?:[^\\\[]|\\[^bBZ]|\[\^?+\]?+(?:[^\]\\]|\\.)*+\])*?(?:\$|\\[bBZ]|\(\?[=!])", re.DOTALL
)


class ParsesAs(Critic[object, str]):
    r"""Judges whether a text belongs to the language of a context-free grammar.

    Any grammar will do, an ambiguous one too: Earley's algorithm tries every way to cut the text into terminals, and
    that there is one derivation is what counts, not that there is only one. It takes cubic time at worst, so it runs
    in a worker process with a deadline; what takes longer is an error, never a verdict.

    **Sound for:** the grammar derives the text from its start symbol, as far as Lark is right.

    **Does not check:** what the text means, or that it can be read in one way only. Called directly instead of by a
    graph, it has no deadline.

    Args:
        grammar: The grammar in Lark's notation. Its terminals must not look ahead (``$``, ``\b``, ``(?=``, ``(?!``),
            since Lark has them see an end of the text wherever it cuts. Of several ways to match, a terminal takes
            the first and what is shorter, so write ``/ab|a/`` and not ``/a|ab/``.
        start: The start symbol.
        max_seconds: Deadline for one text.

    Raises:
        ConfigurationError: The grammar is none or looks ahead, or the deadline makes no sense.
        MissingDependencyError: Lark is not installed.
    """

    version = "1"
    is_format = True

    def __init__(self, grammar: str, *, start: str = "start", max_seconds: float = 5.0) -> None:
        if not isinstance(grammar, str):
            raise ConfigurationError(f"grammar: a text, not {grammar!r}")
        self._grammar, self._start = grammar, start
        self.max_seconds = checked_deadline(max_seconds)
        self.proves = f"the text belongs to the language of the grammar, from {start}"
        self._parser: Lark | None = _parser(grammar, start)

    def __reduce__(self) -> tuple[object, tuple[str, str, float]]:
        """Pickle what it was made of: a parser does not go into worker processes, it is built there."""
        assert self.max_seconds is not None
        return _made_anew, (self._grammar, self._start, self.max_seconds)

    def options(self) -> Mapping[str, JsonValue]:
        """The grammar and its start symbol."""
        return {"grammar": self._grammar, "start": self._start}

    def critique(self, problem: object, candidate: str) -> Critique:
        """Where the text stops being a beginning of the language, and what could stand there."""
        from lark import UnexpectedInput

        if not isinstance(candidate, str):
            return Critique.reject(Violation("malformed", "The answer is no text."))
        assert self._parser is not None
        try:
            self._parser.parse(candidate)
        except UnexpectedInput as error:
            return Critique.reject(_violation(error, candidate))
        return Critique.accept()


def _made_anew(grammar: str, start: str, max_seconds: float) -> ParsesAs:
    return ParsesAs(grammar, start=start, max_seconds=max_seconds)


def _parser(grammar: str, start: str) -> Lark:
    try:
        from lark import Lark
        from lark.exceptions import LarkError
    except ImportError as error:
        raise MissingDependencyError("ParsesAs needs Lark: pip install 'llm-modulo[critics]'") from error
    try:
        # The plain dynamic lexer takes the longest match of a terminal only, and so misses derivations.
        parser = Lark(grammar, start=start, parser="earley", lexer="dynamic_complete")
    except (LarkError, TypeError, ValueError, OSError) as error:
        raise ConfigurationError(f"grammar: none that Lark reads: {error}") from error
    for terminal in parser.terminals:
        if _LOOKS_AHEAD.match(terminal.pattern.to_regexp()):
            raise ConfigurationError(
                f"grammar: the terminal {terminal.name} looks ahead; leave out $, \\b, (?= and (?!"
            )
    return parser


def _violation(error: UnexpectedInput, text: str) -> Violation:
    expected = sorted(map(str, getattr(error, "expected", None) or getattr(error, "allowed", None) or ()))
    wanted = " or ".join(expected[:_MOST_EXPECTED]) or None
    if not isinstance(error.pos_in_stream, int) or not 0 <= error.pos_in_stream < len(text):
        return Violation("unexpected_end", "The text ends too early.", expected=wanted)
    return Violation(
        "unexpected_text",
        f"{text[error.pos_in_stream : error.pos_in_stream + 20]!r} cannot stand there.",
        location=f"line {error.line}, column {error.column}",
        expected=wanted,
    )
