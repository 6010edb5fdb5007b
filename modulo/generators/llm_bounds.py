"""An upper bound on the tokens of a prompt, without a tokenizer.

A token of a byte-level vocabulary stands for a byte or more, so a text has at most as many tokens as bytes.
What chat templates add around it is bounded by constants.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from modulo.canonical import JsonValue
from modulo.generators.llm_bills import BilledPrompt
from modulo.protocols import Message

__all__ = ["most_prompt_tokens"]

_TOKENS_PER_CONVERSATION: Final = 64
_TOKENS_PER_MESSAGE: Final = 16
# Some providers explain tools, and schemas passed off as tools, to the model in words of their own.
_TOKENS_FOR_TOOLS: Final = 512


def most_prompt_tokens(
    messages: Sequence[Message],
    *,
    billed: BilledPrompt | None = None,
    schema_bytes: int = 0,
    extra: Mapping[str, JsonValue] | None = None,
    tool_texts: Iterable[str] = (),
) -> int:
    """The most tokens that a conversation can have as a prompt.

    Args:
        messages: The conversation.
        billed: What its beginning was billed at. Templates put marks between messages, so no token reaches over
            from one into the next, and the rest adds to the beginning.
        schema_bytes: Size of the schema that goes with it; 0 if there is none.
        extra: Further parameters, which may hold tools.
        tool_texts: Tools, calls of them and what they said.
    """
    tokens = _TOKENS_PER_CONVERSATION + _most_tokens(messages)
    if billed:
        rest = billed.tokens + _TOKENS_PER_CONVERSATION + _most_tokens(messages[billed.messages :])
        tokens = min(tokens, rest)
    if schema_bytes:
        tokens += _TOKENS_FOR_TOOLS + schema_bytes
    if extra:
        tokens += _TOKENS_FOR_TOOLS + len(json.dumps(extra).encode())
    for i, text in enumerate(tool_texts):
        tokens += _TOKENS_PER_MESSAGE + _most_bytes(text) + (0 if i else _TOKENS_FOR_TOOLS)
    return tokens


def _most_tokens(messages: Sequence[Message]) -> int:
    return sum(_TOKENS_PER_MESSAGE + _most_bytes(each.content) for each in messages)


def _most_bytes(text: str) -> int:
    if text.isascii():
        return len(text)
    # Some tokenizers normalise first, and a compatibility form can be longer than what it stands for.
    return max(_size_bytes(text), _size_bytes(unicodedata.normalize("NFKC", text)))


def _size_bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))
