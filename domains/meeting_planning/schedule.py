"""The answer: a day in steps, and how the benchmark writes them."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from modulo.domains.natural_plan import Minute, in_12_hours, read_12_hours, read_24_hours
from modulo.errors import Malformed

__all__ = ["ANSWER_FORM", "Meet", "Schedule", "Start", "Step", "Travel", "Wait", "read_step", "write_schedule"]

MAX_STEPS: Final = 200
ANSWER_FORM: Final = (
    "write sentences such as 'You start at PLACE at 9:00AM. You travel to PLACE in 7 minutes and arrive at 9:07AM. "
    "You wait until 9:30AM. You meet NAME for 45 minutes from 9:30AM to 10:15AM.'"
)
_Words: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=60)]
_Minutes: TypeAlias = Annotated[int, Field(strict=True, ge=0, le=9999)]
_TIME: Final = r"[0-9]{1,2}:[0-9]{2}(?: ?[AaPp][Mm])?"
_WORDS: Final = r"[^.:]{1,60}?"
_NUMBER: Final = r"[0-9]{1,4}"
_END: Final = r"(?:\.|$)"


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Start(_Model):
    """One is somewhere at some time."""

    kind: Literal["start"] = "start"
    place: _Words
    at: Minute

    def __str__(self) -> str:
        return f"You start at {self.place} at {in_12_hours(self.at)}."


class Travel(_Model):
    """One goes somewhere, which takes some minutes, and arrives at some time."""

    kind: Literal["travel"] = "travel"
    place: _Words
    minutes: _Minutes
    arrive: Minute

    def __str__(self) -> str:
        return f"You travel to {self.place} in {self.minutes} minutes and arrive at {in_12_hours(self.arrive)}."


class Wait(_Model):
    """One stays until some time."""

    kind: Literal["wait"] = "wait"
    until: Minute

    def __str__(self) -> str:
        return f"You wait until {in_12_hours(self.until)}."


class Meet(_Model):
    """One meets a friend for some minutes, from some time to another."""

    kind: Literal["meet"] = "meet"
    friend: _Words
    minutes: _Minutes
    start: Minute
    end: Minute

    def __str__(self) -> str:
        times = f"from {in_12_hours(self.start)} to {in_12_hours(self.end)}"
        return f"You meet {self.friend} for {self.minutes} minutes {times}."


Step: TypeAlias = Annotated[Start | Travel | Wait | Meet, Field(discriminator="kind")]


class Schedule(_Model):
    """The steps of a day, in order, as they are stated: they may contradict each other."""

    steps: tuple[Step, ...] = Field(min_length=1, max_length=MAX_STEPS)


_SENTENCES: Final = (
    (Start, re.compile(rf"You start at (?P<place>{_WORDS}) at (?P<at>{_TIME}){_END}")),
    (
        Travel,
        re.compile(
            rf"You travel to (?P<place>{_WORDS}) in (?P<minutes>{_NUMBER}) minutes? "
            rf"and arrive at (?P<arrive>{_TIME}){_END}"
        ),
    ),
    (Wait, re.compile(rf"You wait until (?P<until>{_TIME}){_END}")),
    (
        Meet,
        re.compile(
            rf"You meet (?P<friend>{_WORDS}) for (?P<minutes>{_NUMBER}) minutes? "
            rf"from (?P<start>{_TIME}) to (?P<end>{_TIME}){_END}"
        ),
    ),
)


def read_step(text: str, at: int) -> tuple[Start | Travel | Wait | Meet, int] | None:
    """The step that a sentence at a place in a text tells of, and where the sentence ends; None if it is no such.

    Args:
        text: The text, without line breaks.
        at: The place.

    Raises:
        Malformed: A time in it is none.
    """
    for kind, pattern in _SENTENCES:
        found = pattern.match(text, at)
        if found is None:
            continue
        fields = {name: _value(name, given) for name, given in found.groupdict().items()}
        return kind.model_validate(fields), found.end()
    return None


def write_schedule(schedule: Schedule) -> str:
    """A schedule as the benchmark writes it."""
    return f"SOLUTION:{' '.join(str(step) for step in schedule.steps)}"


def _value(name: str, text: str) -> str | int:
    if name in ("place", "friend"):
        return text
    return int(text) if name == "minutes" else _minute(text)


def _minute(text: str) -> int:
    try:
        return read_12_hours(text.upper()) if text[-1:] in "mM" else read_24_hours(text)
    except ValueError as error:
        raise Malformed(f"{text!r} is no time of day.", hint=ANSWER_FORM) from error
