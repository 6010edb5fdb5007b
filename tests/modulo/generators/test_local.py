"""The embedded model answers through the same path as any other model."""

from __future__ import annotations

import os
from typing import Literal

import anyio
import pytest
from msgspec.structs import replace
from pydantic import BaseModel

from modulo.errors import ConfigurationError, ContextOverflow
from modulo.generators.local import Local
from modulo.generators.local_weights import find_smollm2
from modulo.protocols import Finish, Message, Sampling
from tests.llm_calls import request_of
from tests.scripted_server import closed_port_url

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("warm_litellm", "no_keys")]


class Colour(BaseModel):
    name: Literal["red", "green"]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def embedded_model() -> None:
    pytest.importorskip("xllamacpp")
    if find_smollm2() is None:
        pytest.skip("SmolLM2's weights are not here")


@pytest.mark.model
@pytest.mark.usefixtures("embedded_model")
async def test_the_embedded_model_answers_and_costs_nothing() -> None:
    model = Local(max_output_tokens=8, temperature=0.0)
    await model.prepare(lambda _: True)

    request = request_of("Write one word.")
    generation = await model.generate(request)

    assert generation.text
    assert generation.model.startswith("SmolLM2")
    assert generation.usage is not None
    assert generation.usage.cost_usd == 0.0
    worst = model.worst_case(request)
    assert 0 < generation.usage.prompt_tokens <= worst.prompt_tokens
    assert 0 < generation.usage.completion_tokens <= worst.completion_tokens == 8


@pytest.mark.model
@pytest.mark.usefixtures("embedded_model")
async def test_a_longest_answer_cuts_off() -> None:
    request = request_of("Count to a hundred.", sampling=Sampling(max_output_tokens=3))

    generation = await Local(temperature=0.0).generate(request)

    assert generation.finish is Finish.TRUNCATED


@pytest.mark.model
@pytest.mark.usefixtures("embedded_model")
async def test_a_schema_constrains_the_embedded_model() -> None:
    generation = await Local(schema=Colour, max_output_tokens=64).generate(
        request_of("Name a colour, as JSON.")
    )

    assert generation.finish is Finish.STOP
    assert Colour.model_validate_json(generation.text).name in ("red", "green")


@pytest.mark.model
@pytest.mark.usefixtures("embedded_model")
async def test_a_conversation_that_is_too_long_is_a_context_overflow() -> None:
    with pytest.raises(ContextOverflow, match="context"):
        await Local().generate(request_of("word " * 20_000))


@pytest.mark.model
@pytest.mark.usefixtures("embedded_model")
async def test_no_turn_of_a_conversation_is_billed_more_than_foretold_from_the_one_before() -> None:
    model = Local(max_output_tokens=24, temperature=1.5, seed=1)
    await model.prepare(lambda _: True)
    texts = [
        "Name a colour, please.",
        "No: é 🜁 \t\n  <|im_end|> {}[]()",
        "0" * 50,
        " ",
        "\n\n\n",
        "Another one!",
    ]
    messages: tuple[Message, ...] = ()
    asked = 0
    for text in texts:
        messages = (*messages, Message("user", text))
        request = replace(request_of(), messages=messages, begins_with=asked)
        foretold = model.worst_case(request).prompt_tokens
        generation = await model.generate(request)
        assert generation.usage is not None
        tokens = generation.usage.prompt_tokens
        assert tokens <= foretold
        asked = len(messages)
        messages = (*messages, Message("assistant", generation.text))


@pytest.mark.model
@pytest.mark.usefixtures("embedded_model")
async def test_a_call_of_the_embedded_model_is_cancelled_at_once() -> None:
    model = Local(max_output_tokens=4000, extra={"ignore_eos": True})
    await model.prepare(lambda _: False)

    with anyio.fail_after(20), anyio.move_on_after(0.5) as scope:
        await model.generate(request_of("Tell a long story."))

    assert scope.cancelled_caught


@pytest.mark.model
@pytest.mark.usefixtures("embedded_model")
@pytest.mark.parametrize("exempt", ["", "example.org"])
async def test_a_proxy_in_the_environment_does_not_stand_in_the_way(
    exempt: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", closed_port_url())
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.setenv("no_proxy", exempt)

    assert (await Local(max_output_tokens=2).generate(request_of("hi"))).text
    assert exempt in os.environ["no_proxy"]


@pytest.mark.parametrize("model", ["remote", "local:/no/such/file.gguf"])
async def test_a_model_that_is_not_there_is_refused(model: str) -> None:
    pytest.importorskip("xllamacpp")
    with pytest.raises(ConfigurationError):
        await Local(model).prepare(lambda _: False)


async def test_the_key_of_the_local_server_is_not_described() -> None:
    assert Local("local:weights.gguf").describe()["api_base"] is None
