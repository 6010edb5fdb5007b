"""Prompts for days of meetings, and schedules out of chat text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from modulo.canonical import JsonValue, canonical_json, codec_for, parse_json
from modulo.domains.meeting_planning.problem import MeetingProblem
from modulo.domains.meeting_planning.schedule import (
    ANSWER_FORM,
    MAX_STEPS,
    Meet,
    Schedule,
    Start,
    Step,
    Travel,
    Wait,
    read_step,
)
from modulo.domains.meeting_planning.statement import write_statement
from modulo.domains.natural_plan import read_12_hours, read_24_hours
from modulo.errors import Malformed, ProblemError
from modulo.json_in_text import json_values_in

__all__ = ["answer_schema", "parse_schedule", "prompt", "read_schedule"]

_MOST_CHARACTERS: Final = 50_000
_MARKER: Final = "SOLUTION:"
_END_OF_THOUGHT: Final = "</think>"
_BULLET: Final = re.compile(r"^[ \t]*(?:[-*\u2022]|[0-9]{1,3}[.)])[ \t]+", re.MULTILINE)
_START: Final = re.compile(r"You (?:start|travel|wait|meet) ")


def prompt(problem: MeetingProblem) -> str:
    """The problem in the benchmark's words, with the answer's format."""
    return (
        f"{write_statement(problem)}\n\n"
        "Answer with one JSON object that lists your meetings in order, such as "
        '{"meetings": [{"friend": "NAME", "start": "9:30AM", "end": "10:15AM"}]}. '
        "You go straight from one friend to the next and wait there."
    )


def answer_schema(problem: MeetingProblem) -> Mapping[str, JsonValue]:
    """The JSON schema of an answer: meetings with friends of the problem, each with a start and an end."""
    time: JsonValue = {"type": "string", "pattern": "^(1[0-2]|[1-9]):[0-5][0-9](AM|PM)$"}
    meeting: JsonValue = {
        "type": "object",
        "properties": {
            "friend": {"type": "string", "enum": [friend.name for friend in problem.friends]},
            "start": time,
            "end": time,
        },
        "required": ["friend", "start", "end"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {"meetings": {"type": "array", "items": meeting, "maxItems": len(problem.friends)}},
        "required": ["meetings"],
        "additionalProperties": False,
    }


def parse_schedule(text: str, problem: MeetingProblem) -> Schedule:
    """The schedule in a chat answer: the benchmark's sentences, or a JSON object of meetings, with prose around it.

    What stands before ``</think>`` or the last ``SOLUTION:`` does not count. Between the first step and the last,
    nothing but steps may stand. Of meetings, the ways and the waiting are worked out: one goes straight from one to
    the next.

    Raises:
        Malformed: There is no schedule, there are several different ones, or something in it is no step.
    """
    if len(text) > _MOST_CHARACTERS:
        raise Malformed("The answer is too long.", hint=ANSWER_FORM)
    said = text.rpartition(_END_OF_THOUGHT)[2].rpartition(_MARKER)[2]
    found = dict.fromkeys(
        _of_meetings(value["meetings"], problem)
        for value in json_values_in(said, form=ANSWER_FORM)
        if value.keys() == {"meetings"}
    )
    for plan in _plans(said):
        found[plan] = None
    if not found:
        raise Malformed("The answer holds no schedule.", hint=ANSWER_FORM)
    if len(found) > 1:
        raise Malformed(
            f"The answer holds {len(found)} different schedules; give exactly one.", hint=ANSWER_FORM
        )
    return next(iter(found))


def read_schedule(document: object, problem: MeetingProblem) -> Schedule:
    """A schedule in a document: the benchmark's sentences, ``{"meetings": ..}``, or ``{"steps": ..}``.

    Sentences stand in a text, which may begin with ``SOLUTION:`` and number them, or in a list of texts, where full
    stops may be missing; times may be given in 24 hours. Either object may stand in a text.

    Raises:
        Malformed: The document is something else, or holds more.
        ProblemError: Steps are no steps.
    """
    match document:
        case str(text) if text.lstrip()[:1] == "{" and len(text) <= _MOST_CHARACTERS:
            return read_schedule(_as_object(text), problem)
        case str(text) if len(text) <= _MOST_CHARACTERS:
            return _read_sentences(text.replace("**", "").strip().removeprefix(_MARKER))
        case [*lines] if 0 < len(lines) <= MAX_STEPS:
            texts = [line.strip().removesuffix(".") for line in lines if isinstance(line, str)]
            whole = "\n".join(f"{text}." for text in texts if text)
            return _read_sentences(whole if len(texts) == len(lines) else "")
        case {"meetings": meetings, **others} if not others:
            return _of_meetings(meetings, problem)
        case {"steps": steps, **others} if not others:
            schedule: Schedule = codec_for(Schedule).decode(canonical_json({"steps": steps}))
            return schedule
    raise Malformed("The answer is no text of steps.", hint=ANSWER_FORM)


def _as_object(text: str) -> object:
    try:
        value = parse_json(text)
    except ProblemError as error:
        raise Malformed(f"The answer is {error}.", hint=ANSWER_FORM) from error
    return value if isinstance(value, dict) else None


def _read_sentences(text: str) -> Schedule:
    """The schedule in a text that holds nothing else."""
    flat = _flat(text)
    steps, end = _steps(flat, 0)
    if end < len(flat) or not steps:
        number = len(steps) + 1
        raise Malformed(
            f"This is no step: {flat[end : end + 80]!r}.", location=f"step {number}", hint=ANSWER_FORM
        )
    return Schedule(steps=steps)


def _plans(text: str) -> list[Schedule]:
    """What stands in prose from a first step to a last one; a new start begins a new schedule."""
    flat = _flat(text.replace("**", ""))
    first = _START.search(flat)
    if first is None:
        return []
    steps, end = _steps(flat, first.start())
    rest = _START.search(flat, end)
    if not steps or rest is not None:
        at = end if rest is None else rest.start()
        raise Malformed(
            f"Among the steps stands something else, near {flat[max(0, at - 30) : at + 50]!r}.",
            hint=ANSWER_FORM,
        )
    starts = [number for number, step in enumerate(steps) if isinstance(step, Start)] or [0]
    bounds = [0, *starts[1:], len(steps)]
    return [Schedule(steps=steps[begin:stop]) for begin, stop in pairwise(bounds)]


def _steps(flat: str, at: int) -> tuple[tuple[Any, ...], int]:
    """The steps that follow each other from a place on, and where they end."""
    steps: list[Start | Travel | Wait | Meet] = []
    while (found := read_step(flat, at)) is not None:
        step, at = found
        steps.append(step)
        if len(steps) > MAX_STEPS:
            raise Malformed(f"The answer has more than {MAX_STEPS} steps.", hint=ANSWER_FORM)
        at += flat.startswith(" ", at)
    return tuple(steps), at


def _flat(text: str) -> str:
    return " ".join(_BULLET.sub("", text.replace("\u2019", "'")).split())


def _of_meetings(meetings: object, problem: MeetingProblem) -> Schedule:
    """The one schedule that has these meetings and goes straight from one to the next."""
    if not isinstance(meetings, Sequence) or isinstance(meetings, str) or len(meetings) > MAX_STEPS // 3:
        raise Malformed("The meetings are no list.", hint=ANSWER_FORM)
    place, time = problem.place, problem.arrives
    steps: list[Step] = [Start(place=place, at=time)]
    for number, meeting in enumerate(meetings, 1):
        name, start, end = _meeting(meeting, number)
        friend = problem.friend(name)
        if friend is None:
            raise Malformed(f"There is no friend called {name!r:.80}.", location=f"meeting {number}")
        if friend.place != place:
            minutes = problem.times()[place, friend.place]
            time += minutes
            if time > 24 * 60:
                raise Malformed("The day is over before that meeting.", location=f"meeting {number}")
            steps.append(Travel(place=friend.place, minutes=minutes, arrive=time))
            place = friend.place
        if start > time:
            steps.append(Wait(until=start))
        if end <= start:
            raise Malformed("The meeting ends before it begins.", location=f"meeting {number}")
        steps.append(Meet(friend=name, minutes=end - start, start=start, end=end))
        time = end
    return Schedule(steps=tuple(steps))


def _meeting(meeting: object, number: int) -> tuple[str, int, int]:
    match meeting:
        case {"friend": str(friend), "start": str(start), "end": str(end), **others} if not others:
            return friend, _minute(start, number), _minute(end, number)
    raise Malformed(
        "A meeting has a friend, a start and an end, and nothing else.", location=f"meeting {number}"
    )


def _minute(text: str, number: int) -> int:
    try:
        return read_12_hours(text.upper()) if text[-1:] in ("m", "M") else read_24_hours(text)
    except ValueError as error:
        raise Malformed(f"{text!r:.40} is no time of day.", location=f"meeting {number}") from error
