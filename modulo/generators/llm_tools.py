"""Tools in the form that litellm takes them, and calls of tools in the form that it gives them back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from modulo.canonical import parse_json
from modulo.errors import ProblemError
from modulo.toolbox import Consultation, Toolbox, ToolCall

__all__ = ["calls_in", "consulted_messages", "tool_arguments", "tool_texts"]

_NOT_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9_-]")
_LONGEST_NAME: Final = 64


def tool_arguments(toolbox: Toolbox | None) -> dict[str, Any]:
    """The parameters of a call that offer the tools."""
    if toolbox is None:
        return {}
    return {
        "tools": [
            {
                "type": "function",
                "function": {
                    "name": tool.name,
                    "description": tool.description,
                    "parameters": dict(tool.parameters),
                },
            }
            for tool in toolbox.tools
        ],
        # Tools are named even if none may be called: some providers refuse earlier calls of tools without them.
        "tool_choice": "none" if toolbox.is_closed else "auto",
    }


def consulted_messages(toolbox: Toolbox | None) -> list[dict[str, Any]]:
    """The earlier turns in which the model called tools, and what they said."""
    turns = () if toolbox is None else toolbox.consultations
    return [message for turn in turns for message in _messages(turn)]


def calls_in(message: Any) -> tuple[ToolCall, ...]:
    """The calls of tools in a message of a model, each with an id of its own."""
    calls = [call for call in getattr(message, "tool_calls", None) or () if call.function is not None]
    ids = [call.id for call in calls]
    are_ids = all(isinstance(one, str) and one for one in ids) and len(set(ids)) == len(ids)
    return tuple(
        ToolCall(
            id=_sendable(call.id) if are_ids else f"call_{i}",
            tool=_sendable(call.function.name or ""),
            arguments=_sendable(call.function.arguments or ""),
        )
        for i, call in enumerate(calls)
    )


def tool_texts(toolbox: Toolbox | None) -> Iterator[str]:
    """Everything that a model reads of tools, to bound its tokens."""
    if toolbox is None:
        return
    for tool in toolbox.tools:
        yield tool.name + tool.description + json.dumps(dict(tool.parameters))
    for turn in toolbox.consultations:
        yield turn.text
        for call, result in zip(turn.calls, turn.results, strict=True):
            yield call.id + call.tool + call.arguments
            yield call.id + result


def _messages(turn: Consultation) -> Iterator[dict[str, Any]]:
    calls = [
        {
            "id": call.id,
            "type": "function",
            "function": {"name": _name_shown(call.tool), "arguments": _arguments_shown(call.arguments)},
        }
        for call in turn.calls
    ]
    yield {"role": "assistant", "content": _sendable(turn.text) or None, "tool_calls": calls}
    for call, result in zip(turn.calls, turn.results, strict=True):
        yield {"role": "tool", "tool_call_id": call.id, "content": result}


def _sendable(text: object) -> str:
    """A text without halves of surrogate pairs, which models can write and nobody can send."""
    return str(text).encode("utf-8", "replace").decode()


def _name_shown(name: str) -> str:
    """A name that providers let pass, which need not be the one that the model made up."""
    return _NOT_IN_NAMES.sub("_", name)[:_LONGEST_NAME] or "unnamed"


def _arguments_shown(arguments: str) -> str:
    """Arguments that providers can read, which those of the model need not be: the result says what was wrong."""
    try:
        return arguments if isinstance(parse_json(arguments), dict) else "{}"
    except ProblemError:
        return "{}"
