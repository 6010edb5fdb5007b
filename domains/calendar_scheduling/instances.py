"""Seeded instances of the benchmark's shape, each with a meeting time that was planted."""

from __future__ import annotations

import random
from typing import Final

from modulo.domains.calendar_scheduling.problem import (
    WEEKDAYS,
    CalendarProblem,
    Participant,
    Phrase,
    Slot,
    Weekday,
    Wish,
)
from modulo.errors import ConfigurationError

__all__ = ["NAMES", "generate"]

NAMES: Final = (
    "Alice", "Bruno", "Chiara", "Deniz", "Emeka", "Farah", "Goran", "Hana", "Igor", "Julia", "Kofi", "Lena",
    "Marta", "Nils", "Olga", "Pedro", "Quentin", "Rosa", "Selma", "Tomas",
)  # fmt: skip
_HALF_HOUR: Final = 30
_OPENS: Final = 9 * 60
_CLOSES: Final = 17 * 60


def generate(
    *,
    people: int = 3,
    days: int = 1,
    minutes: int = 30,
    density: float = 0.6,
    wishes: int = 1,
    earliest: bool = False,
    seed: int = 0,
) -> tuple[CalendarProblem, Slot]:
    """A random problem with a planted meeting time.

    Meetings and wishes are on the half hour, as in the benchmark.

    Args:
        people: How many take part, from 1 to 20.
        days: On how many days it may be, from 1 to 5.
        minutes: How long the meeting takes: 30 or 60.
        density: Share of the half hours beside the planted one that are taken, from 0 to 1.
        wishes: How many wishes there are; none is against the planted time.
        earliest: Whether the earliest time is asked for. The planted one is then made the earliest.
        seed: The same seed gives the same instance.

    Returns:
        The problem, and one meeting time that meets every requirement.

    Raises:
        ConfigurationError: A number makes no sense.
    """
    if not (1 <= people <= len(NAMES) and 1 <= days <= 5 and minutes in (30, 60) and 0 <= density <= 1):
        raise ConfigurationError(
            f"no problem has {people} people, {days} days, {minutes} minutes and a density of {density}"
        )
    if wishes < 0:
        raise ConfigurationError(f"there cannot be {wishes} wishes")
    rng = random.Random(seed)  # noqa: S311  instances, not secrets
    names = rng.sample(NAMES, people)
    offered = WEEKDAYS[:days]
    start = rng.randrange(_OPENS, _CLOSES - minutes + 1, _HALF_HOUR)
    planted = Slot(day=rng.choice(offered), start=start, end=start + minutes)
    busy = _busy(rng, names, offered, planted, density, fills_before=earliest)
    problem = CalendarProblem(
        participants=tuple(Participant(name=name, busy=busy[name]) for name in names),
        minutes=minutes,
        days=offered,
        wishes=_wishes(rng, names, offered, planted, wishes),
        earliest=earliest,
    )
    return problem, planted


def _busy(
    rng: random.Random,
    names: list[str],
    days: tuple[Weekday, ...],
    planted: Slot,
    density: float,
    *,
    fills_before: bool,
) -> dict[str, tuple[Slot, ...]]:
    """Each taken half hour is taken for somebody at least; nothing is taken of the planted time."""
    taken: dict[str, list[Slot]] = {name: [] for name in names}
    for day in days:
        for start in range(_OPENS, _CLOSES, _HALF_HOUR):
            half_hour = Slot(day=day, start=start, end=start + _HALF_HOUR)
            must = fills_before and (days.index(day), start) < (days.index(planted.day), planted.start)
            if half_hour.overlaps(planted) or not (must or rng.random() < density):
                continue
            for name in rng.sample(names, rng.randint(1, max(1, len(names) // 2))):
                _append(taken[name], half_hour)
    return {name: tuple(slots) for name, slots in taken.items()}


def _append(slots: list[Slot], half_hour: Slot) -> None:
    """Add half an hour, as a part of the meeting before it if there is no gap."""
    if slots and (slots[-1].day, slots[-1].end) == (half_hour.day, half_hour.start):
        half_hour = slots.pop().model_copy(update={"end": half_hour.end})
    slots.append(half_hour)


def _wishes(
    rng: random.Random, names: list[str], days: tuple[Weekday, ...], planted: Slot, count: int
) -> tuple[Wish, ...]:
    found = []
    for _ in range(count):
        name, phrase, day = rng.choice(names), rng.choice(list(Phrase)), rng.choice(days)
        latest, first = (planted.start, planted.end) if day == planted.day else (_CLOSES, _OPENS)
        kinds = ["before", "after"] if day == planted.day else ["before", "after", "day"]
        match rng.choice(kinds):
            case "before":
                time = rng.randrange(_OPENS, latest + 1, _HALF_HOUR)
                found.append(Wish(name=name, phrase=phrase, day=day, before=time))
            case "after":
                time = rng.randrange(first, _CLOSES + 1, _HALF_HOUR)
                found.append(Wish(name=name, phrase=phrase, day=day, after=time))
            case _:
                found.append(Wish(name=name, phrase=phrase, day=day))
    return tuple(found)
