"""The problem: who is busy when, what they wish, and the meeting that is wanted; and the slot that answers it."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from functools import lru_cache
from math import gcd
from typing import Annotated, Final, Literal, Self, TypeAlias, get_args

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from modulo.domains.natural_plan import Minute, in_24_hours

__all__ = [
    "WEEKDAYS",
    "CalendarProblem",
    "Participant",
    "Phrase",
    "Slot",
    "Weekday",
    "Wish",
    "free_stretches",
    "offered_slots",
]

Weekday: TypeAlias = Literal["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
WEEKDAYS: Final[tuple[Weekday, ...]] = get_args(Weekday)
"""In their order in the week."""

Name: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[^\W\d_]+(?:['-][^\W\d_]+)*$", max_length=60)]
"""One word, since the benchmark's statements tell names from other words by nothing else."""

_MOST_PEOPLE: Final = 100
_MOST_MEETINGS: Final = 500
_MOST_WISHES: Final = 500


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Slot(_Model):
    """A stretch of time on a day; it ends after it starts."""

    day: Weekday
    start: Minute
    end: Minute

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Self:
        if self.end <= self.start:
            raise ValueError(f"{self} does not end after it starts")
        return self

    def overlaps(self, other: Slot) -> bool:
        """Whether they have a moment in common; where one ends, another may start."""
        return self.day == other.day and self.start < other.end and other.start < self.end

    def __str__(self) -> str:
        return f"{self.day}, {in_24_hours(self.start)} - {in_24_hours(self.end)}"


class Participant(_Model):
    """Somebody who must take part, and when they have other meetings."""

    name: Name
    busy: tuple[Slot, ...] = Field(default=(), max_length=_MOST_MEETINGS)


class Phrase(StrEnum):
    """How a wish is put; the benchmark has these four."""

    CAN_NOT = "can not meet"
    DO_NOT_WANT = "do not want to meet"
    WOULD_RATHER_NOT = "would rather not meet"
    WOULD_LIKE_TO_AVOID = "would like to avoid more meetings"

    @property
    def always_binds(self) -> bool:
        """Whether the words themselves leave no choice."""
        return self in (Phrase.CAN_NOT, Phrase.DO_NOT_WANT)


class Wish(_Model):
    """A time at which somebody does not wish to meet: a day, or what is before or after a time on it.

    Attributes:
        name: Who.
        phrase: How it is put.
        day: The day.
        before: Not before this time; the meeting may start then.
        after: Not after this time; the meeting may end then.
    """

    name: Name
    phrase: Phrase = Phrase.CAN_NOT
    day: Weekday
    before: Minute | None = None
    after: Minute | None = None

    @model_validator(mode="after")
    def _has_one_time_at_most(self) -> Self:
        if self.before is not None and self.after is not None:
            raise ValueError("a wish is about what is before or after a time, not both; make two of it")
        return self

    def forbids(self, slot: Slot) -> bool:
        """Whether a meeting then would be against the wish, even if only for a part of its time."""
        if self.day != slot.day:
            return False
        if self.before is not None:
            return slot.start < self.before
        return self.after is None or slot.end > self.after

    def __str__(self) -> str:
        time = ""
        if self.before is not None:
            time = f" before {in_24_hours(self.before)}"
        elif self.after is not None:
            time = f" after {in_24_hours(self.after)}"
        return f"{self.name} {self.phrase} on {self.day}{time}"


class CalendarProblem(_Model):
    """A meeting to be scheduled.

    Attributes:
        participants: Who must take part, each once.
        minutes: How long the meeting takes.
        days: The days on which it may be, each once, in the order of the week.
        opens: Work hours begin.
        closes: Work hours end.
        wishes: When somebody does not wish to meet.
        wishes_bind: Whether all wishes are requirements. If not, only those are whose words leave no choice.
        earliest: Whether it must be the earliest time that meets all requirements.
    """

    participants: tuple[Participant, ...] = Field(min_length=1, max_length=_MOST_PEOPLE)
    minutes: int = Field(strict=True, ge=1, le=24 * 60)
    days: tuple[Weekday, ...] = Field(min_length=1, max_length=7)
    opens: Minute = 9 * 60
    closes: Minute = 17 * 60
    wishes: tuple[Wish, ...] = Field(default=(), max_length=_MOST_WISHES)
    wishes_bind: bool = True
    earliest: bool = False

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        names = {participant.name for participant in self.participants}
        if len(names) != len(self.participants):
            raise ValueError("a participant is named twice")
        if list(self.days) != sorted(set(self.days), key=WEEKDAYS.index):
            raise ValueError("the days are not in the order of the week, each once")
        if self.closes <= self.opens:
            raise ValueError("work hours end before they begin")
        for wish in self.wishes:
            if wish.name not in names:
                raise ValueError(f"{wish.name} has a wish but does not take part")
        return self

    def binds(self, wish: Wish) -> bool:
        """Whether a wish is a requirement."""
        return self.wishes_bind or wish.phrase.always_binds


@lru_cache(maxsize=256)
def free_stretches(problem: CalendarProblem) -> tuple[Slot, ...]:
    """Where the meeting can be, as stretches that are long enough for it, the earliest first.

    A meeting meets all requirements but that of being the earliest exactly if it lies within one of them.
    """
    found: list[Slot] = []
    for day in problem.days:
        at = problem.opens
        for start, end in [*sorted(_taken(problem, day)), (problem.closes, problem.closes)]:
            if start - at >= problem.minutes:
                found.append(Slot(day=day, start=at, end=start))
            at = max(at, end)
    return tuple(found)


@lru_cache(maxsize=256)
def offered_slots(problem: CalendarProblem) -> tuple[Slot, ...]:
    """The times to choose from: every one that begins a whole number of steps after work hours begin.

    The step is the longest that divides all times of the problem, half an hour in the benchmark, so that a problem
    with a solution has one among them.
    """
    step = gcd(problem.minutes, *(time - problem.opens for time in _times(problem)))
    return tuple(
        Slot(day=day, start=start, end=start + problem.minutes)
        for day in problem.days
        for start in range(problem.opens, problem.closes - problem.minutes + 1, step)
    )


def _times(problem: CalendarProblem) -> Iterator[int]:
    yield problem.closes
    for participant in problem.participants:
        for slot in participant.busy:
            yield from (slot.start, slot.end)
    for wish in problem.wishes:
        yield from [time for time in (wish.before, wish.after) if time is not None]


def _taken(problem: CalendarProblem, day: Weekday) -> list[tuple[int, int]]:
    """What of a day's work hours is taken by meetings and requirements."""
    taken = [(slot.start, slot.end) for p in problem.participants for slot in p.busy if slot.day == day]
    taken += [_span(problem, wish) for wish in problem.wishes if wish.day == day and problem.binds(wish)]
    clipped = [(max(start, problem.opens), min(end, problem.closes)) for start, end in taken]
    return [(start, end) for start, end in clipped if start < end]


def _span(problem: CalendarProblem, wish: Wish) -> tuple[int, int]:
    """What a wish takes of its day."""
    start = problem.opens if wish.after is None else wish.after
    return start, problem.closes if wish.before is None else wish.before
