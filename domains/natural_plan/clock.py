"""Times of day: minutes since midnight, and the two ways in which the benchmark writes them."""

from __future__ import annotations

import re
from typing import Annotated, Final, TypeAlias

from pydantic import BeforeValidator, Field, PlainSerializer, ValidationInfo

__all__ = ["Minute", "in_12_hours", "in_24_hours", "read_12_hours", "read_24_hours"]

_24_HOURS: Final = re.compile(r"(?P<hour>0?[0-9]|1[0-9]|2[0-3]):(?P<minute>[0-5][0-9])")
_12_HOURS: Final = re.compile(r"(?P<hour>0?[1-9]|1[0-2]):(?P<minute>[0-5][0-9]) ?(?P<half>AM|PM)")


def read_24_hours(text: str) -> int:
    """Minutes since midnight of a time such as ``9:30``, ``09:30`` or ``14:30``; ``24:00`` is the end of the day.

    Raises:
        ValueError: It is no such time.
    """
    if text == "24:00":
        return 24 * 60
    found = _24_HOURS.fullmatch(text)
    if found is None:
        raise ValueError(f"{text[:20]!r} is no time of day such as 9:30 or 14:30")
    return int(found["hour"]) * 60 + int(found["minute"])


def read_12_hours(text: str) -> int:
    """Minutes since midnight of a time such as ``9:30AM`` or ``12:05PM``.

    Raises:
        ValueError: It is no such time.
    """
    found = _12_HOURS.fullmatch(text)
    if found is None:
        raise ValueError(f"{text[:20]!r} is no time of day such as 9:30AM or 2:30PM")
    return int(found["hour"]) % 12 * 60 + int(found["minute"]) + (12 * 60 if found["half"] == "PM" else 0)


def in_24_hours(minute: int) -> str:
    """A minute of the day as ``9:30`` or ``14:30``."""
    return f"{minute // 60}:{minute % 60:02}"


def in_12_hours(minute: int) -> str:
    """A minute of the day as ``9:30AM`` or ``2:30PM``."""
    hour = minute // 60 % 24
    return f"{hour % 12 or 12}:{minute % 60:02}{'PM' if hour >= 12 else 'AM'}"


def _read(value: object, info: ValidationInfo) -> object:
    if isinstance(value, str):
        return read_24_hours(value)
    if info.mode == "json":
        raise ValueError("a time of day is a text such as 9:30")
    return value


Minute: TypeAlias = Annotated[
    int,
    Field(strict=True, ge=0, le=24 * 60),
    BeforeValidator(_read, json_schema_input_type=str),
    PlainSerializer(in_24_hours, return_type=str),
]
"""A minute of the day, from 0 to 1440; a text such as ``"14:30"`` in JSON."""
