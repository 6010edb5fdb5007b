"""What litellm knows of a model before the first call: its provider, key, price and limits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from modulo.canonical import JsonValue
from modulo.errors import ConfigurationError
from modulo.generators.llm_prefill import Prefill, repeats_prefix
from modulo.generators.price import Price

__all__ = ["Endpoint", "ModelFacts", "look_up"]

_CHAT_MODES = frozenset({"chat", "responses", "completion"})
# A name like input_cost_per_token_above_200k_tokens, but no other tier of service (_batches, _priority, ...).
_LONG_PROMPT = re.compile(r"(_above_\d+k_tokens)?")
_MILLION = 1_000_000
# Providers whose counts litellm 1.110 passes on as they are; for others, Ollama among them, it makes some up where a
# response has none. None of these hands calls on to models of other makers, nor cuts prompts that are too long.
_REPORTING = frozenset(
    {
        *("openai", "custom_openai", "openai_like", "azure", "hosted_vllm"),
        *("anthropic", "gemini", "mistral", "codestral", "deepseek", "xai", "groq", "cerebras", "sambanova"),
        *("moonshot", "dashscope", "together_ai", "fireworks_ai", "nvidia_nim", "deepinfra"),
    }
)
_ROUTER = re.compile(r"\b(auto|router)\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where a model is reached.

    Attributes:
        model: Its name as litellm writes it, provider first.
        api_base: Address of the server; None means the provider's own.
        api_key: The key; None means the provider's environment variable.

    Raises:
        ConfigurationError: The model has no name, or the address is no address.
    """

    model: str
    api_base: str | None = None
    api_key: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if not isinstance(self.model, str) or not self.model.strip() or self.model.endswith("/"):
            raise ConfigurationError(f"model: a name like 'openai/gpt-5-mini', not {self.model!r}")
        # An empty address would not be refused later, but send the key to the provider.
        is_address = isinstance(self.api_base, str) and _is_http_address(self.api_base)
        if self.api_base is not None and not is_address:
            raise ConfigurationError("api_base: an address like 'http://127.0.0.1:8000/v1'")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFacts:
    """What is known of a model.

    Attributes:
        provider: litellm's name of the provider.
        price: The list price; None if nobody knows it.
        ceiling: The highest price that a call can have, whatever its length; None if nobody knows it.
        is_own_price: Whether the price was given by the user, and not by litellm.
        max_output_tokens: The longest answer; None if unknown.
        takes_n: Whether one call can bring several samples.
        prefill: How the model goes on from the beginning of an answer; None if it cannot, or nobody knows.
        repeats_prefix: Whether its responses begin with that beginning.
        reports_tokens: Whether bills have what the provider counted: where some do not say, litellm guesses.
        routes: Whether calls may be handed on to different models.
    """

    provider: str
    price: Price | None
    ceiling: Price | None
    is_own_price: bool
    max_output_tokens: int | None
    takes_n: bool
    prefill: Prefill | None = None
    repeats_prefix: bool = False
    reports_tokens: bool = False
    routes: bool = True

    def worst_cost_usd(self, *, prompt_tokens: int, completion_tokens: int) -> float:
        """The most that so many tokens can cost; 0 if nobody knows the price."""
        if self.ceiling is None:
            return 0.0
        return self.ceiling.cost_usd(prompt_tokens=prompt_tokens, completion_tokens=completion_tokens)

    def price_snapshot(self) -> JsonValue:
        """The price that calls are booked at, for the trace."""
        if self.price is None or self.ceiling is None:
            return None
        return {
            "input_usd_per_million": self.price.input_usd_per_million,
            "output_usd_per_million": self.price.output_usd_per_million,
            "cached_input_usd_per_million": self.price.cached_input_usd_per_million,
            "highest_input_usd_per_million": self.ceiling.input_usd_per_million,
            "highest_output_usd_per_million": self.ceiling.output_usd_per_million,
            "source": self.price.source,
        }


