"""Options of a model, what goes to the provider, and what is checked before the first call."""

from __future__ import annotations

import json
from typing import Any

import anyio
import anyio.to_thread
import pytest
from pydantic import BaseModel

from modulo.errors import (
    ConfigurationError,
    MissingDependencyError,
    ProviderError,
    RequestRejected,
    UnknownPriceError,
)
from modulo.generators import llm
from modulo.generators.llm import LLM
from modulo.generators.local import Local
from modulo.generators.model_limits import ModelLimits
from modulo.generators.price import Price
from modulo.protocols import Sampling
from tests.llm_calls import KEY, llm_of, request_of
from tests.scripted_server import ScriptedServer
from tests.scripted_steps import Reply, Status

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("warm_litellm", "no_keys")]

COLOUR_SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "hue": {"type": "integer"}},
    "required": ["name", "hue"],
    "additionalProperties": False,
}


class Colour(BaseModel):
    name: str
    hue: int


@pytest.fixture
def anyio_backend() -> str:
    # litellm runs in a loop of its own; what the callers' back ends change is tested in test_private_loop.py.
    return "asyncio"


async def body_sent(*, sampling: Sampling | None = None, samples: int = 1, **options: Any) -> dict[str, Any]:
    with ScriptedServer([Reply()]) as server:
        await llm_of(server, **options).generate_samples(request_of("hi", sampling=sampling), samples)
    return dict(server.requests[0].body)


@pytest.mark.parametrize("schema", [Colour, COLOUR_SCHEMA])
async def test_the_schema_goes_to_the_provider(schema: Any) -> None:
    body = await body_sent(schema=schema)

    sent = body["response_format"]["json_schema"]
    assert sent["strict"] is True
    assert sent["schema"]["required"] == ["name", "hue"]


def test_a_schema_that_is_none_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="schema"):
        LLM("openai/test", schema={"type": "no such type"})
    with pytest.raises(ConfigurationError, match="schema"):
        LLM("openai/test", schema=int)  # type: ignore[arg-type]


async def test_settings_go_to_the_provider() -> None:
    body = await body_sent(
        temperature=0.3, seed=7, reasoning_effort="low", max_output_tokens=50, extra={"top_p": 0.5}
    )

    assert body == {
        "messages": [{"role": "user", "content": "hi"}],
        "model": "test",
        "temperature": 0.3,
        "seed": 7,
        "reasoning_effort": "low",
        "max_tokens": 50,
        "top_p": 0.5,
    }


async def test_a_budget_of_thinking_goes_to_the_provider_and_on_top_of_the_longest_answer() -> None:
    body = await body_sent(
        sampling=Sampling(thinking_tokens=2000),
        reasoning_effort="low",
        max_output_tokens=50,
        extra={"allowed_openai_params": ["thinking"]},  # the server passes for OpenAI's, which has none
    )

    assert body["thinking"] == {"type": "enabled", "budget_tokens": 2000}
    assert body["max_tokens"] == 2050
    assert "reasoning_effort" not in body


async def test_a_model_without_a_budget_of_thinking_says_so_before_it_is_asked() -> None:
    with pytest.raises(RequestRejected, match="thinking"):
        await body_sent(sampling=Sampling(thinking_tokens=2000))


def test_thinking_is_part_of_the_worst_case() -> None:
    llm = LLM("anthropic/claude-sonnet-4-5", max_output_tokens=50, api_key="k")
    most = llm.worst_case(request_of("hi", sampling=Sampling(thinking_tokens=2000)))
    assert most.completion_tokens == 2050


async def test_the_sampling_of_a_request_goes_before_the_generators_own() -> None:
    sampling = Sampling(temperature=0.0, seed=0, reasoning_effort="high", max_output_tokens=9)

    body = await body_sent(
        sampling=sampling, temperature=0.3, seed=7, reasoning_effort="low", max_output_tokens=50
    )

    assert (body["temperature"], body["seed"], body["reasoning_effort"], body["max_tokens"]) == (
        0.0,
        0,
        "high",
        9,
    )


async def test_reasoning_models_get_max_completion_tokens() -> None:
    body = await body_sent(model="openai/gpt-5-mini", max_output_tokens=50)

    assert body["max_completion_tokens"] == 50
    assert "max_tokens" not in body


