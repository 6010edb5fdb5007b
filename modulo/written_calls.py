"""Calls of tools that a model wrote as text, because its server did not find them there."""

from __future__ import annotations

import re
from collections.abc import Container
from typing import Final

from modulo.canonical import canonical_json, parse_json
from modulo.errors import ProblemError
from modulo.toolbox import ToolCall

__all__ = ["written_call"]

_LONGEST: Final = 20_000
_WRAPPINGS: Final = (
    re.compile(r"```(?:json)?\s(.*)```", re.DOTALL),
    re.compile(r"<tool_call>(.*)</tool_call>", re.DOTALL),
)


def written_call(text: str, tools: Container[str]) -> ToolCall | None:
    """The call that a text consists of; None if it is something else, or says anything besides.

    Args:
        text: What the model wrote.
        tools: Names of the tools that there are. An object of other names is an answer.
    """
    if len(text) > _LONGEST or '"arguments"' not in text:
        return None
    try:
        call = parse_json(_unwrapped(text.strip()))
    except ProblemError:
        return None
    if not isinstance(call, dict) or call.keys() != {"name", "arguments"}:
        return None
    name, arguments = call["name"], call["arguments"]
    if not isinstance(name, str) or name not in tools or not isinstance(arguments, dict):
        return None
    return ToolCall(id="call_0", tool=name, arguments=canonical_json(arguments).decode())


def _unwrapped(text: str) -> str:
    for wrapping in _WRAPPINGS:
        found = wrapping.fullmatch(text)
        if found is not None:
            return found[1].strip()
    return text
