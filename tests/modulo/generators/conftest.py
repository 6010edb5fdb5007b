"""What the tests of generators share: requests, and litellm loaded once, outside of any deadline."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from modulo.generators.llm import LLM
from modulo.generators.price import FREE
from modulo.problem import Problem
from modulo.protocols import Message, Request, Sampling
from tests.scripted_server import ScriptedServer
from tests.scripted_steps import Reply


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def warm_litellm() -> None:
    """One call beforehand: importing litellm and its first call take seconds, which are no part of a deadline."""

    async def call(server: ScriptedServer) -> None:
        await llm_of(server).generate(request_of("hi"))

    with ScriptedServer([Reply()]) as server:
        anyio.run(call, server)


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
    """An OpenAI-compatible model on a scripted server, or at an address."""
    settings: dict[str, Any] = {
        "model": "openai/test",
        "api_base": server if isinstance(server, str) else server.base_url,
        "api_key": "sk-never-show-this",
        "timeout_seconds": 5.0,
        "price": FREE,
    }
    return LLM(**(settings | options))


