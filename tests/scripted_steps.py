"""The answers and faults that the scripted server plays, and their bodies on the wire."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from enum import StrEnum
from typing import Any

__all__ = [
    "Drop",
    "RawBody",
    "Reply",
    "Reports",
    "Stall",
    "Status",
    "Step",
    "Tokens",
    "completion",
    "context_overflow",
    "context_overflow_llama_cpp",
    "error_body",
    "forbidden",
    "model_not_found",
    "openai_error",
    "unauthorized",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """What one call consumed; `reasoning` is part of `completion`, `cached` is part of `prompt`."""

    prompt: int = 11
    completion: int = 7
    reasoning: int = 0
    cached: int = 0

    def as_usage(self) -> dict[str, Any]:
        """The `usage` object of OpenAI's API, with the detail objects only where they say something."""
        usage: dict[str, Any] = {
            "prompt_tokens": self.prompt,
            "completion_tokens": self.completion,
            "total_tokens": self.prompt + self.completion,
        }
        if self.reasoning:
            usage["completion_tokens_details"] = {"reasoning_tokens": self.reasoning}
        if self.cached:
            usage["prompt_tokens_details"] = {"cached_tokens": self.cached}
        return usage


class Reports(StrEnum):
    """How a reply reports the usage that it is billed for."""

    FULL = "full"
    MISSING = "missing"
    NULL = "null"
    ZERO = "zero"


@dataclass(frozen=True, slots=True)
class Reply:
    """A chat completion. A request's `n` is ignored: the choices are `text` and `more`, whatever it says."""

    text: str | None = "hello"
    more: tuple[str | None, ...] = ()
    tokens: Tokens = field(default=Tokens(), kw_only=True)
    reports: Reports = field(default=Reports.FULL, kw_only=True)
    finish_reason: str | None = field(default="stop", kw_only=True)
    refusal: str | None = field(default=None, kw_only=True)
    model: str = field(default="test", kw_only=True)
    """The name of the model that answers."""
    tool_arguments: str | None = field(default=None, kw_only=True)
    """The arguments, as the model wrote them, of one call of a tool named `answer`."""
    tool_calls: tuple[tuple[str, str], ...] = field(default=(), kw_only=True)
    """Calls of tools: names, and arguments as the model wrote them."""
    held: bool = field(default=False, kw_only=True)
    """Wait for `ScriptedServer.release` before answering."""


@dataclass(frozen=True, slots=True)
class Status:
    """An answer with an error status. It is not billed."""

    code: int
    retry_after: float | datetime | str | None = field(default=None, kw_only=True)
    retry_after_ms: int | None = field(default=None, kw_only=True)
    error: Mapping[str, Any] | None = field(default=None, kw_only=True)
    html: str | None = field(default=None, kw_only=True)
    """A body of `text/html` in place of the JSON error, as a proxy in front of the model writes it."""

    def headers(self) -> dict[str, str]:
        """The back-off headers, with a date in the form that RFC 9110 section 5.6.7 asks for."""
        headers: dict[str, str] = {}
        if isinstance(self.retry_after, datetime):
            headers["Retry-After"] = format_datetime(self.retry_after, usegmt=True)
        elif self.retry_after is not None:
            headers["Retry-After"] = str(self.retry_after)
        if self.retry_after_ms is not None:
            headers["Retry-After-Ms"] = str(self.retry_after_ms)
        return headers


@dataclass(frozen=True, slots=True, kw_only=True)
class Stall:
    """Never finishes; ends when the client leaves or the server closes. Billed: the model may be at work."""

    mid_body: bool = False
    tokens: Tokens = Tokens()


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """The connection ends without a complete answer. Billed: the client cannot know how far the model got."""

    mid_body: bool = False
    reset: bool = False
    """End with a TCP reset in place of an orderly close."""
    tokens: Tokens = Tokens()


@dataclass(frozen=True, slots=True)
class RawBody:
    """A billed answer with status 200 whose body is these bytes, JSON or not."""

    content: bytes
    content_type: str = "application/json"
    tokens: Tokens = Tokens()


Step = Reply | Status | Stall | Drop | RawBody


def openai_error(message: str, kind: str, code: str | None, param: str | None = None) -> dict[str, Any]:
    """An error object as OpenAI writes it."""
    return {"message": message, "type": kind, "param": param, "code": code}


def unauthorized() -> Status:
    """OpenAI's answer to a wrong key."""
    message = "Incorrect API key provided: sk-wrong."
    return Status(401, error=openai_error(message, "invalid_request_error", "invalid_api_key"))


def forbidden() -> Status:
    """OpenAI's answer to a key that may not use the model."""
    message = "Project `proj_1` does not have access to model `test`"
    return Status(403, error=openai_error(message, "invalid_request_error", "model_not_found"))


def model_not_found() -> Status:
    """OpenAI's answer to a model that does not exist."""
    message = "The model `test` does not exist or you do not have access to it."
    return Status(404, error=openai_error(message, "invalid_request_error", "model_not_found"))


def context_overflow() -> Status:
    """OpenAI's answer to a prompt that does not fit."""
    message = (
        "This model's maximum context length is 8192 tokens. However, your messages resulted in 9001 tokens. "
        "Please reduce the length of the messages."
    )
    return Status(
        400, error=openai_error(message, "invalid_request_error", "context_length_exceeded", "messages")
    )


def context_overflow_llama_cpp(*, prompt_tokens: int = 900, context_tokens: int = 512) -> Status:
    """llama.cpp's answer to a prompt that does not fit (tools/server/server-context.cpp)."""
    message = (
        f"request ({prompt_tokens} tokens) exceeds the available context size ({context_tokens} tokens), "
        "try increasing it"
    )
    error = {
        "code": 400,
        "message": message,
        "type": "exceed_context_size_error",
        "n_prompt_tokens": prompt_tokens,
        "n_ctx": context_tokens,
    }
    return Status(400, error=error)


def _message(reply: Reply, text: str | None) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": text}
    if reply.refusal is not None:
        message["refusal"] = reply.refusal
    if reply.tool_arguments is not None:
        function = {"name": "answer", "arguments": reply.tool_arguments}
        message["tool_calls"] = [{"id": "call_1", "type": "function", "function": function}]
    if reply.tool_calls:
        message["tool_calls"] = [
            {"id": f"call_{i}", "type": "function", "function": {"name": name, "arguments": arguments}}
            for i, (name, arguments) in enumerate(reply.tool_calls)
        ]
    return message


def completion(reply: Reply) -> bytes:
    """The body of a chat completion."""
    texts = (reply.text, *reply.more)
    body: dict[str, Any] = {
        "id": "chatcmpl-scripted",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": reply.model,
        "choices": [
            {"index": index, "message": _message(reply, text), "finish_reason": reply.finish_reason}
            for index, text in enumerate(texts)
        ],
    }
    match reply.reports:
        case Reports.FULL:
            body["usage"] = reply.tokens.as_usage()
        case Reports.NULL:
            body["usage"] = None
        case Reports.ZERO:
            body["usage"] = Tokens(prompt=0, completion=0).as_usage()
        case Reports.MISSING:
            pass
    return json.dumps(body).encode()


def error_body(status: Status) -> tuple[bytes, str]:
    """The body of an error and its content type."""
    if status.html is not None:
        return status.html.encode(), "text/html"
    error = status.error or openai_error(f"scripted status {status.code}", "scripted_error", None)
    return json.dumps({"error": error}).encode(), "application/json"
