"""Waits that providers ask for, in every notation; messages without keys; errors that litellm itself raises."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from modulo.errors import (
    AuthenticationFailed,
    Billing,
    ConnectionLost,
    ContextOverflow,
    GenerationError,
    GenerationTimeout,
    ProviderError,
    RequestRejected,
)
from modulo.generators.llm import import_litellm
from modulo.generators.llm_faults import as_generation_error, retry_after_seconds, without_secrets

litellm = import_litellm()
NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "7"}, 7.0),
        ({"retry-after": "0"}, 0.0),
        ({"RETRY-AFTER": " 1.5 "}, 1.5),
        ({"retry-after-ms": "250"}, 0.25),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after-ms": "soon", "retry-after": "9"}, 9.0),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "Mon, 23 Nov 2026 12:00:30 GMT"}, 30.0),
        ({"retry-after": "Mon, 23 Nov 2026 12:00:30 -0000"}, 30.0),
        ({"retry-after": "Mon, 23 Nov 2026 11:00:00 GMT"}, 0.0),
        ({"retry-after": "Monday, 23-Nov-26 12:00:30 GMT"}, 30.0),
        ({"retry-after": "Mon, 99 Nov 2026 12:00:30 GMT"}, None),
        # The server's own clock goes before ours.
        ({"retry-after": "Mon, 23 Nov 2026 12:00:30 GMT", "date": "Mon, 23 Nov 2026 12:00:20 GMT"}, 10.0),
        ({"retry-after": "Mon, 23 Nov 2026 12:00:30 GMT", "date": "yesterday"}, 30.0),
    ],
)
def test_the_wait_asked_for_is_read_in_every_notation(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_seconds(headers, now=NOW) == seconds


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("nothing to hide", "nothing to hide"),
        ("two\nlines  of text", "two lines of text"),
        ("the key my-secret is wrong", "the key [key] is wrong"),
        ("Incorrect API key: sk-proj-0123456789abcdef.", "Incorrect API key: [key]."),
        ("AIzaSyA0123456789abcdefghijklmnop", "[key]"),
        ("a risk-averse task-oriented plan", "a risk-averse task-oriented plan"),
    ],
)
def test_messages_show_no_keys(text: str, shown: str) -> None:
    assert without_secrets(text, ["my-secret"]) == shown


def test_long_messages_are_cut() -> None:
    assert len(without_secrets("word " * 1000, [])) < 600


def test_an_exception_of_another_kind_leaves_the_bill_unknown() -> None:
    error = as_generation_error(ValueError("what is this"))

    assert type(error) is ProviderError
    assert error.billing is Billing.UNKNOWN
    assert "what is this" in str(error)


def test_a_package_that_litellm_lacks_is_named() -> None:
    error = as_generation_error(ModuleNotFoundError("No module named 'mcp'"))

    assert type(error) is RequestRejected
    assert error.billing is Billing.NONE
    assert "mcp" in str(error)


@pytest.mark.parametrize(
    ("kind", "expected", "billing"),
    [
        (litellm.Timeout, GenerationTimeout, Billing.UNKNOWN),
        (litellm.AuthenticationError, AuthenticationFailed, Billing.NONE),
        (litellm.ContextWindowExceededError, ContextOverflow, Billing.UNKNOWN),
        (litellm.NotFoundError, RequestRejected, Billing.UNKNOWN),
        (litellm.BadRequestError, RequestRejected, Billing.UNKNOWN),
        (litellm.InternalServerError, ProviderError, Billing.UNKNOWN),
    ],
)
def test_errors_of_litellms_own_keep_their_meaning(
    kind: Any, expected: type[GenerationError], billing: Billing
) -> None:
    error = as_generation_error(kind(message="what happened", model="test", llm_provider="openai"))

    assert type(error) is expected
    assert error.billing is billing
    assert "what happened" in str(error)


@pytest.mark.parametrize(
    ("error", "expected", "billing"),
    [
        (httpx.ConnectError("x"), ConnectionLost, Billing.NONE),
        (httpx.ConnectTimeout("x"), GenerationTimeout, Billing.NONE),
        (httpx.PoolTimeout("x"), GenerationTimeout, Billing.NONE),
        (httpx.ReadTimeout("x"), GenerationTimeout, Billing.UNKNOWN),
        (httpx.WriteError("x"), ConnectionLost, Billing.UNKNOWN),
        (httpx.RemoteProtocolError("x"), ConnectionLost, Billing.UNKNOWN),
        (httpx.UnsupportedProtocol("x"), RequestRejected, Billing.NONE),
        (httpx.TooManyRedirects("x"), ProviderError, Billing.UNKNOWN),
        (ConnectionResetError("x"), ConnectionLost, Billing.UNKNOWN),
        (TimeoutError("x"), GenerationTimeout, Billing.UNKNOWN),
    ],
)
def test_errors_of_httpxs_own_transport_are_told_apart_by_whether_anything_was_sent(
    error: Exception, expected: type[GenerationError], billing: Billing
) -> None:
    found = as_generation_error(error)

    assert type(found) is expected
    assert found.billing is billing


def test_a_cycle_of_causes_ends() -> None:
    first, second = ValueError("first"), ValueError("second")
    first.__cause__, second.__cause__ = second, first

    assert "second" in str(as_generation_error(first))