async def test_the_longest_answer_is_clipped_to_what_the_model_can_write() -> None:
    body = await body_sent(model="openai/gpt-4o-mini", max_output_tokens=10**6)

    assert body["max_tokens"] == 16384


@pytest.mark.parametrize(
    "options",
    [
        {"model": ""},
        {"model": None},
        {"api_base": ""},
        {"api_base": "no address"},
        {"api_base": "ftp://127.0.0.1/v1"},
        {"api_base": "http://127.0.0.1:99999/v1"},
        {"temperature": -0.1},
        {"temperature": float("nan")},
        {"temperature": float("inf")},
        {"temperature": "hot"},
        {"temperature": True},
        {"max_output_tokens": 0},
        {"max_output_tokens": 1.5},
        {"max_output_tokens": "many"},
        {"seed": -1},
        {"seed": 2**53},
        {"seed": "7"},
        {"seed": 1.0},
        {"reasoning_effort": ""},
        {"reasoning_effort": 3},
        {"timeout_seconds": 0},
        {"timeout_seconds": float("inf")},
        {"timeout_seconds": None},
        {"api_key": 17},
        {"api_base": 17},
        {"limits": 3},
        {"price": 0.1},
        {"extra": [("top_p", 0.5)]},
        {"extra": {1: 2}},
        {"extra": {"num_retries": 3}},
        {"extra": {"drop_params": True}},
        {"extra": {"stream": True}},
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        LLM(**({"model": "openai/test"} | options))


@pytest.mark.parametrize(
    "options",
    [
        {"model": None},
        {"temperature": float("nan")},
        {"max_output_tokens": 0},
        {"seed": "7"},
        {"timeout_seconds": -1},
        {"limits": 3},
        {"extra": {"temperature": 1}},
    ],
)
def test_options_of_a_local_model_that_make_no_sense_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        Local(**options)


async def test_no_key_shows_anywhere() -> None:
    with ScriptedServer([Reply()]) as server:
        model = llm_of(
            server,
            api_base=server.base_url.replace("//", f"//user:{KEY}@") + f"?key={KEY}",
            extra={"extra_headers": {"X-Key": KEY}},
        )
        await model.prepare(lambda _: False)

    assert KEY not in repr(model)
    assert KEY not in repr(model.describe())


async def test_settings_and_the_price_snapshot_go_to_the_trace() -> None:
    model = LLM("openai/gpt-5-mini", api_key=KEY, temperature=1.0, schema=Colour, extra={"top_p": 0.5})
    await model.prepare(lambda _: False)

    described = json.loads(json.dumps(model.describe()))
    assert described["model"] == "openai/gpt-5-mini"
    assert described["temperature"] == 1.0
    assert described["extra"] == {"top_p": 0.5}
    assert described["schema"]["title"] == "Colour"
    assert described["price"]["input_usd_per_million"] == pytest.approx(0.25)
    assert described["price"]["output_usd_per_million"] == pytest.approx(2.0)
    assert described["price"]["source"].startswith("litellm ")


async def test_a_worst_case_bounds_tokens_and_cost() -> None:
    price = Price(input_usd_per_million=1.0, output_usd_per_million=2.0)
    model = LLM("openai/test", api_key=KEY, price=price, max_output_tokens=100)

    worst = model.worst_case(request_of("x" * 500), samples=3)

    assert worst.calls == 1
    assert worst.prompt_tokens >= 500
    assert worst.completion_tokens == 300
    assert worst.cost_usd == pytest.approx((worst.prompt_tokens + 2 * 300) / 1e6)


@pytest.mark.parametrize("text", ["é" * 100, "日本語" * 50, "\ufdfa" * 30, "🏳️‍🌈" * 20, "\ud800"])
async def test_a_worst_case_counts_bytes_and_not_characters(text: str) -> None:
    plain = LLM("openai/test", api_key=KEY).worst_case(request_of("")).prompt_tokens
    worst = LLM("openai/test", api_key=KEY).worst_case(request_of(text)).prompt_tokens

    assert worst - plain >= len(text.encode("utf-8", "surrogatepass"))


async def test_a_schema_counts_in_the_worst_case() -> None:
    plain = LLM("openai/test", api_key=KEY).worst_case(request_of("hi"))
    worst = LLM("openai/test", api_key=KEY, schema=COLOUR_SCHEMA).worst_case(request_of("hi"))

    assert worst.prompt_tokens - plain.prompt_tokens >= len(json.dumps(COLOUR_SCHEMA))


async def test_the_worst_case_of_a_long_prompt_has_the_surcharge_for_long_prompts() -> None:
    model = LLM("gemini/gemini-2.5-pro", api_key=KEY, max_output_tokens=1)

    worst = model.worst_case(request_of("x" * 10**6))

    assert worst.cost_usd >= 10**6 * 2.5e-6


async def test_an_unknown_price_with_a_cost_limit_is_refused_before_the_first_call() -> None:
    with ScriptedServer([]) as server, pytest.raises(UnknownPriceError, match="price"):
        await llm_of(server, price=None).prepare(lambda name: name == "cost_usd")


@pytest.mark.parametrize("model", ["no-such-model", "no-such-provider/model"])
async def test_a_model_of_no_known_provider_is_refused_with_the_way_to_write_it(model: str) -> None:
    with pytest.raises(ConfigurationError, match="write provider/model"):
        await LLM(model).prepare(lambda _: False)


async def test_a_model_that_does_not_chat_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="embedding"):
        await LLM("openai/text-embedding-3-small", api_key=KEY).prepare(lambda _: False)


@pytest.mark.parametrize(
    ("model", "variable"),
    [
        ("openai/gpt-5-mini", "OPENAI_API_KEY"),
        ("anthropic/claude-sonnet-4-5", "ANTHROPIC_API_KEY"),
        ("gemini/gemini-2.5-flash", "GEMINI_API_KEY"),
    ],
)
async def test_a_missing_key_is_named_before_the_first_call(
    model: str, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConfigurationError, match=variable):
        await LLM(model).prepare(lambda _: False)

    monkeypatch.setenv(variable, KEY)
    await LLM(model).prepare(lambda _: False)


@pytest.mark.filterwarnings("ignore:.*`ReadOnly` qualifier")  # pytest undoes our own filter
@pytest.mark.parametrize("model", ["ollama/llama3", "hosted_vllm/any", "bedrock/anthropic.claude-v2"])
async def test_a_provider_that_needs_no_key_in_the_environment_is_not_refused(model: str) -> None:
    await LLM(model).prepare(lambda _: False)


@pytest.mark.parametrize("version", ["1.82.7", "1.82.8"])
async def test_malicious_versions_of_litellm_are_not_loaded(
    version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(llm.metadata, "version", lambda _: version)
    llm.import_litellm.cache_clear()

    with pytest.raises(MissingDependencyError, match="malware"):
        await LLM("openai/test", api_key=KEY).prepare(lambda _: False)


async def test_a_missing_litellm_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def not_found(name: str) -> str:
        raise llm.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(llm.metadata, "version", not_found)
    llm.import_litellm.cache_clear()

    with pytest.raises(MissingDependencyError, match="pip install litellm"):
        await LLM("openai/test", api_key=KEY).prepare(lambda _: False)


async def test_calls_at_once_are_limited() -> None:
    with ScriptedServer([Reply(held=True)] * 5) as server:
        model = llm_of(server, limits=ModelLimits(concurrency=2))
        async with anyio.create_task_group() as tasks:
            for _ in range(5):
                tasks.start_soon(model.generate, request_of("hi"))
            for count in (2, 3, 4, 5):
                await anyio.to_thread.run_sync(server.wait_until, lambda it, n=count: len(it.requests) == n)
                server.release()
            server.release()

    assert server.peak_in_flight == 2


async def test_the_deadline_does_not_run_while_a_call_waits_for_its_turn() -> None:
    with ScriptedServer([Reply(held=True), Reply(held=True)]) as server:
        model = llm_of(server, limits=ModelLimits(concurrency=1), timeout_seconds=1.0)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(model.generate, request_of("first"))
            await anyio.to_thread.run_sync(server.wait_until, lambda it: len(it.requests) == 1)
            tasks.start_soon(model.generate, request_of("second"))
            server.release(2)

    assert server.billed_and_reported.calls == 2


async def test_a_failed_call_gives_its_turn_back() -> None:
    with ScriptedServer([Status(500), Reply("hello")]) as server:
        model = llm_of(server, limits=ModelLimits(concurrency=1))
        with pytest.raises(ProviderError):
            await model.generate(request_of("hi"))
        assert (await model.generate(request_of("hi"))).text == "hello"
