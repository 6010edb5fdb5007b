"""Constructive backprompts for models of any size: what is wrong with the latest time, and one to try next."""

from __future__ import annotations

from collections.abc import Mapping

from modulo.backprompt import ChatBackprompter, render_violation
from modulo.canonical import JsonValue
from modulo.critique import Verdict
from modulo.domains.calendar_scheduling.problem import CalendarProblem, Slot, offered_slots
from modulo.protocols import Backprompter, Conversation, Message, Rendered, Reveals

__all__ = ["CalendarBackprompter", "next_try"]

# For answers that are no meeting time at all.
_MALFORMED = ChatBackprompter(granularity="constructive", history=0)


class CalendarBackprompter(Backprompter):
    """Asks anew, with what was wrong with the latest time, and the next one that those who object can make.

    A chat in which its wrong answers stand leads a small model to repeat them, and so does naming the wrong time.
    The proposal looks at nothing but who objects now, so it need be no solution, but following it from round to
    round leads to one if there is any.
    """

    @property
    def needs_all_critiques(self) -> bool:
        """Everything that critics say is shown."""
        return True

    def render(self, conversation: Conversation) -> Rendered:
        """The prompt, every violation of the latest time, and what to try."""
        if not conversation.turns or conversation.turns[-1].attempt.candidate is None:
            return _MALFORMED.render(conversation)
        latest = conversation.turns[-1]
        assert latest.attempt.candidate is not None
        problem, slot = conversation.problem.value, latest.attempt.candidate.value()
        violations = [v for c in latest.critiques if c.verdict is Verdict.REJECT for v in c.violations]
        lines = [
            *(f"- {render_violation(violation)}" for violation in violations),
            f'A better answer: {{"time": "{next_try(problem, slot)}"}}',
        ]
        *before, last = conversation.prompt
        return Rendered(
            messages=(*before, Message(last.role, "\n".join([last.content, "", *lines]))),
            reveals=Reveals.HINTS,
            violations_shown=len(violations),
            violations_known=len(violations),
        )

    def describe(self) -> Mapping[str, JsonValue]:
        """It has no settings."""
        return {}


def next_try(problem: CalendarProblem, slot: Slot) -> Slot:
    """The next time after a wrong one that everybody who objects to it can make; after the last comes the first.

    What is passed over is wrong for one of them, so no right time is. One to which nobody objects is wrong for being
    too late, or not offered; what follows it is the very first.
    """
    slots = offered_slots(problem)
    people = [p for p in problem.participants if any(busy.overlaps(slot) for busy in p.busy)]
    wishes = [wish for wish in problem.wishes if problem.binds(wish) and wish.forbids(slot)]
    if slot not in slots or not (people or wishes):
        return slots[0]
    at = slots.index(slot) + 1
    for proposal in [*slots[at:], *slots[:at]]:
        is_busy = any(busy.overlaps(proposal) for person in people for busy in person.busy)
        if not is_busy and not any(wish.forbids(proposal) for wish in wishes):
            return proposal
    return slots[0]
