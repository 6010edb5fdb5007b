"""JSON as models write it: in code fences, with prose around it, with trailing commas. Mended, and never guessed.

What is mended has one meaning only: commas before a closing bracket, comments, single quotes, and Python's names
for true, false and null. Everything else must be strict JSON: a key that stands twice, NaN, a document that was cut
off, or two different documents are malformed. Mends are told to the trace.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

from modulo.canonical import JsonValue, canonical_json, parse_json
from modulo.errors import ConfigurationError, Malformed, ProblemError
from modulo.mending import tell_mended

__all__ = ["Kind", "TolerantJson"]

Kind = Literal["object", "array", "any"]

MAX_CHARACTERS: Final = 1_000_000
"""Longest text that is read."""
_MOST_SCANNED: Final = 3
"""How many times its length may be scanned of a text with many brackets that open no document."""

_TOKEN: Final = re.compile(
    r"""(?P<space>[ \t\r\n]++)
    |(?P<comment>//[^\n]*+|/\*.*?\*/)
    |(?P<string>"(?:[^"\\]++|\\.)*+")
    |(?P<single>'(?:[^'\\\n]++|\\.)*+')
    |(?P<open>[{\[])|(?P<close>[}\]])|(?P<comma>,)|(?P<colon>:)
    |(?P<plain>[-+.\w]++)""",
    re.VERBOSE | re.DOTALL,
)
_OPENING: Final = re.compile(r"[{\[]")
_PYTHON_WORDS: Final = {"True": "true", "False": "false", "None": "null"}
_AN_OBJECT_BEGINS: Final = re.compile(r"\{\s*(?:[\"'}]|//|/\*|[A-Za-z_]\w*\s*:)")
_AN_ARRAY_BEGINS: Final = re.compile(
    r"\[(?:\]|\s*(?:[\"'{\[]|-?\d|//|/\*|(?:true|false|null|True|False|None|NaN)\b))"
)
_OF_OBJECTS: Final = re.compile(r"\[\s*[{\[]")
_FENCES: Final = re.compile(r"\s*```[ \t]*\w*\s*(?:```\s*)?")


class TolerantJson:
    """A reformulator: the one JSON document in a chat answer.

    Text before the last ``</think>`` is left out. What begins like a document must be one; the same document given
    several times counts once. Where an object is expected, arrays without objects in them are taken for prose, as
    ``[1]`` in "see [1]".

    Args:
        expects: The kind of document.

    Raises:
        ConfigurationError: There is no such kind.
    """

    def __init__(self, expects: Kind = "object") -> None:
        if expects not in ("object", "array", "any"):
            raise ConfigurationError(f"TolerantJson expects 'object', 'array' or 'any', not {expects!r}")
        self.expects = expects
        self.returns: Any = {"object": dict, "array": list, "any": Any}[expects]

    def __call__(self, text: str) -> Any:
        """The document in a text.

        Raises:
            Malformed: There is none, or one that cannot be read, or another kind, or several different ones.
        """
        if len(text) > MAX_CHARACTERS:
            raise Malformed(f"The answer is longer than {MAX_CHARACTERS} characters.", code="too_long")
        start = _end_of_thinking(text)
        found: dict[bytes, _Document] = {}
        for document in self._documents(text, start):
            found.setdefault(_canonical(document.value), document)
        if not found:
            raise Malformed(f"The answer holds no JSON {self._kind()}.", code="no_json", hint=self._form())
        if len(found) > 1:
            raise Malformed(
                f"The answer holds {len(found)} different JSON documents; give exactly one.",
                code="several_documents",
            )
        (document,) = found.values()
        self._check_kind(document.value)
        for mend in (*_around(text, start, document), *document.mends):
            tell_mended(mend)
        return document.value

    def _documents(self, text: str, start: int) -> Iterator[_Document]:
        scan = _Scan(text)
        at = start
        while (opening := scan.next_opening(at)) is not None:
            if not _begins_document(text, opening):
                at = opening + 1
                continue
            must_be_one = self.expects != "object" or not _may_be_prose(text, opening)
            try:
                document = scan.document(opening)
            except Malformed:
                if must_be_one:
                    raise
                at = opening + 1
                continue
            at = document.end
            if must_be_one or _holds_object(document.value):
                yield document

    def _check_kind(self, value: JsonValue) -> None:
        if self.expects != "any" and not isinstance(value, self.returns):
            given = "object" if isinstance(value, dict) else "array"
            raise Malformed(
                f"The answer holds a JSON {given}, not an {self.expects}.", code="wrong_kind", hint=self._form()
            )

    def _kind(self) -> str:
        return "object or array" if self.expects == "any" else self.expects

    def _form(self) -> str:
        return f"give one JSON {self._kind()} and nothing else"


@dataclass(frozen=True, slots=True)
class _Document:
    """A document in a text, from one place to another, and what was mended in it."""

    value: Any
    start: int
    end: int
    mends: tuple[str, ...]


class _Scan:
    """Reads documents of a text, up to a limit on the work."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._left = _MOST_SCANNED * len(text) + 1000

    def next_opening(self, at: int) -> int | None:
        """The next bracket that opens."""
        found = _OPENING.search(self._text, at)
        return None if found is None else found.start()

    def document(self, start: int) -> _Document:
        """The document that begins at a bracket.

        Raises:
            Malformed: None does.
        """
        mender = _Mender()
        at, depth = start, 0
        while True:
            token = _TOKEN.match(self._text, at)
            if token is None:
                if self._text[at : at + 1] in ("'", '"', "/"):  # its end was looked for all the way
                    self._spend(len(self._text) - at)
                raise _unreadable(self._text, start, at)
            self._spend(token.end() - at)
            at = token.end()
            kind = token.lastgroup
            assert kind is not None
            mender.take(kind, token.group())
            depth += (kind == "open") - (kind == "close")
            if depth == 0:
                return _Document(_strict(mender.text(), self._text, start), start, at, mender.mends())

    def _spend(self, characters: int) -> None:
        self._left -= characters
        if self._left < 0:
            raise Malformed("The answer holds too many brackets that open nothing.", code="too_many_brackets")


