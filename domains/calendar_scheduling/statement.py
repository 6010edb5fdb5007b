"""Statements in the benchmark's words, read strictly and written."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from pydantic import ValidationError

from modulo.domains.calendar_scheduling.problem import (
    WEEKDAYS,
    CalendarProblem,
    Participant,
    Phrase,
    Slot,
    Wish,
)
from modulo.domains.natural_plan import Scanner, in_24_hours, read_24_hours
from modulo.errors import ProblemError

__all__ = ["read_statement", "write_statement"]

_DAY: Final = "|".join(WEEKDAYS)
_TIME: Final = r"[0-9]{1,2}:[0-9]{2}"
_PREAMBLE: Final = tuple(
    re.compile(re.escape(sentence))
    for sentence in (
        "You are an expert at scheduling meetings.",
        "You are given a few constraints on the existing schedule of each participant, the meeting duration, "
        "and possibly some preferences on the meeting time.",
        "Note there exists a solution that works with existing schedule of every participant.",
        "Here are a few example tasks and solutions:",
        "TASK:",
    )
)
_TASK: Final = re.compile(
    r"You need to schedule a meeting for (?P<names>[^.:;]{1,5000}?) for "
    r"(?P<duration>half an hour|one hour|[0-9]{1,4} minutes) "
    rf"between the work hours of (?P<opens>{_TIME}) to (?P<closes>{_TIME}) "
    rf"on (?P<days>(?:{_DAY})|either (?:(?:{_DAY}), )*(?:{_DAY}) or (?:{_DAY}))\."
)
_SCHEDULES: Final = re.compile(r"Here are the existing schedules for everyone during the days?:")
_FREE: Final = re.compile(
    r"(?:'s calendar is wide open|is free|has no meetings) the (?:entire|whole) (?:day|week)\."
)
_BUSY: Final = re.compile(r"(?:is busy|has meetings|has blocked their calendar) on")
_BUSY_DAY: Final = re.compile(rf"(?P<day>{_DAY}) during ")
_SPAN: Final = re.compile(rf"(?P<start>{_TIME}) to (?P<end>{_TIME})")
_COMMA: Final = re.compile(",")
_SEMICOLON: Final = re.compile(";")
_WISH: Final = re.compile(rf"(?P<phrase>{'|'.join(map(re.escape, Phrase))}) on")
_WISHED_DAY: Final = re.compile(rf"(?P<day>{_DAY})(?: (?P<side>before|after) (?P<time>{_TIME}))?\.")
_EARLIEST: Final = re.compile(
    # The benchmark spells it "earlist".
    r"(?:You would like to schedule the meeting|The group would like to meet) at their earl(?:ie|i)st availability\."
)
_CLOSING: Final = re.compile(r"Find a time that works for everyone's schedule(?P<binding> and constraints)?\.")
_SOLUTION: Final = re.compile(r"SOLUTION:")
_MINUTES: Final = {"half an hour": 30, "one hour": 60}


def read_statement(text: str) -> CalendarProblem:
    """The problem in a statement of the benchmark.

    All wishes are requirements where the statement asks for a time that works for "everyone's schedule and
    constraints", as all of the benchmark do; see docs/design for what that means for the milder phrases.

    Raises:
        ProblemError: Something in it is not understood, or makes no sense.
    """
    try:
        return _read(Scanner(text))
    except ValidationError as error:
        raise ProblemError(f"the statement makes no sense: {error.errors()[0]['msg']}") from error


def write_statement(problem: CalendarProblem) -> str:
    """A statement in the benchmark's words that ``read_statement`` reads back to the same problem."""
    names = [participant.name for participant in problem.participants]
    days = "days" if len(problem.days) > 1 else "day"
    wishes = [f"{sentence} " for sentence in _wish_sentences(problem.wishes)]
    if problem.earliest:
        wishes.append("The group would like to meet at their earliest availability.\n")
    return (
        f"You need to schedule a meeting for {_listed(names, 'and')} for {_duration(problem.minutes)} between the "
        f"work hours of {in_24_hours(problem.opens)} to {in_24_hours(problem.closes)} on {_days(problem.days)}.\n\n"
        f"Here are the existing schedules for everyone during the {days}:\n"
        + "".join(f"{_calendar(participant, days)}\n" for participant in problem.participants)
        + f"\n{''.join(wishes)}Find a time that works for everyone's schedule"
        f"{' and constraints' if problem.wishes_bind else ''}."
    )


