"""AdvisingBackprompter: violations and advice after the bare prompt, and no answers of the past."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import modulo
from modulo.protocols import Conversation, Rendered, Reveals
from modulo.testing import ScriptedGenerator


class Advisor(modulo.AdvisingBackprompter):
    """Advises where an answer could be read, and keeps what it rendered."""

    def __init__(self) -> None:
        self.rendered: list[Rendered] = []

    def advice(self, conversation: Conversation) -> Sequence[str] | None:
        """The number of the round, to be seen in the prompt."""
        if conversation.turns[-1].attempt.candidate is None:
            return None
        return [f"This was number {len(conversation.turns)}."]

    def render(self, conversation: Conversation) -> Rendered:
        """As it is."""
        self.rendered.append(super().render(conversation))
        return self.rendered[-1]


@modulo.critic(proves="it is even")
def even(problem: int, candidate: int) -> Iterator[modulo.Violation]:
    if candidate % 2:
        yield modulo.Violation("odd", f"{candidate} is odd.", hint="add one")


@modulo.critic(proves="it is large")
def large(problem: int, candidate: int) -> Iterator[modulo.Violation]:
    if candidate < problem:
        yield modulo.Violation("small", f"{candidate} is small.")


def conversation_of(*answers: str) -> tuple[list[str], list[Rendered]]:
    """What the model was asked in the end, message by message, and all that was rendered."""
    generator, advisor = ScriptedGenerator([*answers, "10"]), Advisor()
    outcome = modulo.solve_sync(
        7,
        generator=generator,
        reformulator=modulo.parse_json,
        critics=[even, large],
        backprompter=advisor,
        budget=modulo.Budget(rounds=len(answers) + 1),
    )
    assert isinstance(outcome, modulo.Certified)
    return [message.content for message in generator.requests[-1].messages], advisor.rendered


def test_every_violation_and_the_advice_follow_the_bare_prompt() -> None:
    *_, last = conversation_of("3", "5")[0]
    assert last.splitlines()[-4:] == ["", "- 5 is odd.", "- 5 is small.", "This was number 2."]
    assert "3 is odd" not in last


def test_no_answer_of_the_past_stands_in_the_chat() -> None:
    before, after = conversation_of()[0], conversation_of("3", "5")[0]
    assert len(after) == len(before)
    assert after[-1].startswith(before[-1])


def test_what_is_revealed_is_told() -> None:
    (rendered,) = conversation_of("3")[1]
    assert (rendered.reveals, rendered.violations_shown, rendered.violations_known) == (Reveals.HINTS, 2, 2)


def test_without_advice_violations_are_shown_all_the_same() -> None:
    asked = conversation_of("no number")[0][-1]
    assert "About your previous answer: That is not correct." in asked
    assert "This was number" not in asked
