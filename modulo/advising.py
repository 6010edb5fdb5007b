"""Backprompts for models of any size: what was wrong with the latest answer, and advice that a domain works out."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Final

from modulo.backprompt import ChatBackprompter, render_violation
from modulo.critique import Verdict
from modulo.protocols import Backprompter, Conversation, Message, Rendered, Reveals

__all__ = ["AdvisingBackprompter"]

_WITHOUT_ADVICE: Final = ChatBackprompter(granularity="constructive", history=0)


class AdvisingBackprompter(Backprompter):
    """Asks anew: the bare prompt, every violation of the latest answer, and lines of advice.

    No answer of the past is shown: a chat in which its wrong answers stand leads a small model to repeat them
    (docs/design/0006).
    """

    @property
    def needs_all_critiques(self) -> bool:
        """Everything that critics say is shown."""
        return True

    @abstractmethod
    def advice(self, conversation: Conversation) -> Sequence[str] | None:
        """What to do next, in lines that follow the violations.

        Args:
            conversation: It has at least one turn. The candidate of the latest is None where nothing could be read.

        Returns:
            The lines; None where there is no advice, so that violations are shown as ``ChatBackprompter`` does.
        """

    def render(self, conversation: Conversation) -> Rendered:
        """The prompt, every violation of the latest answer, and the advice."""
        advice = self.advice(conversation) if conversation.turns else None
        if advice is None:
            return _WITHOUT_ADVICE.render(conversation)
        critiques = conversation.turns[-1].critiques
        violations = [v for c in critiques if c.verdict is Verdict.REJECT for v in c.violations]
        lines = [*(f"- {render_violation(violation)}" for violation in violations), *advice]
        *before, last = conversation.prompt
        return Rendered(
            messages=(*before, Message(last.role, "\n".join([last.content, "", *lines]))),
            reveals=Reveals.HINTS,
            violations_shown=len(violations),
            violations_known=len(violations),
        )
