"""Answers whose beginning is given: how it is sent, and what of the response follows it.

Providers differ in how they are told (a flag on the message, or one on the request), in what they make of space at
the end of a beginning (some refuse it, some templates cut it off), and in whether they repeat the beginning.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from msgspec.structs import replace

from modulo.canonical import JsonValue
from modulo.generators.llm_tools import consulted_messages
from modulo.protocols import Generation, Message, Request

__all__ = ["Prefill", "continuation", "messages_of", "prompt_arguments", "repeats_prefix"]

_SURELY_REPEATED: Final = 12
"""A beginning of so many characters at the head of a response was repeated; a shorter one may be said again."""


class Prefill(StrEnum):
    """How a provider is told that the last message is to be continued."""

    BY_MESSAGE = "by message"
    """``"prefix": true`` on it, from which litellm makes what Anthropic, DeepSeek, Mistral and others take."""
    BY_REQUEST = "by request"
    """``continue_final_message``, as vLLM, SGLang and llama.cpp's server take it."""


def messages_of(request: Request) -> tuple[Message, ...]:
    """What the model reads, the beginning of its own answer included."""
    if not _is_prefilled(request):
        return request.messages
    return (*request.messages, Message("assistant", request.prefix.rstrip()))


def prompt_arguments(
    request: Request, prefill: Prefill | None, extra: Mapping[str, JsonValue]
) -> dict[str, Any]:
    """The messages as litellm takes them, and what says that the last one is to be continued."""
    messages: list[dict[str, Any]] = [
        {"role": each.role, "content": each.content} for each in messages_of(request)
    ]
    messages += consulted_messages(request.toolbox)
    if not _is_prefilled(request) or prefill is None:
        return {"messages": messages}
    if prefill is Prefill.BY_MESSAGE:
        messages[-1]["prefix"] = True
        return {"messages": messages}
    given = extra.get("extra_body")
    flags = {"continue_final_message": True, "add_generation_prompt": False}
    return {"messages": messages, "extra_body": {**(given if isinstance(given, Mapping) else {}), **flags}}


def continuation(generation: Generation, prefix: str, *, repeats: bool) -> Generation:
    """The generation with only what follows the prefix, space at the seam as the prefix has it.

    Args:
        generation: What the provider answered.
        prefix: The beginning as the strategy gave it.
        repeats: Whether the provider is known to repeat it.
    """
    sent = prefix.rstrip()
    text = generation.text
    if sent and text.startswith(sent) and (repeats or len(sent) >= _SURELY_REPEATED):
        text = text.removeprefix(sent)
    # The model was shown no space at the end, so it may have written that itself.
    text = text.removeprefix(prefix[len(sent) :])
    return generation if text == generation.text else replace(generation, text=text)


def repeats_prefix(model: str, provider: str) -> bool:
    """Whether a response begins with the beginning that was sent: Mistral's do, and litellm puts it into Claude's."""
    return provider in ("mistral", "codestral") or "claude" in model.lower()


def _is_prefilled(request: Request) -> bool:
    # Nothing but space is no beginning: providers refuse it, and the model would begin with it or not.
    return request.prefills and bool(request.prefix.strip())
