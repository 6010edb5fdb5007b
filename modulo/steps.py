"""Answers that are made step by step: what of a partial answer may still become right, and how to ask for the rest.

Searches over partial answers (``BeamSearch``, ``TreeSearch``) need to know which of them are worth going on from. The
hard critics cannot say: to them, half a plan is a wrong plan. ``Steps`` can, and stands beside a generator's prompt.
It never certifies anything: whatever a search puts together is judged as a whole, like any other answer.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from msgspec import Struct

from modulo.canonical import JsonValue
from modulo.critique import Critique
from modulo.protocols import Backprompter, Conversation, Message, Rendered

__all__ = ["AsksForRest", "Beginning", "Steps"]

P = TypeVar("P")
C = TypeVar("C")


class Beginning(Struct, gc=False, frozen=True, kw_only=True):
    """The beginning of an answer, which may still become right.

    Attributes:
        text: As it is put before what the model answers to ``Steps.prompt``; both are read as one answer.
        state: Where it has led. Of beginnings with the same state, whatever completes one completes the others.
        score: How far it has come, from 0 to 1; with 1 nothing is missing, whatever is answered.
    """

    text: str
    state: str
    score: float


class Steps(ABC, Generic[P, C]):
    """A step critic: finds what of an answer may still become right. Pure functions of their arguments.

    **Sound for:** what ``beginnings`` leaves out as hopeless can be completed by nobody, and two beginnings that it
    gives the same state can be completed in the same ways. A search that prunes by it loses no right answer.

    **Does not check:** whether anything is right. Its beginnings and scores only guide.
    """

    def applies_to(self, problem: P) -> bool:
        """Whether answers to this problem can be taken apart at all."""
        return True

    @abstractmethod
    def beginnings(self, problem: P, candidate: C) -> Sequence[Beginning]:
        """Beginnings of an answer that may still become right, from the shortest to the longest.

        Args:
            problem: The problem.
            candidate: Any answer in canonical form, however wrong or long.
        """

    def beginnings_behind(self, problem: P, candidate: C, beginning: Beginning) -> Sequence[Beginning]:
        """The same for an answer that was asked from a beginning; those that this one has may be left out.

        To override it saves time where beginnings grow long: the search knows them already.
        """
        return self.beginnings(problem, candidate)

    def beginnings_judged(
        self, problem: P, candidate: C, critiques: Sequence[Critique], beginning: Beginning | None = None
    ) -> Sequence[Beginning]:
        """What searches ask for: the same for an answer that was judged.

        To override it takes into account what critics said, which by default says nothing of beginnings: where only
        running an answer tells which of its parts are right, they have done that already.

        Args:
            problem: The problem.
            candidate: The answer.
            critiques: What was said of it, as far as it was judged.
            beginning: What it was asked from; None if from nothing.
        """
        if beginning is None:
            return self.beginnings(problem, candidate)
        return self.beginnings_behind(problem, candidate, beginning)

    @abstractmethod
    def prompt(self, problem: P, beginning: Beginning) -> str | Sequence[Message]:
        """Asks for the rest of an answer, or for its next steps."""

    def schema(self, problem: P, beginning: Beginning) -> Mapping[str, JsonValue] | None:
        """A JSON schema of such rests, for models whose whole answers are held to one; None if there is none."""
        return None


@dataclass(frozen=True, slots=True)
class AsksForRest(Backprompter):
    """Asks for what follows a beginning, and says nothing of other answers.

    Attributes:
        steps: Where the beginning is from.
        beginning: The beginning.
    """

    steps: Steps[Any, Any]
    beginning: Beginning

    @property
    def needs_all_critiques(self) -> bool:
        """None of them is shown."""
        return False

    def render(self, conversation: Conversation) -> Rendered:
        """The prompt for the rest."""
        problem = conversation.problem.value
        prompt = self.steps.prompt(problem, self.beginning)
        return Rendered(
            messages=(Message("user", prompt),) if isinstance(prompt, str) else tuple(prompt),
            schema=self.steps.schema(problem, self.beginning),
        )

    def describe(self) -> Mapping[str, JsonValue]:
        """The beginning."""
        return {"beginning": self.beginning.text}
