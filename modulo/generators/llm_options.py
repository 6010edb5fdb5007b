"""What the options of a language model may be, told before anything is loaded or paid for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from modulo.errors import ConfigurationError
from modulo.numeric import MAX_INTEGER, is_number, is_whole_number
from modulo.protocols import Sampling

__all__ = ["check_connection", "check_extra", "check_sampling", "reasoning_arguments"]

_NOT_EXTRA: Final = frozenset(
    {
        *("model", "messages", "n", "temperature", "max_tokens", "max_completion_tokens", "seed"),
        *("reasoning_effort", "response_format", "timeout", "api_base", "base_url", "api_key", "stream"),
        # These would send requests that nobody counts, or other ones than the trace says.
        *("num_retries", "max_retries", "retry_policy", "fallbacks", "context_window_fallback_dict"),
        *("drop_params", "additional_drop_params", "mock_response", "client", "acompletion"),
    }
)


def check_sampling(
    *,
    temperature: object = None,
    max_output_tokens: object = None,
    seed: object = None,
    reasoning_effort: object = None,
    thinking_tokens: object = None,
) -> None:
    """Refuse settings that no model could be asked with; None is always good.

    Raises:
        ConfigurationError: One makes no sense.
    """
    if temperature is not None and not (is_number(temperature) and temperature >= 0):
        raise ConfigurationError(f"temperature must be a finite number of at least 0, not {temperature!r}")
    tokens = {"max_output_tokens": max_output_tokens, "thinking_tokens": thinking_tokens}
    for name, number in tokens.items():
        if number is not None and not (is_whole_number(number) and number >= 1):
            raise ConfigurationError(f"{name} must be a whole number of at least 1, not {number!r}")
    for name, number in (("temperature", temperature), *tokens.items()):
        if isinstance(number, int) and number > MAX_INTEGER:
            raise ConfigurationError(f"{name} must be within 2**53 - 1, or no trace could carry it")
    if seed is not None and not (is_whole_number(seed) and 0 <= seed <= MAX_INTEGER):
        raise ConfigurationError(f"seed must be a whole number from 0 to 2**53 - 1, not {seed!r}")
    if reasoning_effort is not None and not (isinstance(reasoning_effort, str) and reasoning_effort):
        raise ConfigurationError(f"reasoning_effort must be a word such as 'low', not {reasoning_effort!r}")


def reasoning_arguments(sampling: Sampling, effort: str | None) -> dict[str, Any]:
    """The parameters of a call that say how much to reason, as litellm takes them for all providers.

    Args:
        sampling: What is wanted. A budget of thinking takes the place of an effort: they are two words for the same.
        effort: The effort of the generator.
    """
    if sampling.thinking_tokens is not None:
        return {"thinking": {"type": "enabled", "budget_tokens": sampling.thinking_tokens}}
    return {"reasoning_effort": sampling.reasoning_effort or effort}


def check_connection(*, timeout_seconds: object, api_key: object = None) -> None:
    """Refuse a deadline or a key that makes no sense; the key is never shown.

    Raises:
        ConfigurationError: One makes no sense.
    """
    if not (is_number(timeout_seconds) and timeout_seconds > 0):
        raise ConfigurationError(f"timeout_seconds must be a finite number above 0, not {timeout_seconds!r}")
    if api_key is not None and not isinstance(api_key, str):
        raise ConfigurationError(f"api_key must be text, not a {type(api_key).__name__}")


def check_extra(extra: object) -> None:
    """Refuse further parameters that another option sets, or that would change what a call is.

    Raises:
        ConfigurationError: It is no mapping, or has such a parameter.
    """
    if extra is None:
        return
    if not isinstance(extra, Mapping) or not all(isinstance(name, str) for name in extra):
        raise ConfigurationError(f"extra must be a mapping of names to JSON values, not {extra!r}")
    misplaced = sorted(_NOT_EXTRA & extra.keys())
    if misplaced:
        raise ConfigurationError(f"extra: {', '.join(misplaced)} cannot be set there")
