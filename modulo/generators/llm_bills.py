"""What a model billed its prompts at: a prompt that goes on from one can be foretold better than from its length."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from modulo.protocols import Generation, Request

__all__ = ["BilledPrompt", "PromptBills"]

_MOST: Final = 2**15
"""Prompts of late that are remembered, each in about 100 bytes, and as many from before that."""


class BilledPrompt(Struct, frozen=True, kw_only=True):
    """What the beginning of a conversation was billed at, as a prompt by itself.

    Attributes:
        messages: How many messages that were.
        tokens: How many tokens.
    """

    messages: int
    tokens: int


class PromptBills:
    """Remembers what the prompts that a model really got were billed at.

    Generators around the model may change what a run asks, or whom: so only what was asked here counts. Nothing is
    foretold by a model whose answers name several models, since those count otherwise.
    """

    def __init__(self) -> None:
        self._tokens: dict[int, int] = {}
        self._tokens_before: dict[int, int] = {}
        self._names: set[str] = set()

    def note(self, request: Request, generation: Generation) -> None:
        """Remember the bill of a call for one answer: of several, nobody knows the share of each.

        What tools said is no part of the messages, so a call with that tells less than the one before it.
        """
        usage, toolbox = generation.usage, request.toolbox
        if usage is None or not usage.prompt_tokens or (toolbox is not None and toolbox.consultations):
            return
        # Kept as hashes, since conversations of all lengths would take quadratic space.
        key = hash(request.messages)
        self._names.add(generation.model)
        # Whole dictionaries, since several threads may be here.
        if len(self._tokens) >= _MOST:
            self._tokens_before, self._tokens = self._tokens, {}
        self._tokens[key] = max(usage.prompt_tokens, self._known(key) or 0)

    def beginning_of(self, request: Request) -> BilledPrompt | None:
        """The bill of the prompt that a request goes on from, if that prompt was asked here."""
        count = request.begins_with
        if not count or len(self._names) != 1:
            return None
        tokens = self._known(hash(request.messages[:count]))
        return None if tokens is None else BilledPrompt(messages=count, tokens=tokens)

    def _known(self, key: int) -> int | None:
        tokens = self._tokens.get(key)
        return self._tokens_before.get(key) if tokens is None else tokens