def _read(scanner: Scanner) -> CalendarProblem:
    for sentence in _PREAMBLE:
        scanner.take(sentence)
    task = scanner.expect(_TASK, "'You need to schedule a meeting for ...'")
    names = re.split(r", | and ", task["names"])
    scanner.expect(_SCHEDULES, "'Here are the existing schedules for everyone during the day:'")
    calendars = _read_calendars(scanner, names)
    wishes = _read_wishes(scanner, names)
    earliest = scanner.take(_EARLIEST) is not None
    closing = scanner.expect(_CLOSING, "a wish, or 'Find a time that works for everyone's schedule ...'")
    scanner.take(_SOLUTION)
    scanner.end("its end")
    return CalendarProblem(
        participants=tuple(Participant(name=name, busy=calendars[name]) for name in names),
        minutes=_MINUTES.get(task["duration"]) or int(task["duration"].split()[0]),
        days=tuple(re.findall(_DAY, task["days"])),
        opens=_time(task["opens"]),
        closes=_time(task["closes"]),
        wishes=wishes,
        wishes_bind=closing["binding"] is not None,
        earliest=earliest,
    )


def _read_calendars(scanner: Scanner, names: Sequence[str]) -> dict[str, tuple[Slot, ...]]:
    """One calendar for each name."""
    found: dict[str, tuple[Slot, ...]] = {}
    someone = _any_of(names)
    while len(found) < len(names):
        missing = next(name for name in names if name not in found)
        name = scanner.expect(someone, f"{missing}'s calendar")[0]
        if name in found:
            raise ProblemError(f"the statement has two calendars of {name}")
        if scanner.take(_FREE):
            found[name] = ()
            continue
        scanner.expect(_BUSY, f"when {name} is busy")
        found[name] = _read_busy(scanner)
    return found


def _read_busy(scanner: Scanner) -> tuple[Slot, ...]:
    """``Monday during 9:00 to 9:30, 10:00 to 10:30, Tuesday during ...;``."""
    slots: list[Slot] = []
    day = scanner.expect(_BUSY_DAY, "a day and 'during'")["day"]
    while True:
        span = scanner.expect(_SPAN, "a time such as '9:00 to 9:30'")
        slots.append(Slot.model_validate({"day": day, "start": span["start"], "end": span["end"]}))
        if scanner.take(_SEMICOLON):
            return tuple(slots)
        scanner.expect(_COMMA, "',' or ';'")
        another = scanner.take(_BUSY_DAY)
        day = another["day"] if another else day


def _read_wishes(scanner: Scanner, names: Sequence[str]) -> tuple[Wish, ...]:
    """``X can not meet on Monday. Tuesday before 10:00. Y would rather not meet on Friday.``."""
    wishes: list[Wish] = []
    someone = _any_of(names)
    while name := scanner.take(someone):
        phrase = scanner.expect(_WISH, f"what {name[0]} wishes")["phrase"]
        day: re.Match[str] | None = scanner.expect(_WISHED_DAY, "a day, perhaps with 'before' or 'after'")
        while day is not None:
            time = {day["side"]: day["time"]} if day["side"] else {}
            wishes.append(Wish.model_validate({"name": name[0], "phrase": phrase, "day": day["day"], **time}))
            day = scanner.take(_WISHED_DAY)
    return tuple(wishes)


def _any_of(names: Sequence[str]) -> re.Pattern[str]:
    """One of the names; the longest first, since nothing but a word's end tells Ann from Anna."""
    return re.compile("|".join(re.escape(name) for name in sorted(names, key=len, reverse=True)))


def _time(text: str) -> int:
    try:
        return read_24_hours(text)
    except ValueError as error:
        raise ProblemError(f"the statement makes no sense: {error}") from error


def _wish_sentences(wishes: Sequence[Wish]) -> list[str]:
    """One for each day, so that every day keeps its phrase and name."""
    return [f"{wish}." for wish in wishes]


def _duration(minutes: int) -> str:
    return {30: "half an hour", 60: "one hour"}.get(minutes, f"{minutes} minutes")


def _days(days: Sequence[str]) -> str:
    return days[0] if len(days) == 1 else f"either {_listed(days, 'or')}"


def _listed(items: Sequence[str], word: str) -> str:
    return f"{', '.join(items[:-1])} {word} {items[-1]}" if len(items) > 1 else items[0]


def _calendar(participant: Participant, days: str) -> str:
    if not participant.busy:
        return f"{participant.name} is free the entire {'week' if days == 'days' else 'day'}."
    parts: list[str] = []
    day = None
    for slot in participant.busy:
        prefix = "" if slot.day == day else f"{slot.day} during "
        parts.append(f"{prefix}{in_24_hours(slot.start)} to {in_24_hours(slot.end)}")
        day = slot.day
    return f"{participant.name} is busy on {', '.join(parts)};"
