"""Requests, and models that ask a scripted server, for the tests of language models."""

from __future__ import annotations

from typing import Any

from modulo.generators.llm import LLM
from modulo.generators.price import FREE
from modulo.problem import Problem
from modulo.protocols import Message, Request, Sampling
from tests.scripted_server import ScriptedServer

__all__ = ["KEY", "llm_of", "request_of"]

KEY = "sk-never-show-this"


def request_of(*texts: str, sampling: Sampling | None = None) -> Request:
    """A request whose conversation is one message of the user after another."""
    return Request(
        problem=Problem.of("a problem", domain="test"),
        messages=tuple(Message("user", text) for text in texts or ("hi",)),
        sampling=sampling or Sampling(),
        node="llm",
        turn=0,
    )


def llm_of(server: ScriptedServer | str, **options: Any) -> LLM:
    """An OpenAI-compatible model that costs nothing, on a scripted server or at an address."""
    settings: dict[str, Any] = {
        "model": "openai/test",
        "api_base": server if isinstance(server, str) else server.base_url,
        "api_key": KEY,
        "timeout_seconds": 5.0,
        "price": FREE,
    }
    return LLM(**(settings | options))
