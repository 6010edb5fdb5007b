"""What a chat completion says: texts, how each of them ended, and the bill."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from modulo.budget import Usage
from modulo.canonical import JsonValue
from modulo.generators.answer_schema import AnswerSchema
from modulo.generators.llm_tools import calls_in
from modulo.protocols import Finish, Generation

__all__ = ["Tokens", "read_generations", "reported_tokens"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """What a completion consumed; ``reasoning`` is part of ``completion``, ``cached`` of ``prompt``."""

    prompt: int
    completion: int
    reasoning: int = 0
    cached: int = 0

    def bill(self, cost_usd: float) -> Usage:
        """The bill of one call that consumed this."""
        return Usage(calls=1, prompt_tokens=self.prompt, completion_tokens=self.completion, cost_usd=cost_usd)

    def details(self) -> dict[str, JsonValue]:
        """What a bill has no field for, where there is any."""
        details = {"reasoning_tokens": self.reasoning, "cached_tokens": self.cached}
        return {name: count for name, count in details.items() if count}


def read_generations(
    response: Any,
    schema: AnswerSchema | None,
    *,
    cost_usd: Callable[[Tokens], float],
    has_tools: bool = False,
) -> tuple[Generation, ...]:
    """The choices of a completion in their order; an empty one if there are none.

    Args:
        response: What ``litellm.acompletion`` returned.
        schema: What the answers must fit, if anything.
        cost_usd: The cost of what was consumed.
        has_tools: Whether tools could be called; if not, calls of tools are a way to answer.

    Returns:
        One generation or more. The bill of the whole completion stands on the first.
    """
    found = [_generation(choice, schema, has_tools) for choice in response.choices]
    first, *others = found or [Generation(text="", finish=Finish.EMPTY, detail="the response has no choices")]
    tokens = reported_tokens(response)
    if tokens is None:
        first = replace(first, usage=None)
    else:
        first = replace(first, usage=tokens.bill(cost_usd(tokens)), extra=tokens.details())
    model = str(response.model or "")
    return tuple(replace(each, model=model) for each in (first, *others))


def reported_tokens(response: Any) -> Tokens | None:
    """The usage that the provider reported; None if it reported none.

    litellm puts zeros where a response has no usage, so zeros are no report. It also makes up a response
    without completion tokens, cut off by length, for a model that found no room to answer.
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


def _generation(choice: Any, schema: AnswerSchema | None, has_tools: bool) -> Generation:
    message = choice.message
    text = message.content or ""
    refusal = _refusal(message)
    if refusal or choice.finish_reason in ("content_filter", "refusal"):
        return _unbilled(text, Finish.REFUSED, refusal or "stopped by a content filter")
    if has_tools and choice.finish_reason != "length" and (calls := calls_in(message)):
        return Generation(text=text, finish=Finish.TOOL_CALLS, tool_calls=calls, usage=Usage())
    arguments = () if has_tools else tuple(_tool_arguments(message))
    text = text or next(iter(arguments), "")
    if choice.finish_reason == "length":
        return _unbilled(text, Finish.TRUNCATED)
    if not text.strip():
        return _unbilled(text, Finish.EMPTY)
    fault = _arguments_fault(arguments) or (schema.fault(text) if schema else None)
    return _unbilled(text, Finish.MALFORMED if fault else Finish.STOP, fault)


def _unbilled(text: str, finish: Finish, detail: str | None = None) -> Generation:
    return Generation(text=text, finish=finish, detail=detail, usage=Usage())


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
