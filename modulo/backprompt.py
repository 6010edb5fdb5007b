"""Turns critiques into the next prompt: how much is said, how much of the past is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from msgspec import Struct

from modulo.canonical import JsonValue
from modulo.critique import Critique, Verdict, Violation
from modulo.errors import ConfigurationError
from modulo.numeric import is_whole_number
from modulo.protocols import Backprompter, Conversation, Message, Rendered, Reveals, Turn
from modulo.settings import settings_of

__all__ = ["ChatBackprompter", "Granularity", "render_violation"]

Granularity: TypeAlias = Literal["none", "binary", "first", "all", "constructive"]

_REJECTED = Message("user", "That is not correct.")

_REVEALS: Mapping[str, Reveals] = {
    "none": Reveals.NOTHING,
    "binary": Reveals.VERDICT,
    "first": Reveals.VIOLATION,
    "all": Reveals.VIOLATIONS,
    "constructive": Reveals.HINTS,
}


class _Exchange(Struct, gc=False, frozen=True):
    """An answer and what is said of it."""

    answer: Message
    feedback: Message
    violations_shown: int
    rendered_by: ChatBackprompter
    turn: Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatBackprompter(Backprompter):
    """Renders a chat: the prompt, earlier answers with what was wrong with them, and the latest one.

    Source: Kambhampati et al., "LLMs Can't Plan, But Can Help Planning in LLM-Modulo Frameworks" (2024), §3;
    Stechly et al., "On the self-verification limitations of LLMs" (2024), for the granularities.

    Attributes:
        granularity: ``none``: the bare prompt again (resampling); ``binary``: that it is wrong; ``first``: the
            first violation; ``all``: all of them; ``constructive``: all, with hints.
        history: How many answers the chat keeps, the latest included; None keeps all. With 0, the latest
            answer's violations follow the prompt without the answer itself.
        past: Whether kept answers before the latest come with their ``critiques`` or as ``attempts`` only.
        keeps_duplicates: Whether an answer given several times is kept several times.
        order: ``pooled``: every critic's violations; ``round_robin``: those of one critic at a time, in turn.
        diversifies: Whether a repeated answer, or one with which the very same is wrong as with the one before it, is
            answered by asking for a different one.
        request: The closing sentence.
    """

    granularity: Granularity = "all"
    history: int | None = None
    past: Literal["critiques", "attempts"] = "critiques"
    keeps_duplicates: bool = True
    order: Literal["pooled", "round_robin"] = "pooled"
    diversifies: bool = True
    request: str = "Give a corrected answer, complete and in the same format."

    def __post_init__(self) -> None:
        if self.granularity not in _REVEALS:
            raise ConfigurationError(
                f"granularity must be one of {', '.join(_REVEALS)}, not {self.granularity!r}"
            )
        if self.history is not None and (not is_whole_number(self.history) or self.history < 0):
            raise ConfigurationError(f"history must be None or at least 0, not {self.history!r}")
        if self.past not in ("critiques", "attempts"):
            raise ConfigurationError(f"past must be 'critiques' or 'attempts', not {self.past!r}")
        if self.order not in ("pooled", "round_robin"):
            raise ConfigurationError(f"order must be 'pooled' or 'round_robin', not {self.order!r}")

    @property
    def needs_all_critiques(self) -> bool:
        """Only where everything is shown do critics go on after the first rejection."""
        return self.granularity in ("all", "constructive")

    def render(self, conversation: Conversation) -> Rendered:
        """The messages to send next."""
        prompt = conversation.prompt
        if not conversation.turns:
            return Rendered(messages=prompt)
        known = len(_faults(conversation.turns[-1]))
        if self.granularity == "none":
            return Rendered(messages=prompt, violations_known=known)
        last = self._exchange(len(conversation.turns), conversation.turns, conversation.memo)
        if self.history == 0:
            messages = _append_to_last(prompt, last.feedback.content)
        else:
            messages = (*prompt, *self._past(conversation, last), last.answer, last.feedback)
        return Rendered(
            messages=messages,
            reveals=_REVEALS[self.granularity],
            violations_shown=last.violations_shown,
            violations_known=known,
        )

    def describe(self) -> Mapping[str, JsonValue]:
        """The settings."""
        return settings_of(self)

    def _kept(self, turns: Sequence[Turn]) -> Sequence[tuple[int, Turn]]:
        """The turns that the chat keeps, numbered from 1 among all, with the latest always among them."""
        kept = list(enumerate(turns, 1))
        if not self.keeps_duplicates:
            last_place = {turn.attempt.answer_key: number for number, turn in kept}
            kept = [(number, turn) for number, turn in kept if last_place[turn.attempt.answer_key] == number]
        return kept if self.history is None else kept[-max(1, self.history) :]

    def _past(self, conversation: Conversation, last: _Exchange) -> tuple[Message, ...]:
        """Answers before the latest, and what was said of them in the very words of then.

        Providers cache what conversations begin with, and so do we: where everything is kept, the past is the
        past of one answer before, and that answer.
        """
        turns, memo = conversation.turns, conversation.memo
        if self.history is not None or not self.keeps_duplicates:
            kept = self._kept(turns)[:-1]
            return tuple(m for number, _ in kept for m in self._past_messages(number, turns, memo))
        known = memo.get((id(self), conversation.node))
        if known is not None and known[0] == turns[:-1]:
            past: tuple[Message, ...] = known[1]
        else:
            earlier = range(1, len(turns))
            past = tuple(m for number in earlier for m in self._past_messages(number, turns, memo))
        memo[id(self), conversation.node] = (turns, past + self._as_past(last), self)
        return past

    def _past_messages(
        self, number: int, turns: Sequence[Turn], memo: dict[Any, Any]
    ) -> tuple[Message, Message]:
        return self._as_past(self._exchange(number, turns, memo))

    def _as_past(self, exchange: _Exchange) -> tuple[Message, Message]:
        return exchange.answer, _REJECTED if self.past == "attempts" else exchange.feedback

    def _exchange(self, number: int, turns: Sequence[Turn], memo: dict[Any, Any]) -> _Exchange:
        turn = turns[number - 1]
        # By identity, which is quick; what is remembered holds both, so that they stay what they are.
        key = (id(self), id(turn), number)
        known: _Exchange | None = memo.get(key)
        if known is None:
            feedback, shown = self._feedback(number, turn, turns[number - 2] if number > 1 else None)
            known = _Exchange(_answer(turn), Message("user", feedback), shown, self, turn)
            memo[key] = known
        return known

    def _feedback(self, number: int, turn: Turn, before: Turn | None) -> tuple[str, int]:
        """The text about one answer, and how many of its violations it shows."""
        violations, repeats = self._selected(turn.critiques, number), turn.repeats
        lines = [_verdict_text(turn)]
        if self.granularity != "binary":
            show_hints = self.granularity == "constructive"
            lines += [f"- {render_violation(v, with_hint=show_hints)}" for v in violations]
            if turn.attempt.remarks:
                lines += self._remarks(turn)
        if repeats and self.diversifies:
            times = "already" if repeats == 1 else f"{repeats} times already"
            lines.append(f"You have given this same answer {times}. Give a different one.")
        elif self.diversifies and self.granularity != "binary" and before and _has_same_faults(before, turn):
            lines.append("The very same is wrong as with your answer before. Try something quite different.")
        lines.append(self.request)
        return "\n".join(lines), 0 if self.granularity == "binary" else len(violations)

    def _selected(self, critiques: Sequence[Critique], number: int) -> Sequence[Violation]:
        if len(critiques) == 1:  # as most answers have, and nobody to take turns with
            violations: Sequence[Violation] = critiques[0].violations
            return violations[:1] if self.granularity == "first" else violations
        rejecting = [critique for critique in critiques if critique.verdict is Verdict.REJECT]
        if self.order == "round_robin" and rejecting:
            rejecting = [rejecting[(number - 1) % len(rejecting)]]
        violations = [violation for critique in rejecting for violation in critique.violations]
        return violations[:1] if self.granularity == "first" else violations

    def _remarks(self, turn: Turn) -> list[str]:
        if not self.needs_all_critiques:
            return []
        return [f"- (a remark, not a requirement) {r.text}" for r in turn.attempt.remarks if r.text]


def render_violation(violation: Violation, *, with_hint: bool = False) -> str:
    """One violation as a sentence or two."""
    text = violation.message.rstrip()
    if violation.location:
        text = f"{violation.location}: {text}"
    if violation.expected is not None:
        text += f" Expected: {violation.expected}."
    if violation.actual is not None:
        text += f" Found: {violation.actual}."
    if with_hint and violation.hint:
        text += f" Hint: {violation.hint}"
    return text


def _append_to_last(messages: tuple[Message, ...], text: str) -> tuple[Message, ...]:
    last = messages[-1]
    if last.role != "user":
        return (*messages, Message("user", text))
    return (*messages[:-1], Message("user", f"{last.content}\n\nAbout your previous answer: {text}"))


def _answer(turn: Turn) -> Message:
    # Some providers refuse an empty assistant message.
    return Message("assistant", turn.attempt.text or "(no answer)")


def _verdict_text(turn: Turn) -> str:
    for critique in turn.critiques:
        if critique.verdict is Verdict.REJECT:
            return "That is not correct."
    return "That is correct." if turn.attempt.accepted else "That could not be checked."


def _has_same_faults(one: Turn, other: Turn) -> bool:
    faults = _faults(other)
    return bool(faults) and faults == _faults(one)


def _faults(turn: Turn) -> tuple[Violation, ...]:
    if len(turn.critiques) == 1:
        return turn.critiques[0].violations
    return tuple([violation for critique in turn.critiques for violation in critique.violations])
