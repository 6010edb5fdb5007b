"""Backprompts about plans; hints are worked out only where they are shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from msgspec.structs import replace

from modulo.backprompt import ChatBackprompter
from modulo.critics.plan import PlanValidator
from modulo.critique import Critique, Verdict, Violation
from modulo.protocols import Conversation, Rendered, Turn

__all__ = ["PlanBackprompter"]

_HINTING: Final = PlanValidator(hints=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanBackprompter(ChatBackprompter):
    """A ``ChatBackprompter`` that, where it is ``constructive``, asks ``PlanValidator`` for hints.

    The validator of the graph gives none: looking for repairs takes far longer than judging, and most of what is
    judged is never backprompted. Hints change no verdict.
    """

    def render(self, conversation: Conversation) -> Rendered:
        """The messages to send next."""
        # Not super(): a class with slots is another one than its methods were written in.
        if self.granularity != "constructive":
            return ChatBackprompter.render(self, conversation)
        turns = tuple(_hinted(turn, conversation) for turn in conversation.turns)
        return ChatBackprompter.render(self, replace(conversation, turns=turns))


def _hinted(turn: Turn, conversation: Conversation) -> Turn:
    """A turn with hints in the critiques of its plan, made once a run."""
    memo: dict[Any, Any] = conversation.memo
    key = ("hinted", id(turn))
    known = memo.get(key)
    if known is None or known[0] is not turn:
        critiques = _with_hints(turn, conversation.problem.value)
        known = memo[key] = (turn, replace(turn, critiques=critiques))
    hinted: Turn = known[1]
    return hinted


def _with_hints(turn: Turn, problem: Any) -> tuple[Critique, ...]:
    candidate = turn.attempt.candidate
    rejected = any(critique.verdict is Verdict.REJECT for critique in turn.critiques)
    if candidate is None or candidate.claims_unsolvable or not rejected:
        return turn.critiques
    hinted = _HINTING.critique(problem, candidate.value()).violations
    bare = _without_hints(hinted)
    return tuple(
        replace(critique, violations=hinted) if _without_hints(critique.violations) == bare else critique
        for critique in turn.critiques
    )


def _without_hints(violations: Sequence[Violation]) -> list[Violation]:
    return [replace(violation, hint=None) for violation in violations]
