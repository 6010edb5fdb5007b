"""Constructive backprompts for models of any size: what is wrong with the latest time, and one to try next."""

from __future__ import annotations

from collections.abc import Sequence

from modulo.advising import AdvisingBackprompter
from modulo.domains.calendar_scheduling.problem import CalendarProblem, Slot, offered_slots
from modulo.protocols import Conversation

__all__ = ["CalendarBackprompter", "next_try"]


class CalendarBackprompter(AdvisingBackprompter):
    """Shows what was wrong with the latest time, and the earliest one for all who have objected so far.

    A chat in which its wrong answers stand leads a small model to repeat them, and so does naming the wrong time.
    The proposal looks at nobody's calendar but theirs, so it need be no solution, but whoever objects to it is taken
    into account in the next one: following them leads to a solution in about as many rounds as there are people.
    """

    def advice(self, conversation: Conversation) -> Sequence[str] | None:
        """A time to try; None of answers that are no meeting time at all."""
        if conversation.turns[-1].attempt.candidate is None:
            return None
        attempts = [turn.attempt.candidate for turn in conversation.turns]
        tried = [candidate.value() for candidate in attempts if candidate is not None]
        proposal = next_try(conversation.problem.value, tried)
        return [] if proposal is None else [f'A better answer: {{"time": "{proposal}"}}']


def next_try(problem: CalendarProblem, tried: Sequence[Slot]) -> Slot | None:
    """The earliest time, of those to choose from, that everybody who objects to one that was tried can make.

    It is none of those that were tried, unless nobody objects to one. None if these people alone have no time.
    """
    people = [p for p in problem.participants if any(busy.overlaps(slot) for busy in p.busy for slot in tried)]
    wishes = [w for w in problem.wishes if problem.binds(w) and any(w.forbids(slot) for slot in tried)]
    for slot in offered_slots(problem):
        is_busy = any(busy.overlaps(slot) for person in people for busy in person.busy)
        if not is_busy and not any(wish.forbids(slot) for wish in wishes):
            return slot
    return None
