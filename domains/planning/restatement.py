"""Judges whether a plan is what a text says, by the names of actions and objects in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final

from modulo.critics.plan import PddlProblem
from modulo.critique import Violation
from modulo.domains.planning.passages import divide
from modulo.domains.planning.words import Words, words_of
from modulo.protocols import Critic

__all__ = ["Restatement", "StandsInText"]

_PART: Final = re.compile(r"[a-z0-9]+")
_ARTICLES: Final = frozenset({"a", "i"})


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
        for action, segment in zip_longest(plan, _segments(problem.text, words)):
            if segment is None:
                yield Violation("not_in_text", f"({' '.join(action)}) does not stand in the text at its place.")
                return
            if action is None or not segment.says(action):
                yield Violation(
                    "left_out",
                    f"The text says {segment} here; the plan does not.",
                    location=f"line {segment.line}",
                )
                return


@dataclass(frozen=True, slots=True)
class _Segment:
    """The name of an action and the objects that are named behind it, up to the next action or the line's end."""

    line: int
    name: str
    objects: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.name!r} with {', '.join(self.objects) or 'nothing'}"

    def says(self, action: Sequence[str]) -> bool:
        """Whether this is the action; only articles may be left out of the objects."""
        name, *arguments = action
        rest = iter(arguments)
        expected = next(rest, None)
        for thing in self.objects:
            if thing == expected:
                expected = next(rest, None)
            elif thing not in _ARTICLES:
                return False
        return name == self.name and expected is None


def _segments(text: str, words: Words) -> Iterator[_Segment]:
    names = {tuple(_PART.findall(name)): name for name in (*words.objects, *words.actions)}
    longest = max(map(len, names), default=0)
    for passage in divide(text):
        for number, line in passage.lines:
            for segment in _segments_of_line(number, _PART.findall(line.lower()), names, longest, words):
                if segment.objects or not words.actions[segment.name]:
                    yield segment


def _segments_of_line(
    number: int, parts: list[str], names: dict[tuple[str, ...], str], longest: int, words: Words
) -> Iterator[_Segment]:
    action, objects = "", list[str]()
    at = 0
    while at < len(parts):
        taken = next((n for n in range(longest, 0, -1) if tuple(parts[at : at + n]) in names), 0)
        name = names.get(tuple(parts[at : at + taken]), "")
        at += taken or 1
        if name in words.actions:
            if action:
                yield _Segment(number, action, tuple(objects))
            action, objects = name, []
        elif name and action:
            objects.append(name)
    if action:
        yield _Segment(number, action, tuple(objects))
