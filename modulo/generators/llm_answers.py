"""What a chat completion says: texts, how each of them ended, and the bill."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from modulo.canonical import JsonValue
from modulo.generators.answer_schema import AnswerSchema
from modulo.protocols import Finish

__all__ = ["Answer", "Tokens", "answers", "reported_tokens"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One choice of a completion.

    Attributes:
        text: What the model wrote; the arguments, where it called a tool.
        finish: How it ended.
        detail: Why it is refused or malformed, in words.
    """

    text: str
    finish: Finish
    detail: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """What a completion consumed; ``reasoning`` is part of ``completion``, ``cached`` is part of ``prompt``."""

    prompt: int
    completion: int
    reasoning: int = 0
    cached: int = 0

    def as_facts(self) -> dict[str, JsonValue]:
        """The details that a bill has no field for, where there are any."""
        details = {"reasoning_tokens": self.reasoning, "cached_tokens": self.cached}
        return {name: count for name, count in details.items() if count}


def answers(response: Any, schema: AnswerSchema | None) -> tuple[Answer, ...]:
    """The choices of a completion in their order; an empty one if there are none."""
    found = tuple(_answer(choice, schema) for choice in response.choices)
    return found or (Answer(text="", finish=Finish.EMPTY, detail="the response has no choices"),)


def reported_tokens(response: Any) -> Tokens | None:
    """The usage that the provider reported; None if it reported none.

    litellm puts zeros where a response has no usage, so zeros are no report. It also makes up a response with
    no completion tokens, cut off by length, for a model that found no room to answer.
    """
    usage = getattr(response, "usage", None)
    prompt, completion = _count(usage, "prompt_tokens"), _count(usage, "completion_tokens")
    # Some providers leave reasoning out of the completion but not out of the total.
    completion = max(completion, _count(usage, "total_tokens") - prompt)
    if prompt == 0 or (completion == 0 and (_has_text(response) or _is_cut_off(response))):
        return None
    return Tokens(
        prompt=prompt,
        completion=completion,
        reasoning=_count(getattr(usage, "completion_tokens_details", None), "reasoning_tokens"),
        cached=min(prompt, _count(getattr(usage, "prompt_tokens_details", None), "cached_tokens")),
    )


def _answer(choice: Any, schema: AnswerSchema | None) -> Answer:
    message = choice.message
    text = message.content or ""
    refusal = _refusal(message)
    if refusal or choice.finish_reason in ("content_filter", "refusal"):
        return Answer(text=text, finish=Finish.REFUSED, detail=refusal or "stopped by a content filter")
    arguments = tuple(_tool_arguments(message))
    text = text or next(iter(arguments), "")
    if choice.finish_reason == "length":
        return Answer(text=text, finish=Finish.TRUNCATED)
    if not text.strip():
        return Answer(text=text, finish=Finish.EMPTY)
    fault = _arguments_fault(arguments) or (schema.fault(text) if schema else None)
    return Answer(text=text, finish=Finish.MALFORMED if fault else Finish.STOP, detail=fault)


def _refusal(message: Any) -> str | None:
    # litellm keeps what has no field of its own among the "provider specific" ones.
    specific = getattr(message, "provider_specific_fields", None) or {}
    refusal = getattr(message, "refusal", None) or specific.get("refusal")
    return refusal if isinstance(refusal, str) else None


def _tool_arguments(message: Any) -> Iterator[str]:
    for call in getattr(message, "tool_calls", None) or ():
        yield call.function.arguments or ""


def _arguments_fault(arguments: tuple[str, ...]) -> str | None:
    for text in arguments:
        try:
            json.loads(text)
        except ValueError as error:
            return f"the arguments of a tool call are not JSON: {error}"
    return None


def _has_text(response: Any) -> bool:
    return any(choice.message.content for choice in response.choices)


def _is_cut_off(response: Any) -> bool:
    return any(choice.finish_reason == "length" for choice in response.choices)


def _count(counts: Any, name: str) -> int:
    count = getattr(counts, name, None)
    return count if isinstance(count, int) and count > 0 else 0