class _Mender:
    """Writes the tokens of a document as strict JSON, token by token."""

    def __init__(self) -> None:
        self._written: list[str] = []
        self._comma: int | None = None
        """Where a comma stands that nothing but space has followed."""
        self._follows_value = False
        self._mends: dict[str, None] = {}

    def take(self, kind: str, token: str) -> None:
        """Write the next token."""
        if kind in ("space", "comment"):
            self._written.append(token if kind == "space" else " " + "\n" * token.count("\n"))
            if kind == "comment":
                self._mends["comments"] = None
            return
        if kind == "close" and self._comma is not None:
            self._written[self._comma] = ""
            self._mends["trailing commas"] = None
        self._comma = len(self._written) if kind == "comma" and self._follows_value else None
        self._written.append(self._mended(kind, token))
        self._follows_value = kind in ("string", "single", "plain", "close")

    def text(self) -> str:
        """All that was written."""
        return "".join(self._written)

    def mends(self) -> tuple[str, ...]:
        """What was mended."""
        return tuple(self._mends)

    def _mended(self, kind: str, token: str) -> str:
        if kind == "single":
            self._mends["single quotes"] = None
            return _double_quoted(token)
        if kind == "plain" and token in _PYTHON_WORDS:
            self._mends["Python's True, False and None"] = None
            return _PYTHON_WORDS[token]
        return token


def _double_quoted(token: str) -> str:
    """A text in single quotes as one in double quotes."""
    inside = re.sub(r"\\.|\"", _requoted, token[1:-1], flags=re.DOTALL)
    return f'"{inside}"'


def _requoted(found: re.Match[str]) -> str:
    return {"\\'": "'", '"': '\\"'}.get(found.group(), found.group())


def _begins_document(text: str, at: int) -> bool:
    pattern = _AN_OBJECT_BEGINS if text[at] == "{" else _AN_ARRAY_BEGINS
    return pattern.match(text, at) is not None


def _may_be_prose(text: str, at: int) -> bool:
    """Whether a bracket may be one of prose, where an object is expected: it opens no array of objects or arrays."""
    return text[at] == "[" and _OF_OBJECTS.match(text, at) is None


def _holds_object(value: object) -> bool:
    """Whether an object is in an array, or in one inside. What was parsed is not nested deeply."""
    return isinstance(value, dict) or (isinstance(value, list) and any(map(_holds_object, value)))


def _end_of_thinking(text: str) -> int:
    mark = "</think>"
    return text.rfind(mark) + len(mark) if mark in text else 0


def _around(text: str, start: int, document: _Document) -> Iterator[str]:
    if start:
        yield "reasoning before the answer"
    outside = text[start : document.start] + text[document.end :]
    if outside.strip():
        yield "code fences" if _FENCES.fullmatch(outside) else "text around the JSON"


def _strict(mended: str, text: str, start: int) -> Any:
    try:
        value = parse_json(mended)
        canonical_json(value)
    except ProblemError as error:
        raise Malformed(f"The JSON cannot be read: {error}.", location=_line(text, start)) from error
    return value


def _canonical(value: Any) -> bytes:
    return canonical_json(value)


def _unreadable(text: str, start: int, at: int) -> Malformed:
    if at >= len(text):
        message = "The JSON ends before its last bracket is closed."
        return Malformed(message, code="cut_off", location=_line(text, start))
    return Malformed(f"The JSON cannot be read from {text[at : at + 20]!r} on.", location=_line(text, at))


def _line(text: str, at: int) -> str:
    return f"line {text.count(chr(10), 0, at) + 1}"
