"""Reads one line of chat text: actions with what models put around them, or why it holds none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from modulo.domains.planning.lookalikes import ascii_looks
from modulo.domains.planning.words import Words

__all__ = ["Kind", "Line", "grouped_actions", "read_line"]


class Kind(StrEnum):
    """What a line is."""

    ACTIONS = "actions"
    BLANK = "blank"
    RULE = "rule"
    """A line drawn across the text, with another part of it below."""
    COMMENT = "comment"
    """A comment of PDDL or of common programming languages."""
    PROSE = "prose"
    FACTS = "facts"
    """Facts in parentheses, as in a state; their names are no action's."""
    SUSPECT = "suspect"
    """It looks like an action, and cannot be read as one."""
    AMBIGUOUS = "ambiguous"
    """It may be such a thing, or prose: it begins with an action's name, or is all in parentheses."""
    ELLIPSIS = "ellipsis"
    """It says that something was left out."""


_PASSED_OVER = (Kind.BLANK, Kind.COMMENT, Kind.PROSE, Kind.FACTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line, read.

    Attributes:
        number: Its number in the text.
        kind: What it is.
        actions: The actions on it, as ``(name argument ...)`` in lower case.
        step: The number that it gives to them, if any.
        other: The rest of its text, in which actions may be mentioned.
    """

    number: int
    kind: Kind
    actions: tuple[str, ...] = ()
    step: int | None = None
    other: str = ""


_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
# At the edge of a word only: within one, an asterisk or a backtick is no emphasis.
_EMPHASIS = re.compile(r"(?<![\w*`-])[*`]+|(?<![*`])[*`]+(?![\w*`-])")
_COMMENT = re.compile(r"\s*(?:;|//|#(?!#))")
_LEAD = re.compile(r"[\s>]*(?:#{2,6}\s+)?(?:[-+\u2022\u2023\u25aa\u25e6]\s+)?")
_STEP = re.compile(
    r"(?:(step|action)\s*)?[(\[]?(\d{1,9})(?:\s*[.):\]\u2013\u2014-]){0,3}(?=[\s(]|\Z)\s*", re.IGNORECASE
)
_TIME = re.compile(r"(\d{1,15}(?:\.\d{1,15})?)\s*:\s*(?=\()")
_NUMBER_IN_BRACKETS = re.compile(r"\[\s*[\d.]")
_DURATION = re.compile(r"\s*\[\s*(\d{1,15}(?:\.\d{1,15})?)\s*\]")
_GROUP = re.compile(r"(?:(?<![\w-])([A-Za-z0-9_][\w-]*))?\(([^()]*)\)", re.ASCII)
_BETWEEN = re.compile(r"(?:\s|,|->|=>|\u2192)*")
_TOKEN = re.compile(r"[\w?](?:[\w@+/%~&=.-]*[\w@+-])?", re.ASCII)
_SPACE = re.compile(r"[\s,]+")
_WORD = re.compile(r"[\w-]+", re.ASCII)
_BEGINS_GROUP = re.compile(r"[\w-]*\(", re.ASCII)
_RULE = re.compile(r"\s*([-_=~*])(?:\s*\1){2,}\s*")
_ELLIPSIS = re.compile(r"[(\[]?\s*(?:\.\.\.|\u2026)|(?:etc|and so (?:on|forth))\b[\s.]*\Z", re.IGNORECASE)
_COMMENT_SIGNS = " \t;#/"
_REMARK = re.compile(r"\s*(?:[;#:\u2013\u2014]|//|--?\s)")
_REMARK_AFTER_NAMES = re.compile(r"[;#:\u2013\u2014]|//|\s--?\s")
_ENDS = re.compile(r"[\s.,]*\Z")


def read_line(number: int, text: str, words: Words) -> Line:
    """What a line of a text is, and the actions on it."""
    if _CONTROL.search(text):
        return Line(number=number, kind=Kind.SUSPECT, other=_CONTROL.sub("\ufffd", text))
    if _RULE.fullmatch(text):
        return Line(number=number, kind=Kind.RULE)
    line = _read_visible(number, text, words)
    if text.isascii() or line.kind not in _PASSED_OVER:
        return line
    looks = _read_visible(number, ascii_looks(text), words)
    return line if looks.kind in _PASSED_OVER else replace(line, kind=Kind.SUSPECT, other=text)


def _read_visible(number: int, text: str, words: Words) -> Line:
    body = _EMPHASIS.sub("", text)
    if _COMMENT.match(body):
        is_cut = _ELLIPSIS.match(body.lstrip(_COMMENT_SIGNS))
        return Line(number=number, kind=Kind.ELLIPSIS if is_cut else Kind.COMMENT, other=body)
    body = _after(_LEAD, body).rstrip()
    if timed := _timed(number, body, words):
        return timed
    step = _STEP.match(body)
    if step is None:
        return _read(number, body, None, words)
    return _read(number, body[step.end() :], int(step[2]), words, is_labelled=bool(step[1]))


def grouped_actions(text: str, words: Words) -> Iterator[str]:
    """The actions in prose that are written as such: in parentheses, or as a call."""
    for group in _GROUP.finditer(text):
        is_call = group[1] is not None and group[1].lower() in words.actions
        tokens = _tokens(group[1] if is_call else "", group[2])
        if tokens and _is_action(tokens, words):
            yield _written(tokens)


def _timed(number: int, body: str, words: Words) -> Line | None:
    """A line of a temporal plan: a time, an action and perhaps its duration."""
    time = _TIME.match(body)
    group = _GROUP.match(body, time.end()) if time else None
    if time is None or group is None:
        return None
    tokens, duration = _tokens(group[1], group[2]), _DURATION.match(body, group.end())
    if not (words.is_temporal or "." in time[1] or duration) or not _is_action(tokens, words):
        return None
    rest = body[duration.end() if duration else group.end() :]
    if (_REMARK.match(rest) and not _NUMBER_IN_BRACKETS.search(rest)) or _ENDS.match(rest):
        return _timed_line(number, time[1], tokens, duration, rest)
    # Without its time, or without its duration, it would be another step.
    return Line(number=number, kind=Kind.SUSPECT, other=body) if words.is_temporal or duration else None


def _timed_line(number: int, time: str, tokens: list[str], duration: re.Match[str] | None, rest: str) -> Line:
    action = f"{time}: {_written(tokens)}" + (f" [{duration[1]}]" if duration else "")
    return Line(number=number, kind=Kind.ACTIONS, actions=(action,), other=rest)


def _read(number: int, body: str, step: int | None, words: Words, *, is_labelled: bool = False) -> Line:
    if not body.strip():
        # A number alone may begin a second plan; "Step 2:" does not.
        return Line(number=number, kind=Kind.BLANK if step is None or is_labelled else Kind.PROSE)
    found, rest = _groups(body)
    is_complete = bool(found) and bool(_ENDS.match(rest) or _REMARK.match(rest))
    if is_complete and all(_is_action(tokens, words) for tokens in found):
        actions = tuple(_written(tokens) for tokens in found)
        return Line(number=number, kind=Kind.ACTIONS, actions=actions, step=step, other=rest)
    if is_complete and all(tokens and _is_fact(tokens, words) for tokens in found):
        return Line(number=number, kind=Kind.FACTS, step=step, other=body)
    names, _, remark = _divided(body)
    tokens = _tokens_without_parentheses(names, words)
    # Behind "stack: a, b" there is no remark, but what it stacks.
    if tokens and (len(tokens) > 1 or not remark.strip() or words.actions[tokens[0]] == 0):
        return Line(number=number, kind=Kind.ACTIONS, actions=(_written(tokens),), step=step, other=remark)
    return Line(number=number, kind=_kind_without_actions(body, words), step=step, other=body)


def _groups(body: str) -> tuple[list[list[str]], str]:
    """The tokens of each of the parenthesised groups that a text begins with, and what follows them."""
    found: list[list[str]] = []
    at = 0
    while group := _GROUP.match(body, at):
        found.append(_tokens(group[1], group[2]))
        at = group.end()
        at += len(_BETWEEN.match(body, at)[0])  # type: ignore[index]  # it matches nothing too
    return found, body[at:]


def _tokens(called: str | None, inside: str) -> list[str]:
    """Name and arguments in lower case; none if one of them is no name."""
    tokens = [token for token in (called, *_SPACE.split(inside)) if token]
    return [token.lower() for token in tokens] if all(map(_TOKEN.fullmatch, tokens)) else []


def _tokens_without_parentheses(names: str, words: Words) -> list[str]:
    """The tokens of an action without parentheses, which the names of the problem must tell."""
    name, *arguments = _SPACE.split(names.strip(" \t.,").lower())
    return [name, *arguments] if name in words.actions and words.objects.issuperset(arguments) else []


def _divided(body: str) -> tuple[str, str, str]:
    """What stands before a remark, the sign that begins it, and the remark."""
    remark = _REMARK_AFTER_NAMES.search(body)
    return (body[: remark.start()], remark[0], body[remark.end() :]) if remark else (body, "", "")


def _is_action(tokens: list[str], words: Words) -> bool:
    """Whether this can be meant as an action. A name that is misspelt is one, for the validator to say so."""
    if not tokens or not words.actions or tokens[0] in words.actions:
        return bool(tokens)
    return tokens[0] not in words.facts and len(tokens) > 1 and words.objects.issuperset(tokens[1:])


def _is_fact(tokens: list[str], words: Words) -> bool:
    return tokens[0] in words.facts and tokens[0] not in words.actions


def _kind_without_actions(body: str, words: Words) -> Kind:
    if _ELLIPSIS.match(body):
        return Kind.ELLIPSIS
    first, *others = _SPACE.split(body.strip(" \t.,()").lower())
    if others and words.objects.issuperset(others):
        return Kind.SUSPECT
    if _BEGINS_GROUP.match(body) and (first in words.actions or not words.actions):
        return Kind.SUSPECT
    if _first_name(body) in words.actions or _is_one_group(body):
        return Kind.AMBIGUOUS
    return Kind.PROSE


def _first_name(body: str) -> str:
    word = _WORD.match(body)
    return word[0].lower() if word else ""


def _is_one_group(body: str) -> bool:
    """Whether one pair of parentheses encloses it all, or one is not closed."""
    closes = body.find(")")
    return body.startswith("(") and (closes < 0 or bool(_ENDS.match(body, closes + 1)))


def _written(tokens: list[str]) -> str:
    return f"({' '.join(tokens)})"


def _after(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.match(text)
    return text[match.end() :] if match else text
