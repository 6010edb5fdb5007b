"""Tools as models are told of them, and what models ask of them."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from modulo.canonical import JsonValue

__all__ = ["Consultation", "ToolCall", "ToolSpec", "Toolbox"]


class ToolSpec(Struct, gc=False, frozen=True, kw_only=True):
    """What a model is told of a tool.

    Attributes:
        name: Its name.
        description: What it does, for the model to read.
        parameters: The JSON schema of its arguments, an object's.
    """

    name: str
    description: str
    parameters: Mapping[str, JsonValue]


class ToolCall(Struct, gc=False, frozen=True, kw_only=True):
    """A call as a model wrote it; never trusted.

    Attributes:
        id: What the provider calls it.
        tool: The name that the model gave; there need not be such a tool.
        arguments: The arguments, which need not be JSON.
    """

    id: str
    tool: str
    arguments: str


class Consultation(Struct, gc=False, frozen=True, kw_only=True):
    """One turn of a model that called tools, and what they said.

    Attributes:
        text: What the model said besides.
        calls: Its calls.
        results: What came of each.
    """

    text: str
    calls: tuple[ToolCall, ...]
    results: tuple[str, ...]


class Toolbox(Struct, gc=False, frozen=True, kw_only=True):
    """The tools that a request offers, and what was asked of them before.

    Attributes:
        tools: The tools.
        consultations: Earlier turns of this very answer.
        is_closed: Whether no further call is allowed: the model is to answer.
    """

    tools: tuple[ToolSpec, ...]
    consultations: tuple[Consultation, ...] = ()
    is_closed: bool = False
