"""Hashes of conversations, as chains: each hash covers the one before it, a role and a text."""

from __future__ import annotations

from modulo.canonical import sha256_hex
from modulo.protocols import Message

__all__ = ["PromptHashes", "link_hash"]


def link_hash(before: str, role: str, content: str) -> str:
    """The hash of a conversation: of what comes before its last message, and of that one."""
    return sha256_hex(f"{before}\n{role}\n{content}".encode("utf-8", "surrogatepass"))


class PromptHashes:
    """The hashes of the conversations of one run. What conversations begin with in common is hashed once."""

    __slots__ = ("_known", "_latest", "_messages")

    def __init__(self) -> None:
        self._messages: tuple[Message, ...] = ()
        self._latest = ""
        """The hash of these messages."""
        self._known: dict[tuple[str, str, str], str] = {}

    def of(self, messages: tuple[Message, ...]) -> str:
        """The hash of a whole conversation; of none, the empty text."""
        self.new_links(messages)
        return self._latest

    def new_links(self, messages: tuple[Message, ...]) -> list[tuple[str, str, Message]]:
        """What a conversation has that none before it had.

        Returns:
            For each such message: the hash of the conversation up to it, the hash of what comes before it, and
            the message itself.
        """
        # Most conversations go on from the one before, with the very same messages.
        kept, before = len(self._messages), self._latest
        if messages[:kept] != self._messages:
            kept, before = 0, ""
        new = []
        for message in messages[kept:]:
            key = (before, message.role, message.content)
            sha256 = self._known.get(key)
            if sha256 is None:
                sha256 = self._known[key] = link_hash(*key)
                new.append((sha256, before, message))
            before = sha256
        self._messages, self._latest = messages, before
        return new
