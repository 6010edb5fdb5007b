"""Every fault of transport is a typed error: whether to try again, when, and what is known of the bill."""

from __future__ import annotations

import gc
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import anyio.to_thread
import pytest

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
    TransientGenerationError,
)
from tests.llm_calls import KEY, llm_of, request_of
from tests.scripted_server import ScriptedServer, closed_port_url
from tests.scripted_steps import (
    Drop,
    RawBody,
    Stall,
    Status,
    Step,
    context_overflow,
    context_overflow_llama_cpp,
    forbidden,
    model_not_found,
    unauthorized,
)

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("warm_litellm", "no_keys")]


@pytest.fixture
def anyio_backend() -> str:
    # litellm runs in a loop of its own; what the callers' back ends change is tested in test_private_loop.py.
    return "asyncio"


QUOTA = {
    "message": "You exceeded your current quota.",
    "type": "insufficient_quota",
    "code": "insufficient_quota",
}

REFUSED_BY_STATUS = [
    (unauthorized(), AuthenticationFailed, Billing.NONE),
    (forbidden(), AuthenticationFailed, Billing.NONE),
    (model_not_found(), RequestRejected, Billing.NONE),
    (Status(400), RequestRejected, Billing.NONE),
    (Status(402), RequestRejected, Billing.NONE),
    (Status(422), RequestRejected, Billing.NONE),
    (context_overflow(), ContextOverflow, Billing.NONE),
    (context_overflow_llama_cpp(), ContextOverflow, Billing.NONE),
    (Status(413), ContextOverflow, Billing.NONE),
    (Status(429, error=QUOTA), RequestRejected, Billing.NONE),
    (Status(429), RateLimited, Billing.NONE),
    (Status(409), ProviderError, Billing.NONE),
    (Status(500), ProviderError, Billing.NONE),
    (Status(502, html="<html>bad gateway</html>"), ProviderError, Billing.UNKNOWN),
    (Status(503, retry_after=3), ProviderError, Billing.NONE),
    (Status(504), GenerationTimeout, Billing.UNKNOWN),
    (Status(529), ProviderError, Billing.NONE),
]

LOST = [
    (Drop(), ConnectionLost),
    (Drop(reset=True), ConnectionLost),
    (Drop(mid_body=True), ConnectionLost),
    (Drop(mid_body=True, reset=True), ConnectionLost),
    (RawBody(b'{"id": "x", "choices": ['), ProviderError),
    (RawBody(b"[]"), ProviderError),
    (RawBody(b"{}"), ProviderError),
    (RawBody(b""), ProviderError),
    (RawBody(b"<html>hello</html>", "text/html"), ProviderError),
    (RawBody(b'{"error": {"message": "overloaded", "code": 529}}'), ProviderError),
]

# litellm reaches each of these through another client; all of them are OpenAI-compatible on the wire.
ROUTES = ["openai/test", "hosted_vllm/test", "deepseek/test", "anthropic/test"]


async def failure(step: Step, **options: Any) -> tuple[GenerationError, ScriptedServer]:
    """What one call of a model on a server that plays the step raises."""
    with ScriptedServer([step]) as server, pytest.raises(GenerationError) as raised:
        await llm_of(server, **options).generate(request_of("hi"))
    return raised.value, server


@pytest.mark.parametrize(("step", "kind", "billing"), REFUSED_BY_STATUS)
async def test_an_error_status_becomes_its_typed_error(
    step: Step, kind: type[GenerationError], billing: Billing
) -> None:
    error, server = await failure(step)

    assert type(error) is kind
    assert error.billing is billing
    assert len(server.requests) == 1


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize(
    ("step", "kind"),
    [
        (unauthorized(), AuthenticationFailed),
        (Status(429, retry_after=7), RateLimited),
        (Status(500), ProviderError),
        (context_overflow(), ContextOverflow),
        (Status(404), RequestRejected),
    ],
)
async def test_every_client_of_litellm_maps_to_the_same_errors(
    route: str, step: Step, kind: type[GenerationError]
) -> None:
    error, server = await failure(step, model=route)

    assert type(error) is kind
    assert len(server.requests) == 1


@pytest.mark.parametrize(("step", "kind"), LOST)
async def test_an_answer_that_makes_no_sense_leaves_the_bill_unknown(
    step: Step, kind: type[GenerationError]
) -> None:
    error, server = await failure(step)

    assert type(error) is kind
    assert error.billing is Billing.UNKNOWN
    assert len(server.requests) == 1
    assert server.billed_unreported.calls == 1


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize(
    "step", [Drop(), Drop(reset=True), Drop(mid_body=True), Drop(mid_body=True, reset=True)]
)
async def test_no_client_of_litellm_sends_a_lost_request_again(route: str, step: Step) -> None:
    error, server = await failure(step, model=route)

    assert type(error) is ConnectionLost
    assert error.billing is Billing.UNKNOWN
    assert len(server.requests) == 1


