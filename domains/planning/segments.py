"""Finds actions in words: an action's name, and the objects that are named behind it on the line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from modulo.domains.planning.words import Words

__all__ = ["Segment", "find_segments"]

ARTICLES: Final = frozenset({"a", "i"})
"""Names of objects that are English words too."""
# Behind these, a word such as "a" is no article.
_BEHIND_OBJECTS: Final = frozenset(
    [
        "and",
        "at",
        "down",
        "from",
        "in",
        "into",
        "is",
        "of",
        "off",
        "on",
        "onto",
        "out",
        "over",
        "then",
        "to",
        "up",
    ]
)
_PART: Final = re.compile(r"[a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Segment:
    """The name of an action and the objects behind it, up to the next action or the line's end.

    Attributes:
        name: The action.
        objects: The objects, with those that may be articles.
        certain: The objects without what reads as an article.
    """

    name: str
    objects: tuple[str, ...]
    certain: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.name!r} with {', '.join(self.objects) or 'nothing'}"

    def names_an_action(self, words: Words) -> bool:
        """Whether as many objects follow as the action takes."""
        return len(self.certain) >= words.actions[self.name] > 0

    def readings(self) -> set[str]:
        """The actions that it may say, with and without what may be articles."""
        without = tuple(thing for thing in self.objects if thing not in ARTICLES)
        return {f"({' '.join([self.name, *rest])})" for rest in (self.objects, self.certain, without)}

    def says(self, action: Sequence[str]) -> bool:
        """Whether this is the action; only articles may be left out of the objects."""
        name, *arguments = action
        rest = iter(arguments)
        expected = next(rest, None)
        for thing in self.objects:
            if thing == expected:
                expected = next(rest, None)
            elif thing not in ARTICLES:
                return False
        return name == self.name and expected is None


def find_segments(line: str, words: Words) -> Iterator[Segment]:
    """The actions in the words of a line, in order."""
    parts = _PART.findall(line.lower())
    if words.beginnings.isdisjoint(parts):
        return
    action, objects, certain = "", list[str](), list[str]()
    for name, following in _names(parts, words):
        if name in words.actions:
            if action:
                yield Segment(action, tuple(objects), tuple(certain))
            action, objects, certain = name, [], []
        elif action:
            objects.append(name)
            if name not in ARTICLES or _is_behind_object(following, words):
                certain.append(name)
    if action:
        yield Segment(action, tuple(objects), tuple(certain))


def _is_behind_object(following: str, words: Words) -> bool:
    return not following or following in _BEHIND_OBJECTS or (following,) in words.parts


def _names(parts: list[str], words: Words) -> Iterator[tuple[str, str]]:
    """The names of actions and objects, the longest that fit, each with the part that follows it."""
    at = 0
    while at < len(parts):
        for length in range(min(words.longest, len(parts) - at), 0, -1):
            name = words.parts.get(tuple(parts[at : at + length]))
            if name is not None:
                at += length
                yield name, parts[at] if at < len(parts) else ""
                break
        else:
            at += 1
