"""Which prompts of a run go on from an earlier one."""

from __future__ import annotations

from modulo.protocols import Expansion, Message

__all__ = ["Beginnings"]


class Beginnings:
    """Remembers the prompt of each attempt of one run, as its length and hash: whole, they take quadratic space."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[int, int]] = {}

    def note(self, attempt: int, messages: tuple[Message, ...]) -> None:
        """Remember what was asked for an attempt."""
        self._known[attempt] = len(messages), hash(messages)

    def length(self, expansion: Expansion, messages: tuple[Message, ...]) -> int:
        """How many of the messages are the prompt of the attempt that an expansion goes on from; 0 if none are."""
        if expansion.parent is None:
            return 0
        count, known = self._known.get(expansion.parent, (0, 0))
        return count if hash(messages[:count]) == known else 0
