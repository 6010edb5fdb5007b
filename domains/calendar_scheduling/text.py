"""Prompts for meetings, and meeting times out of chat text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from modulo.canonical import JsonValue, parse_json
from modulo.domains.calendar_scheduling.problem import WEEKDAYS, CalendarProblem, Slot, offered_slots
from modulo.domains.calendar_scheduling.statement import write_statement
from modulo.domains.natural_plan import read_12_hours, read_24_hours
from modulo.errors import Malformed, ProblemError
from modulo.json_in_text import json_values_in

__all__ = ["answer_schema", "parse_meeting", "prompt", "read_meeting", "write_meeting"]

MARKER: Final = "Here is the proposed time:"
_FORM: Final = f"answer with one line such as '{MARKER} Monday, 14:30 - 15:30'."
_CLOCK: Final = r"[0-9]{1,2}:[0-9]{2}(?: ?[AaPp][Mm])?"
_DASH: Final = "[-\u2010-\u2015\u2212]"
_ANSWER: Final = re.compile(
    rf"(?:SOLUTION: ?)?(?:{MARKER} ?)?"
    rf"(?P<day>{'|'.join(WEEKDAYS)})(?:, ?| )(?:from )?(?P<start>{_CLOCK}) ?(?:{_DASH}|to) ?(?P<end>{_CLOCK})\.?"
)
_TIME: Final = re.compile(
    rf"(?P<day>{'|'.join(WEEKDAYS)}),? (?:from )?(?P<start>{_CLOCK}) ?(?:{_DASH}|to) ?(?P<end>{_CLOCK})(?![:0-9])",
    re.IGNORECASE,
)
_MARKER: Final = re.compile(r"(?:here is )?the proposed time(?: is)?:?", re.IGNORECASE)
_MOST_CHARACTERS: Final = 50_000
_END_OF_THOUGHT: Final = "</think>"
_MOST_CHOICES: Final = 500
_PATTERN: Final = "[0-9]{1,2}:[0-9]{2}"
_KEYS: Final = frozenset({"day", "start", "end"})


def prompt(problem: CalendarProblem) -> str:
    """The problem in the benchmark's words, with the answer's format."""
    return (
        f'{write_statement(problem)}\nAnswer with one JSON object in the form {{"time": "DAY, START - END"}}.'
    )


def write_meeting(slot: Slot) -> str:
    """A meeting time as the benchmark writes it."""
    return f"{MARKER} {slot}"


def answer_schema(problem: CalendarProblem) -> Mapping[str, JsonValue]:
    """The JSON schema of an answer: one of the times that are offered, where these are not too many."""
    slots = offered_slots(problem)
    time: JsonValue = {"type": "string", "enum": [str(slot) for slot in slots]}
    if len(slots) > _MOST_CHOICES:
        time = {"type": "string", "pattern": rf"^({'|'.join(problem.days)}), {_PATTERN} - {_PATTERN}$"}
    return {
        "type": "object",
        "properties": {"time": time},
        "required": ["time"],
        "additionalProperties": False,
    }


def parse_meeting(text: str, problem: CalendarProblem) -> Slot:
    """The meeting time in a chat answer: in the benchmark's form or as a JSON object, with prose around it.

    Where it is introduced as the proposed time, only what is introduced so counts; never what stands before
    ``</think>``.

    Raises:
        Malformed: There is no meeting time, or there are several different ones.
    """
    if len(text) > _MOST_CHARACTERS:
        raise Malformed("The answer is too long.", hint=_FORM)
    flat = " ".join(text.rpartition(_END_OF_THOUGHT)[2].replace("*", " ").split())
    found = dict.fromkeys(_marked_times(flat)) or dict.fromkeys([*_objects(flat), *_times(flat)])
    if not found:
        raise Malformed("The answer holds no day with a time.", hint=_FORM)
    if len(found) > 1:
        raise Malformed(f"The answer holds {len(found)} different times; give exactly one.", hint=_FORM)
    return next(iter(found))


def read_meeting(document: object) -> Slot:
    """A meeting time in a document: the benchmark's line, or ``{"day": .., "start": .., "end": ..}``.

    The line's words before the day may be missing; times may be given in 12 hours, and with a longer dash or "to";
    parts may be in bold type. The line may also stand in ``{"time": ..}``, and either object in a text.

    Raises:
        Malformed: The document is something else, or holds more.
    """
    if isinstance(document, str) and len(document) <= _MOST_CHARACTERS:
        found = _ANSWER.fullmatch(" ".join(document.replace("*", "").split()))
        if found is not None:
            return _slot(found)
        document = _json_in(document)
    match document:
        case {"time": str(line), **others} if not others and (found := _ANSWER.fullmatch(line)):
            return _slot(found)
        case {"day": day, "start": start, "end": end, **others} if not others:
            return _slot_in({"day": day, "start": start, "end": end})
    raise Malformed("The answer is no line with a day and a time.", hint=_FORM)


def _json_in(text: str) -> object:
    try:
        value: object = parse_json(text)
    except ProblemError:
        return None
    return value


def _times(text: str) -> Iterator[Slot]:
    for found in _TIME.finditer(text):
        yield _slot(found)


def _marked_times(text: str) -> Iterator[Slot]:
    for marker in _MARKER.finditer(text):
        found = _TIME.match(text, marker.end() + text.startswith(" ", marker.end()))
        if found is not None:
            yield _slot(found)


def _objects(text: str) -> Iterator[Slot]:
    """Those in JSON objects with a day, a start and an end; others are found as any text is."""
    for value in json_values_in(text, form=_FORM):
        if value.keys() == _KEYS:
            yield _slot_in(value)


def _slot(found: re.Match[str]) -> Slot:
    return _slot_in({"day": found["day"].capitalize(), "start": found["start"], "end": found["end"]})


def _slot_in(value: Mapping[str, object]) -> Slot:
    day, start, end = (value[key] for key in ("day", "start", "end"))
    if not (isinstance(day, str) and isinstance(start, str) and isinstance(end, str)):
        raise Malformed("The day, start and end of a meeting are texts.", hint=_FORM)
    try:
        return Slot.model_validate({"day": day, "start": _minute(start), "end": _minute(end)})
    except ValueError as error:
        raise Malformed(f"{f'{day}, {start} - {end}'!s:.80} is no time on a day.", hint=_FORM) from error


def _minute(text: str) -> int:
    """A time in 24 hours or, where AM or PM follows, in 12.

    Raises:
        ValueError: It is neither.
    """
    return read_12_hours(text.upper()) if text[-1:] in "mM" else read_24_hours(text)
