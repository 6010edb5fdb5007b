"""What prompts of a run were billed at: what goes on from one can be foretold better than from its length."""

from __future__ import annotations

from collections.abc import Sequence

from modulo.protocols import BilledPrompt, Expansion, Generation, Message, Request
from modulo.running.calls import Answer
from modulo.tree import Tree

__all__ = ["BilledPrompts"]


class BilledPrompts:
    """Remembers, for each attempt of one run, its prompt and what that was billed at.

    Args:
        tree: The attempts so far; only read.
    """

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._known: dict[int, tuple[tuple[Message, ...], int]] = {}

    def note(self, attempt: int, request: Request, answers: Sequence[Answer | None]) -> None:
        """Remember the bill of a call that was for one answer; of several, each has a share of it."""
        if len(answers) != 1:
            return
        (answer,) = answers
        if isinstance(answer, Generation) and answer.usage is not None and answer.usage.prompt_tokens:
            self._known[attempt] = request.messages, answer.usage.prompt_tokens

    def beginning(self, expansion: Expansion, messages: tuple[Message, ...]) -> BilledPrompt | None:
        """What the attempt that an expansion goes on from was billed at, if its prompt is how this one begins.

        It is known of the same model only, since others count tokens otherwise.
        """
        if expansion.parent is None:
            return None
        parent = self._tree[expansion.parent]
        known = self._known.get(parent.id)
        if known is None or parent.node != expansion.node or parent.sampling.model != expansion.sampling.model:
            return None
        prompt, tokens = known
        if messages[: len(prompt)] != prompt:
            return None
        return BilledPrompt(messages=len(prompt), tokens=tokens)
