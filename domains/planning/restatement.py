"""Judges whether a plan is what a text says, by the names of actions and objects in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

from modulo.critics.plan import PddlProblem
from modulo.critique import Violation
from modulo.domains.planning.passages import divide
from modulo.domains.planning.segments import Segment, find_segments
from modulo.domains.planning.words import Words, words_of
from modulo.protocols import Critic

__all__ = ["Restatement", "StandsInText"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Restatement:
    """A text whose plan is to be restated, and the problem that it answers."""

    text: str
    problem: PddlProblem


class StandsInText(Critic[Restatement, str]):
    """Judges whether a restated plan has the actions of a text, all of them, in their order.

    **Sound for:** each action's name stands in the text, followed by its arguments on the same line and by no
    other object; the plan's actions come in the order of the text; and no name of an action that objects follow
    is left out. An ``a`` or ``i`` may be a word of English as well as an object.

    **Does not check:** that the text recommends this plan, nor anything about the plan itself.
    """

    proves = "every action stands in the text, in this order"
    version = "1"

    def critique(self, problem: Restatement, candidate: str) -> Iterator[Violation]:
        """The first action that is not the next one of the text."""
        words = words_of(problem.problem)
        plan = [line.strip("()").split() for line in candidate.splitlines()]
        for action, place in zip_longest(plan, _segments(problem.text, words)):
            if place is None:
                yield Violation("not_in_text", f"({' '.join(action)}) does not stand in the text at its place.")
                return
            number, segment = place
            if action is None or not segment.says(action):
                message = f"The text says {segment} here; the plan does not."
                yield Violation("left_out", message, location=f"line {number}")
                return


def _segments(text: str, words: Words) -> Iterator[tuple[int, Segment]]:
    """The actions in the words of a text, each with its line."""
    for passage in divide(text):
        for number, line in passage.lines:
            for segment in find_segments(line, words):
                if segment.objects or not words.actions[segment.name]:
                    yield number, segment