@pytest.mark.parametrize("route", ROUTES)
async def test_a_refused_connection_is_certainly_not_billed(route: str) -> None:
    with pytest.raises(ConnectionLost) as raised:
        await llm_of(closed_port_url(), model=route).generate(request_of("hi"))

    assert raised.value.billing is Billing.NONE


@pytest.mark.parametrize("stall", [Stall(), Stall(mid_body=True)])
async def test_a_stall_ends_at_the_deadline_and_leaves_the_bill_unknown(stall: Stall) -> None:
    with ScriptedServer([stall]) as server:
        with pytest.raises(GenerationTimeout, match=r"0\.3 s") as raised:
            await llm_of(server, timeout_seconds=0.3).generate(request_of("hi"))
        await anyio.to_thread.run_sync(server.wait_until, lambda it: it.clients_left == 1)

    assert raised.value.billing is Billing.UNKNOWN
    assert server.billed_unreported.calls == 1


@pytest.mark.parametrize(
    ("status", "seconds"),
    [
        (Status(429, retry_after=7), 7.0),
        (Status(429, retry_after=0.5), 0.5),
        (Status(429, retry_after_ms=1500), 1.5),
        (Status(429, retry_after_ms=1500, retry_after=9), 1.5),
        (Status(503, retry_after=3), 3.0),
        (Status(500, retry_after="soon"), None),
        (Status(429), None),
    ],
)
async def test_the_wait_that_the_provider_asks_for_is_on_the_error(
    status: Status, seconds: float | None
) -> None:
    error, _ = await failure(status)

    assert isinstance(error, TransientGenerationError)
    assert error.retry_after_seconds == seconds


async def test_a_date_to_retry_after_becomes_seconds() -> None:
    error, _ = await failure(Status(429, retry_after=datetime.now(UTC) + timedelta(seconds=30)))

    assert isinstance(error, RateLimited)
    assert error.retry_after_seconds is not None
    assert 25 <= error.retry_after_seconds <= 31


async def test_a_date_to_retry_after_in_the_past_means_no_wait() -> None:
    error, _ = await failure(Status(429, retry_after=datetime.now(UTC) - timedelta(hours=1)))

    assert isinstance(error, RateLimited)
    assert error.retry_after_seconds == 0.0


async def test_the_message_is_the_providers_own() -> None:
    error, _ = await failure(context_overflow_llama_cpp(prompt_tokens=900, context_tokens=512))

    assert "900 tokens" in str(error)
    assert "litellm" not in str(error)


@pytest.mark.parametrize("name", [KEY, "sk-proj-abcdefghijklmnop"])
async def test_a_key_that_the_server_repeats_is_blotted_out(name: str) -> None:
    echo = {"message": f"Incorrect API key provided: {name}", "code": "invalid_api_key"}

    error, _ = await failure(Status(401, error=echo))

    assert name not in str(error)
    assert error.__cause__ is None
    assert error.__context__ is None


async def test_a_call_without_a_key_fails_without_a_request() -> None:
    with ScriptedServer([]) as server:
        model = llm_of(server)
        await model.prepare(lambda _: False)
        model._given_endpoint = llm_of(server, api_key=None)._given_endpoint
        with pytest.raises(AuthenticationFailed) as raised:
            await model.generate(request_of("hi"))

    assert raised.value.billing is Billing.NONE


async def test_a_parameter_that_the_model_does_not_take_fails_without_a_request() -> None:
    with (
        ScriptedServer([]) as server,
        pytest.raises(RequestRejected, match=r"^gpt-5-mini doesn.t support temperature=0.2") as raised,
    ):
        await llm_of(server, model="openai/gpt-5-mini", temperature=0.2).generate(request_of("hi"))

    assert raised.value.billing is Billing.NONE


@pytest.mark.parametrize("seconds", [0.0, 0.001, 0.003, 0.006, 0.01, 0.02, 0.05])
async def test_cancelling_at_any_moment_ends_the_call_and_leaves_nothing_behind(seconds: float) -> None:
    with ScriptedServer([Stall()]) as server:
        with anyio.move_on_after(seconds) as scope:
            await llm_of(server).generate(request_of("hi"))
        assert scope.cancelled_caught
        # Its connection is closed by now, but the server may not have heard of it yet.
        await anyio.to_thread.run_sync(server.wait_until, lambda it: it.clients_left == len(it.requests))
    gc.collect()


async def test_a_held_call_that_is_cancelled_closes_its_connection_at_once() -> None:
    with ScriptedServer([Stall()]) as server:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(llm_of(server).generate, request_of("hi"))
            await anyio.to_thread.run_sync(server.wait_until, lambda it: len(it.requests) == 1)
            tasks.cancel_scope.cancel()
        await anyio.to_thread.run_sync(server.wait_until, lambda it: it.clients_left == 1)
