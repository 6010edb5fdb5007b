"""Hashes of conversations, as chains: each hash covers the one before it, a role and a text."""

from __future__ import annotations

from collections.abc import Iterator

from modulo.canonical import sha256_hex
from modulo.protocols import Message

__all__ = ["PromptHashes"]


class PromptHashes:
    """The hashes of the conversations of one run. What conversations begin with in common is hashed once."""

    __slots__ = ("_hashes", "_known", "_messages")

    def __init__(self) -> None:
        self._messages: tuple[Message, ...] = ()
        self._hashes: list[str] = []
        self._known: dict[tuple[str, str, str], str] = {}

    def of(self, messages: tuple[Message, ...]) -> str:
        """The hash of a whole conversation; of none, the empty text."""
        for _ in self.new_links(messages):
            pass
        return self._hashes[-1] if self._hashes else ""

    def new_links(self, messages: tuple[Message, ...]) -> Iterator[tuple[str, str, Message]]:
        """What a conversation has that none before it had.

        Yields:
            The hash of the conversation up to a message, the hash of what comes before, and the message.
        """
        # Most conversations go on from the one before, with the very same messages.
        kept = len(self._messages)
        if messages[:kept] != self._messages:
            kept = 0
        del self._hashes[kept:]
        self._messages = messages[:kept]
        before = self._hashes[-1] if kept else ""
        for message in messages[kept:]:
            key = (before, message.role, message.content)
            sha256 = self._known.get(key)
            if sha256 is None:
                text = f"{before}\n{message.role}\n{message.content}"
                sha256 = self._known[key] = sha256_hex(text.encode("utf-8", "surrogatepass"))
                yield sha256, before, message
            self._hashes.append(sha256)
            before = sha256
        self._messages = messages
