"""The constraints on a meeting, one function each, and the two critics made of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from modulo.critics.constraints import Preferences, Satisfies, constraint, optional
from modulo.critique import Violation
from modulo.domains.calendar_scheduling.problem import (
    WEEKDAYS,
    CalendarProblem,
    Participant,
    Slot,
    Wish,
    free_stretches,
)
from modulo.domains.natural_plan import in_24_hours

__all__ = [
    "as_long_as_asked",
    "earliest_time",
    "fitting_meeting",
    "milder_wishes",
    "nobody_is_busy",
    "on_an_offered_day",
    "wished_for",
    "wishes_are_kept",
    "within_work_hours",
]


@constraint(says="the meeting is on one of the days asked for")
def on_an_offered_day(problem: CalendarProblem, slot: Slot) -> Iterator[Violation]:
    """The day is one of the problem's."""
    if slot.day not in problem.days:
        yield Violation(
            "wrong_day",
            f"The meeting cannot be on {slot.day}.",
            location=slot.day,
            expected=" or ".join(problem.days),
        )


@constraint(says="it is within work hours")
def within_work_hours(problem: CalendarProblem, slot: Slot) -> Iterator[Violation]:
    """It neither begins before work hours nor ends after them."""
    if slot.start < problem.opens or slot.end > problem.closes:
        hours = f"{in_24_hours(problem.opens)} to {in_24_hours(problem.closes)}"
        yield Violation("outside_work_hours", f"{slot} is not within the work hours of {hours}.")


@constraint(says="it takes as long as asked for")
def as_long_as_asked(problem: CalendarProblem, slot: Slot) -> Iterator[Violation]:
    """It takes exactly the time asked for."""
    if slot.end - slot.start != problem.minutes:
        end = slot.start + problem.minutes
        yield Violation(
            "wrong_duration",
            f"The meeting takes {slot.end - slot.start} minutes.",
            expected=f"{problem.minutes} minutes",
            hint=f"from {in_24_hours(slot.start)} it lasts until {in_24_hours(end)}." if end <= 1440 else None,
        )


@constraint(says="everybody is free then")
def nobody_is_busy(problem: CalendarProblem, slot: Slot) -> Iterator[Violation]:
    """It overlaps no participant's other meetings."""
    for participant in problem.participants:
        for busy in participant.busy:
            if busy.overlaps(slot):
                yield Violation(
                    "busy",
                    f"{participant.name} has another meeting on {busy}.",
                    location=participant.name,
                    hint=_next_free(problem, participant, slot),
                )


@constraint(says="no required wish is against it")
def wishes_are_kept(problem: CalendarProblem, slot: Slot) -> Iterator[Violation]:
    """It is against no wish that is a requirement."""
    yield from _broken(slot, (wish for wish in problem.wishes if problem.binds(wish)))


@constraint(says="if the earliest time is asked for, none that meets the other requirements is earlier")
def earliest_time(problem: CalendarProblem, slot: Slot) -> Iterator[Violation]:
    """Nothing earlier would do, days in the order of the week."""
    if not problem.earliest or not free_stretches(problem):
        return
    first = free_stretches(problem)[0]
    best = Slot(day=first.day, start=first.start, end=first.start + problem.minutes)
    if (WEEKDAYS.index(best.day), best.start) < (WEEKDAYS.index(slot.day), slot.start):
        yield Violation(
            "not_earliest",
            "Everybody can meet earlier, and the earliest time is asked for.",
            hint=f"everybody can meet on {best}.",
        )


@constraint(says="no milder wish is against it")
def milder_wishes(problem: CalendarProblem, slot: Slot) -> Iterator[Violation]:
    """It is against no wish that is no requirement."""
    yield from _broken(slot, (wish for wish in problem.wishes if not problem.binds(wish)))


def fitting_meeting() -> Satisfies[CalendarProblem, Slot]:
    """The hard critic: judges whether a meeting meets every requirement.

    **Sound for:** the meeting is on a day asked for, within work hours, as long as asked for, against nobody's other
    meetings and no required wish, and the earliest such time if that is asked for.

    **Does not check:** wishes that are no requirements, and whether the statement said what was meant.
    """
    return Satisfies(
        on_an_offered_day,
        within_work_hours,
        as_long_as_asked,
        nobody_is_busy,
        wishes_are_kept,
        earliest_time,
        proves="meeting time that meets every requirement of this scheduling problem",
    )


def wished_for() -> Preferences[CalendarProblem, Slot]:
    """The soft critic: ranks meetings that break no milder wish above the others."""
    return Preferences(optional(milder_wishes))


def _broken(slot: Slot, wishes: Iterable[Wish]) -> Iterator[Violation]:
    for wish in wishes:
        if wish.forbids(slot):
            yield Violation("against_wish", f"{wish}.", location=wish.name, hint=_what_is_left(wish))


def _what_is_left(wish: Wish) -> str:
    if wish.before is not None:
        return f"on {wish.day}, {wish.name} can meet from {in_24_hours(wish.before)}."
    if wish.after is not None:
        return f"on {wish.day}, {wish.name} can meet until {in_24_hours(wish.after)}."
    return f"choose another day than {wish.day}."


def _next_free(problem: CalendarProblem, participant: Participant, slot: Slot) -> str:
    """When this participant, for one, has time again."""
    alone = problem.model_copy(update={"participants": (participant,), "wishes": ()})
    for free in free_stretches(alone):
        if free.day == slot.day and free.end - problem.minutes > slot.start:
            return f"{participant.name} is free on {free}."
    return f"{participant.name} has no time after that on {slot.day}."
