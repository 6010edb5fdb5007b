"""What went wrong with a call, as one of Modulo's own errors.

litellm wraps every failure several times, and its outermost class and status are guesses: a refused
connection is an ``InternalServerError`` with status 500, a 403 may become a ``NotFoundError``. The truth is
further down the chain of causes, where the HTTP response or the error of the transport stands. It is read by
class name, so that nothing needs to be imported here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from modulo.errors import (
    AuthenticationFailed,
    Billing,
    ConnectionLost,
    ContextOverflow,
    GenerationError,
    GenerationTimeout,
    ProviderError,
    RateLimited,
    RequestRejected,
)

__all__ = ["as_generation_error", "retry_after_seconds", "without_secrets"]

_MAX_MESSAGE_CHARACTERS = 500

_CONTEXT_CODES = frozenset({"context_length_exceeded", "exceed_context_size_error"})
_EXHAUSTED_QUOTA_CODES = frozenset({"insufficient_quota", "billing_hard_limit_reached"})
# A gateway that ran out of patience does not know whether the model behind it still works on the answer.
_STATUSES_OF_UNKNOWN_BILLING = frozenset({408, 499, 502, 504, 520, 522, 523, 524})
_TRANSIENT_STATUSES_BELOW_500 = frozenset({409, 423, 425, 449})

_NEVER_CONNECTED = frozenset({"aiohttp.ClientConnectorError", "aiohttp.ConnectionTimeoutError"})
_KEY_LIKE = re.compile(r"\b(sk|pk|rk|key|gsk|xai|hf)[-_][A-Za-z0-9_\-]{8,}|\bAIza[A-Za-z0-9_\-]{20,}")


def as_generation_error(error: BaseException, *, secrets: Iterable[str] = ()) -> GenerationError:
    """The typed error for anything that ``litellm.acompletion`` raised."""
    chain = tuple(_chain(error))
    kinds = frozenset(_name(kind) for link in chain for kind in type(link).__mro__)
    response = next((link.response for link in chain if _name(type(link)) == "httpx.HTTPStatusError"), None)
    if response is not None:
        return _from_response(response, kinds, secrets)
    message = without_secrets(_innermost_message(chain), secrets)
    fault = _from_transport(kinds, message)
    if fault is None and any(_name(type(link)) == "openai.OpenAIError" for link in chain):
        return AuthenticationFailed(message)  # the client found no key to send
    return fault or _from_litellm(kinds, message)


def retry_after_seconds(headers: Mapping[str, str], *, now: datetime | None = None) -> float | None:
    """How long a response asks to wait: ``Retry-After-Ms``, or ``Retry-After`` in seconds or as a date.

    A date is taken against the server's own ``Date``, if it sent one, since clocks differ (RFC 9110 section
    10.2.3). A date in the past means no wait.
    """
    lowered = {name.lower(): value for name, value in headers.items()}
    milliseconds = _number(lowered.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    value = lowered.get("retry-after")
    if value is None:
        return None
    seconds = _number(value)
    if seconds is not None:
        return seconds
    until = _date(value)
    if until is None:
        return None
    here = _date(lowered.get("date", "")) or now or datetime.now(UTC)
    return max(0.0, (until - here).total_seconds())


def without_secrets(text: str, secrets: Iterable[str]) -> str:
    """The text on one line, cut to a sensible length, with keys blotted out: some servers repeat them."""
    for secret in secrets:
        text = text.replace(secret, "[key]")
    text = " ".join(_KEY_LIKE.sub("[key]", text).split())
    return text if len(text) <= _MAX_MESSAGE_CHARACTERS else text[:_MAX_MESSAGE_CHARACTERS] + "…"


def _from_response(response: Any, kinds: frozenset[str], secrets: Iterable[str]) -> GenerationError:
    status = int(response.status_code)
    code, text = _read_body(response)
    message = without_secrets(f"HTTP {status}: {text}", secrets)
    if code in _CONTEXT_CODES or "litellm.ContextWindowExceededError" in kinds or status == 413:
        return ContextOverflow(message)
    if status in (401, 403):
        return AuthenticationFailed(message)
    if status == 429 and code not in _EXHAUSTED_QUOTA_CODES:
        return RateLimited(message, retry_after_seconds=retry_after_seconds(response.headers))
    billing = Billing.UNKNOWN if status in _STATUSES_OF_UNKNOWN_BILLING else Billing.NONE
    wait = retry_after_seconds(response.headers)
    if status in (408, 504, 524):
        return GenerationTimeout(message, billing=billing, retry_after_seconds=wait)
    if status >= 500 or status in _TRANSIENT_STATUSES_BELOW_500:
        return ProviderError(message, billing=billing, retry_after_seconds=wait)
    return RequestRejected(message, billing=billing)


def _from_transport(kinds: frozenset[str], message: str) -> GenerationError | None:
    billing = Billing.NONE if _never_sent(kinds) else Billing.UNKNOWN
    if "httpx.UnsupportedProtocol" in kinds or "httpx.InvalidURL" in kinds:
        return RequestRejected(f"the address of the model is wrong: {message}")
    if kinds & {"httpx.TimeoutException", "litellm.Timeout", "builtins.TimeoutError"}:
        return GenerationTimeout(message, billing=billing)
    if "httpx.TransportError" in kinds or "builtins.ConnectionError" in kinds:
        return ConnectionLost(message, billing=billing)
    return None


def _never_sent(kinds: frozenset[str]) -> bool:
    """Whether there was no connection over which the request could have gone.

    ``httpx.ConnectError`` alone does not say so: litellm's transport raises it for a later reset too.
    """
    if kinds & _NEVER_CONNECTED:
        return True
    by_httpx_itself = not any(kind.startswith("aiohttp.") for kind in kinds)
    no_connection = {"httpx.ConnectError", "httpx.ConnectTimeout", "httpx.PoolTimeout"} & kinds
    return bool(no_connection) and by_httpx_itself and "asyncio.CancelledError" not in kinds


def _from_litellm(kinds: frozenset[str], message: str) -> GenerationError:
    if "builtins.ImportError" in kinds:
        return RequestRejected(f"litellm lacks a package that this model needs: {message}")
    if "litellm.UnsupportedParamsError" in kinds:
        # What follows is advice to drop them in silence, which is no way to keep a record of settings.
        return RequestRejected(
            message.removeprefix("litellm.UnsupportedParamsError: ").partition(" To drop ")[0]
        )
    if "litellm.AuthenticationError" in kinds:
        return AuthenticationFailed(message)
    if "litellm.ContextWindowExceededError" in kinds:
        return ContextOverflow(message, billing=Billing.UNKNOWN)
    if kinds & {"litellm.BadRequestError", "litellm.NotFoundError"}:
        return RequestRejected(message, billing=Billing.UNKNOWN)
    return ProviderError(f"no answer that makes sense: {message}", billing=Billing.UNKNOWN)


def _chain(error: BaseException | None) -> Iterator[Any]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _name(kind: type) -> str:
    return f"{kind.__module__.partition('.')[0]}.{kind.__name__}"


def _innermost_message(chain: tuple[BaseException, ...]) -> str:
    messages = (str(link) for link in reversed(chain))
    return next((message for message in messages if message), type(chain[0]).__name__)


def _read_body(response: Any) -> tuple[str | None, str]:
    """The machine-readable code and the sentence of an error response, as far as it has them."""
    text = str(response.text)
    try:
        body = json.loads(text)
    except ValueError:
        return None, text
    error = body.get("error", body) if isinstance(body, dict) else body
    if not isinstance(error, dict):
        return None, text
    # OpenAI names the fault in "code"; llama.cpp puts the status there and names the fault in "type".
    names = (error.get("code"), error.get("type"))
    code = next((name for name in names if isinstance(name, str) and name), None)
    return code, str(error.get("message") or text)


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if 0 <= number < float("inf") else None


def _date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
