"""A model's answers, how each of them ended, and what they cost."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel

from modulo.budget import Usage
from modulo.generators.llm import LLM
from modulo.generators.price import Price
from modulo.protocols import Finish, Generation
from tests.llm_calls import KEY, llm_of, request_of
from tests.scripted_server import ScriptedServer
from tests.scripted_steps import RawBody, Reply, Reports, Step, Tokens

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("warm_litellm", "no_keys")]


@pytest.fixture
def anyio_backend() -> str:
    # litellm runs in a loop of its own; what the callers' back ends change is tested in test_private_loop.py.
    return "asyncio"


class Colour(BaseModel):
    name: str
    hue: int


COLOUR_SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "hue": {"type": "integer"}},
    "required": ["name", "hue"],
    "additionalProperties": False,
}
RED = '{"name": "red", "hue": 0}'
NO_CHOICES = (
    b'{"id": "x", "choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}}'
)

ENDINGS = [
    (Reply("hello"), "hello", Finish.STOP, None),
    (Reply("hello", finish_reason=None), "hello", Finish.STOP, None),
    (Reply("hello", finish_reason="eos_token"), "hello", Finish.STOP, None),
    (Reply("hel", finish_reason="length"), "hel", Finish.TRUNCATED, None),
    (Reply("", finish_reason="length"), "", Finish.TRUNCATED, None),
    (Reply(None, refusal="I will not."), "", Finish.REFUSED, "I will not."),
    (Reply("I", finish_reason="content_filter"), "I", Finish.REFUSED, "content filter"),
    (Reply(None, finish_reason="content_filter"), "", Finish.REFUSED, "content filter"),
    (Reply(""), "", Finish.EMPTY, None),
    (Reply(" \n"), " \n", Finish.EMPTY, None),
    (Reply(None), "", Finish.EMPTY, None),
    (RawBody(NO_CHOICES), "", Finish.EMPTY, "no choices"),
    (Reply(None, tool_arguments='{"a": 1}', finish_reason="tool_calls"), '{"a": 1}', Finish.STOP, None),
    (Reply(None, tool_arguments='{"a": ', finish_reason="tool_calls"), '{"a": ', Finish.MALFORMED, "tool call"),
]


async def answer(step: Step, **options: Any) -> Generation:
    with ScriptedServer([step]) as server:
        return await llm_of(server, **options).generate(request_of("hi"))


@pytest.mark.parametrize(("step", "text", "finish", "detail"), ENDINGS)
async def test_every_ending_has_its_finish(step: Step, text: str, finish: Finish, detail: str | None) -> None:
    generation = await answer(step)

    assert generation.text == text
    assert generation.finish is finish
    assert (detail or "") in (generation.detail or "")


@pytest.mark.parametrize("schema", [Colour, COLOUR_SCHEMA])
@pytest.mark.parametrize(
    ("text", "detail"),
    [
        (RED, None),
        ("red", "not JSON"),
        ('{"name": "red"', "not JSON"),
        ('{"name": "red", "name": "blue", "hue": 0}', "twice"),
        ('{"name": "red"}', "hue"),
        ('{"name": "red", "hue": "warm"}', "hue"),
        (f"```json\n{RED}\n```", "not JSON"),
        ("[]", ""),
    ],
)
async def test_structured_output_that_does_not_fit_is_malformed(
    schema: Any, text: str, detail: str | None
) -> None:
    generation = await answer(Reply(text), schema=schema)

    assert generation.text == text
    assert generation.finish is (Finish.STOP if detail is None else Finish.MALFORMED)
    assert (detail or "") in (generation.detail or "")
    assert generation.usage == Usage(calls=1, prompt_tokens=11, completion_tokens=7)


async def test_structured_output_that_was_cut_off_is_truncated_and_not_malformed() -> None:
    generation = await answer(Reply('{"name": "re', finish_reason="length"), schema=Colour)

    assert generation.finish is Finish.TRUNCATED


async def test_the_bill_is_what_the_provider_reported() -> None:
    price = Price(input_usd_per_million=2.0, output_usd_per_million=10.0, cached_input_usd_per_million=1.0)
    tokens = Tokens(prompt=1000, completion=500, reasoning=300, cached=400)

    generation = await answer(Reply(tokens=tokens), price=price)

    assert generation.usage == Usage(
        calls=1, prompt_tokens=1000, completion_tokens=500, cost_usd=(600 * 2.0 + 400 * 1.0 + 500 * 10.0) / 1e6
    )
    assert generation.extra == {"reasoning_tokens": 300, "cached_tokens": 400}
    assert generation.model == "test"


async def test_an_unknown_price_costs_nothing() -> None:
    generation = await answer(Reply(), price=None)

    assert generation.usage == Usage(calls=1, prompt_tokens=11, completion_tokens=7)


async def test_a_price_that_litellm_knows_is_applied() -> None:
    tokens = Tokens(prompt=1_000_000, completion=1_000_000)

    generation = await answer(Reply(tokens=tokens), model="openai/gpt-4o-mini", price=None)

    assert generation.usage is not None
    assert generation.usage.cost_usd == pytest.approx(0.15 + 0.60)


@pytest.mark.parametrize("reports", [Reports.MISSING, Reports.NULL, Reports.ZERO])
async def test_usage_that_is_not_reported_is_no_bill(reports: Reports) -> None:
    generation = await answer(Reply("hello", reports=reports))

    assert generation.text == "hello"
    assert generation.usage is None


@pytest.mark.parametrize(
    ("reply", "is_billed"),
    [
        (Reply("", tokens=Tokens(completion=0)), True),
        (Reply("hello", tokens=Tokens(completion=0)), False),
        # litellm makes this up, with its own count of the prompt, for a model that found no room to answer.
        (Reply("", tokens=Tokens(completion=0), finish_reason="length"), False),
        (Reply("hello", tokens=Tokens(prompt=0)), False),
    ],
)
async def test_usage_that_cannot_be_right_is_no_bill(reply: Reply, is_billed: bool) -> None:
    generation = await answer(reply)

    assert (generation.usage is not None) is is_billed


async def test_reasoning_that_is_only_in_the_total_is_counted() -> None:
    usage = b'{"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 115}'
    message = b'{"role": "assistant", "content": "x"}'
    choice = b'{"index": 0, "finish_reason": "stop", "message": ' + message + b"}"

    generation = await answer(RawBody(b'{"id": "x", "choices": [' + choice + b'], "usage": ' + usage + b"}"))

    assert generation.usage == Usage(calls=1, prompt_tokens=10, completion_tokens=105)


async def test_samples_come_from_one_call_and_the_bill_stands_on_the_first() -> None:
    with ScriptedServer([Reply("a", ("b", "c"))]) as server:
        generations = await llm_of(server).generate_samples(request_of("hi"), 3)

    assert [each.text for each in generations] == ["a", "b", "c"]
    assert [each.usage for each in generations] == [
        Usage(calls=1, prompt_tokens=11, completion_tokens=7),
        Usage(),
        Usage(),
    ]
    assert server.requests[0].body["n"] == 3


async def test_a_server_that_ignores_n_gives_what_it_gives() -> None:
    with ScriptedServer([Reply("a")]) as server:
        generations = await llm_of(server).generate_samples(request_of("hi"), 3)

    assert [each.text for each in generations] == ["a"]


async def test_a_server_that_gives_too_many_is_cut_down() -> None:
    with ScriptedServer([Reply("a", ("b", "c"))]) as server:
        generations = await llm_of(server).generate_samples(request_of("hi"), 2)

    assert [each.text for each in generations] == ["a", "b"]


@pytest.mark.parametrize(("model", "samples"), [("openai/test", 8), ("anthropic/claude-sonnet-4-5", 1)])
async def test_samples_per_call_depend_on_the_provider(model: str, samples: int) -> None:
    assert LLM(model, api_key=KEY).samples_per_call(request_of("hi")) == samples