def look_up(litellm: Any, endpoint: Endpoint, *, price: Price | None, version: str) -> ModelFacts:
    """Look a model up in litellm's tables; nothing is sent.

    Args:
        litellm: The module.
        endpoint: Where the model is reached.
        price: The price as the user gave it, which goes before litellm's.
        version: litellm's version, for the trace.

    Raises:
        ConfigurationError: litellm knows no such provider, the model does not chat, or there is no key.
    """
    name, provider = _provider(litellm, endpoint)
    entry = _table_entry(litellm, endpoint.model)
    if entry.get("mode") not in (None, *_CHAT_MODES):
        raise ConfigurationError(f"model {endpoint.model!r} is for {entry['mode']}, not for chat")
    _require_key(litellm, endpoint, provider)
    listed = _price(entry, source=f"litellm {version}: {entry.get('source', 'model table')}")
    return ModelFacts(
        provider=provider,
        price=price or listed,
        ceiling=price or (listed and _ceiling(entry, listed)),
        is_own_price=price is not None,
        max_output_tokens=_whole(entry.get("max_output_tokens")),
        takes_n="n" in (litellm.get_supported_openai_params(model=name, custom_llm_provider=provider) or ()),
        prefill=Prefill.BY_MESSAGE if entry.get("supports_assistant_prefill") is True else None,
        repeats_prefix=repeats_prefix(name, provider),
        reports_tokens=provider in _REPORTING,
        routes=_ROUTER.search(name.lower()) is not None,
    )


def _is_http_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # the port
        return False


def _provider(litellm: Any, endpoint: Endpoint) -> tuple[str, str]:
    try:
        name, provider, _, _ = litellm.get_llm_provider(endpoint.model, api_base=endpoint.api_base)
    except Exception as error:
        raise ConfigurationError(
            f"model {endpoint.model!r} names no provider that litellm knows; "
            "write provider/model, e.g. 'openai/gpt-5-mini'"
        ) from error
    return str(name), str(provider)


def _table_entry(litellm: Any, model: str) -> Mapping[str, Any]:
    """The model's entry in litellm's table as it stands there.

    ``get_model_info`` alone will not do: it puts a price of zero where the table has none.
    """
    try:
        key = litellm.get_model_info(model)["key"]
    except Exception:  # noqa: BLE001  its classes differ between versions
        return {}
    entry: Mapping[str, Any] = litellm.model_cost.get(key, {})
    return entry


def _require_key(litellm: Any, endpoint: Endpoint, provider: str) -> None:
    if endpoint.api_key is not None:
        return
    missing = litellm.validate_environment(endpoint.model, api_base=endpoint.api_base)["missing_keys"]
    # Clouds have other ways to log in than a key in the environment (roles, profiles): the first call tells.
    if missing and all(name.endswith("_API_KEY") for name in missing):
        raise ConfigurationError(f"no key for {provider}: set {' or '.join(missing)}, or pass api_key")


def _price(entry: Mapping[str, Any], *, source: str) -> Price | None:
    per_input, per_output = entry.get("input_cost_per_token"), entry.get("output_cost_per_token")
    if per_input is None or per_output is None:
        return None
    cached = entry.get("cache_read_input_token_cost")
    return Price(
        input_usd_per_million=per_input * _MILLION,
        output_usd_per_million=per_output * _MILLION,
        cached_input_usd_per_million=None if cached is None else cached * _MILLION,
        source=source,
    )


def _ceiling(entry: Mapping[str, Any], listed: Price) -> Price:
    """The price with every surcharge: long prompts, writing to the cache, reasoning."""
    inputs = _highest(entry, "input_cost_per_token", "cache_creation_input_token_cost")
    outputs = _highest(entry, "output_cost_per_token", "output_cost_per_reasoning_token")
    return replace(
        listed,
        input_usd_per_million=inputs * _MILLION,
        output_usd_per_million=outputs * _MILLION,
        cached_input_usd_per_million=None,
    )


def _highest(entry: Mapping[str, Any], *names: str) -> float:
    return max(
        float(value)
        for key, value in entry.items()
        for name in names
        if key.startswith(name) and _LONG_PROMPT.fullmatch(key.removeprefix(name)) and value is not None
    )


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and value > 0 else None
