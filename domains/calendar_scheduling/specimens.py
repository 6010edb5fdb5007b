"""What the critics of meeting times are audited on, with an oracle that tries every minute."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from modulo.canonical import JsonValue
from modulo.domains.calendar_scheduling.instances import generate
from modulo.domains.calendar_scheduling.problem import WEEKDAYS, CalendarProblem
from modulo.specimens import Specimen, Specimens, Variant

__all__ = ["CalendarSpecimens"]

_DAY_MINUTES: Final = 24 * 60
_PLAIN_TIME: Final = "([01]?[0-9]|2[0-3]):([0-5][0-9])"
_PLAIN: Final = re.compile(
    r"(?:SOLUTION: ?)?(?:Here is the proposed time: ?)?([A-Z][a-z]+day), ?"
    rf"{_PLAIN_TIME} ?[-\u2013\u2014] ?{_PLAIN_TIME}\.?"
)


class CalendarSpecimens(Specimens[CalendarProblem]):
    """Problems of the benchmark's shape with planted answers, and these moved in time."""

    def draw(self, rng: random.Random) -> Specimen[CalendarProblem]:
        """A problem of any size that the benchmark has, and the time that was planted in it."""
        problem, slot = generate(
            people=rng.randint(1, 7),
            days=rng.randint(1, 5),
            minutes=rng.choice((30, 60)),
            density=rng.uniform(0.2, 1),
            wishes=rng.randint(0, 3),
            earliest=rng.random() < 0.3,
            seed=rng.getrandbits(32),
        )
        if rng.random() < 0.2:
            problem = problem.model_copy(update={"wishes_bind": False})
        times = {"start": _clock(slot.start), "end": _clock(slot.end)}
        return Specimen(problem, (_line(slot.day, slot.start, slot.end), {"day": slot.day, **times}))

    def damaged(self, specimen: Specimen[CalendarProblem], rng: random.Random) -> Iterable[Variant]:
        """The planted time moved, stretched, or on another day; into somebody's meeting or against a wish."""
        problem = specimen.problem
        day, start, end = _parts(specimen.answers[0])
        for family, other in _moved(problem, day, start, end, rng):
            if 0 <= other[1] < other[2] <= _DAY_MINUTES:
                yield Variant(family, _line(*other))
        yield Variant("no_end", f"Here is the proposed time: {day}, {_clock(start)}")
        yield Variant("two_times", f"{specimen.answers[0]} or {_clock(start + 30)} - {_clock(end + 30)}")
        yield Variant("backwards", f"Here is the proposed time: {day}, {_clock(end)} - {_clock(start)}")
        yield Variant("numbers", {"day": day, "start": start, "end": end})

    def rewritten(self, specimen: Specimen[CalendarProblem], rng: random.Random) -> Iterable[Variant]:
        """The same time in 12 hours, with another dash, without the words before it, and as JSON."""
        day, start, end = _parts(specimen.answers[0])
        yield Variant("marked", f"SOLUTION: {specimen.answers[0]} \n")
        yield Variant("bare", f"{day}, {_clock(start)} - {_clock(end)}")
        yield Variant("dash", f"Here is the proposed time: {day}, {_clock(start)} \u2013 {_clock(end)}.")
        yield Variant("padded", f"{day}, {_clock(start):0>5} - {_clock(end):0>5}")
        yield Variant("twelve_hours", f"{day}, {_twelve(start)} - {_twelve(end)}")
        yield Variant("object", {"day": day, "start": _clock(start), "end": _clock(end)})
        yield Variant("line_in_object", {"time": f"{day}, {_clock(start)} - {_clock(end)}"})

    def is_right(self, problem: CalendarProblem, document: JsonValue) -> bool | None:
        """Whether every minute of the time is free of everything; for the earliest, whether no start before is."""
        found = _understood(document)
        if found is None:
            return None
        day, start, end = found
        if end - start != problem.minutes or day not in problem.days or not _is_free(problem, day, start, end):
            return False
        if not problem.earliest:
            return True
        return not any(
            _is_free(problem, other, at, at + problem.minutes)
            for other in problem.days
            for at in range(problem.opens, problem.closes)
            if (WEEKDAYS.index(other), at) < (WEEKDAYS.index(day), start)
        )


def _moved(
    problem: CalendarProblem, day: Any, start: int, end: int, rng: random.Random
) -> Iterator[tuple[str, tuple[Any, int, int]]]:
    length = end - start
    yield "longer", (day, start, end + 1)
    yield "shorter", (day, start, end - 1)
    yield "minute_earlier", (day, start - 1, end - 1)
    yield "minute_later", (day, start + 1, end + 1)
    yield "before_work", (day, problem.opens - 1, problem.opens - 1 + length)
    yield "after_work", (day, problem.closes + 1 - length, problem.closes + 1)
    yield "other_day", (rng.choice([d for d in WEEKDAYS if d != day]), start, end)
    for other in problem.days:
        for at in range(problem.opens, problem.closes - length + 1, 15):
            yield "elsewhere", (other, at, at + length)
    last = problem.participants[-1].busy[-1:]
    for busy in last:
        yield "last_meeting", (busy.day, busy.end - 1, busy.end - 1 + length)
    for wish in problem.wishes[-1:]:
        edge = problem.opens if wish.before is None and wish.after is None else wish.before or wish.after or 0
        shift = -1 if wish.before is not None else 1 - length
        yield "last_wish", (wish.day, edge + shift, edge + shift + length)


def _is_free(problem: CalendarProblem, day: str, start: int, end: int) -> bool:
    """Minute by minute: a minute is a stretch of time, so one that begins at a meeting's end is free."""
    for minute in range(start, end):
        if not problem.opens <= minute < problem.closes:
            return False
        if any(b.day == day and b.start <= minute < b.end for p in problem.participants for b in p.busy):
            return False
        for wish in problem.wishes:
            binds = problem.wishes_bind or str(wish.phrase) in ("can not meet", "do not want to meet")
            whole_day = wish.before is None and wish.after is None
            too_early = wish.before is not None and minute < wish.before
            too_late = wish.after is not None and minute >= wish.after
            if binds and wish.day == day and (whole_day or too_early or too_late):
                return False
    return True


def _line(day: str, start: int, end: int) -> str:
    return f"Here is the proposed time: {day}, {_clock(start)} - {_clock(end)}"


def _understood(document: JsonValue) -> tuple[str, int, int] | None:
    """Day, start and end of a document that is plainly an answer."""
    if isinstance(document, dict):
        texts = [value for value in document.values() if isinstance(value, str) and value.split() == [value]]
        if sorted(document) != ["day", "end", "start"] or len(texts) < 3:
            return None
        document = f"{document['day']}, {document['start']} - {document['end']}"
    found = _PLAIN.fullmatch(" ".join(document.split())) if isinstance(document, str) else None
    if found is None:
        return None
    hours = [int(part) for part in found.groups()[1:]]
    return found[1], hours[0] * 60 + hours[1], hours[2] * 60 + hours[3]


def _parts(document: JsonValue) -> tuple[str, int, int]:
    """Day, start and end of a line that was made here."""
    found = _understood(document)
    assert found is not None
    return found


def _clock(minute: int) -> str:
    return f"{minute // 60}:{minute % 60:02d}"


def _twelve(minute: int) -> str:
    return f"{(minute // 60 + 11) % 12 + 1}:{minute % 60:02d}{' am' if minute < 720 else ' PM'}"
