"""Answers whose beginning is given: what goes to the provider, and what of the response follows the beginning."""

from __future__ import annotations

from typing import Any

import anyio
import pytest
from msgspec.structs import replace

import modulo
from modulo import Budget, BudgetForcing, Certified, ConfigurationError, Finish, Generation
from modulo.generators.llm import LLM
from modulo.generators.llm_prefill import continuation
from modulo.generators.local import Local
from modulo.generators.price import FREE
from modulo.protocols import Request
from tests.llm_calls import KEY, llm_of, request_of
from tests.modulo.generators.test_local import embedded_model  # noqa: F401  a fixture
from tests.modulo.loops import graph_of
from tests.scripted_server import ScriptedServer
from tests.scripted_steps import Reply, Tokens

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("warm_litellm", "no_keys")]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def prefilled(prefix: str, *texts: str) -> Request:
    return replace(request_of(*texts), prefix=prefix, prefills=True)


async def exchange(request: Request, reply: Reply, **options: Any) -> tuple[Generation, dict[str, Any]]:
    with ScriptedServer([reply]) as server:
        generation = await llm_of(server, **options).generate(request)
    return generation, dict(server.requests[0].body)


async def test_a_server_is_told_to_continue_the_last_message() -> None:
    generation, body = await exchange(prefilled("It is "), Reply(" Paris."), prefill=True)
    assert generation.text == "Paris."
    assert body["messages"] == [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": "It is"},
    ]
    assert (body["continue_final_message"], body["add_generation_prompt"]) == (True, False)


async def test_other_parameters_of_the_body_stay() -> None:
    extra = {"extra_body": {"top_k": 3}}
    _, body = await exchange(prefilled("It is"), Reply("so"), prefill=True, extra=extra)
    assert (body["top_k"], body["continue_final_message"]) == (3, True)


async def test_a_provider_that_litellm_knows_gets_a_flag_on_the_message() -> None:
    generation, body = await exchange(
        prefilled("The answer:"), Reply("The answer: 4"), model="mistral/mistral-large-latest"
    )
    assert generation.text == " 4"
    assert body["messages"][-1] == {"role": "assistant", "content": "The answer:", "prefix": True}
    assert "continue_final_message" not in body


async def test_deepseek_gets_the_flag_and_does_not_repeat() -> None:
    generation, body = await exchange(prefilled("4"), Reply("4"), model="deepseek/deepseek-chat")
    assert generation.text == "4"
    assert body["messages"][-1] == {"role": "assistant", "content": "4", "prefix": True}


@pytest.mark.parametrize("prefill", [None, True])
async def test_without_a_beginning_nothing_changes(prefill: bool | None) -> None:
    for request in (request_of("hi"), replace(request_of("hi"), prefills=True), prefilled(" \n")):
        _, body = await exchange(request, Reply("so"), prefill=prefill)
        assert body["messages"] == [{"role": "user", "content": "hi"}]
        assert "continue_final_message" not in body


async def test_a_prefix_that_is_not_prefilled_is_not_sent() -> None:
    generation, body = await exchange(replace(request_of("hi"), prefix="It is so"), Reply("It is so"))
    assert generation.text == "It is so"
    assert body["messages"] == [{"role": "user", "content": "hi"}]


async def test_a_schema_is_for_whole_answers_only() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}}
    generation, body = await exchange(prefilled("Let me think."), Reply(" So"), prefill=True, schema=schema)
    assert (generation.finish, generation.text) == (Finish.STOP, " So")
    assert "response_format" not in body


async def test_behind_a_prefix_that_is_not_prefilled_the_schema_of_the_rest_takes_its_place() -> None:
    whole = {"type": "object", "properties": {"a": {"type": "integer"}}}
    rest = {"type": "object", "properties": {"b": {"type": "integer"}}, "required": ["b"]}
    request = replace(request_of("hi"), prefix="a is 1\n", schema=rest)
    generation, body = await exchange(request, Reply('{"b": 2}'), schema=whole)
    assert (generation.finish, generation.text) == (Finish.STOP, '{"b": 2}')
    assert body["response_format"]["json_schema"]["schema"] == rest
    _, body = await exchange(request, Reply('{"b": 2}'))
    assert "response_format" not in body  # whoever is held to no schema is held to none here


@pytest.mark.parametrize(
    ("model", "prefill", "takes"),
    [
        ("openai/test", None, False),
        ("openai/test", True, True),
        ("openai/gpt-4o-mini", None, False),
        ("mistral/mistral-large-latest", None, True),
        ("mistral/mistral-large-latest", False, False),
        ("deepseek/deepseek-chat", None, True),
    ],
)
async def test_whether_a_model_goes_on_is_litellms_word_or_the_users(
    model: str, prefill: bool | None, takes: bool
) -> None:
    assert LLM(model, api_key=KEY, prefill=prefill, price=FREE).takes_prefill is takes


def test_prefill_is_yes_or_no() -> None:
    with pytest.raises(ConfigurationError, match="prefill"):
        LLM("openai/test", prefill="yes")  # type: ignore[arg-type]


async def test_the_beginning_is_part_of_the_worst_case() -> None:
    model = llm_of("http://127.0.0.1:1/v1", prefill=True)
    more = (
        model.worst_case(prefilled("x" * 1000)).prompt_tokens - model.worst_case(request_of("hi")).prompt_tokens
    )
    assert more >= 1000


@pytest.mark.parametrize(
    ("prefix", "text", "repeats", "rest"),
    [
        ("The capital of", "The capital of France", False, " France"),
        ("4", "42", False, "42"),
        ("4", "42", True, "2"),
        ("a", "b", True, "b"),
        ("a\n", "a\nb", True, "b"),
        ("a\n", "\nb", False, "b"),
        ("a ", "b", False, "b"),
        ("", "b", True, "b"),
        ("a", "", True, ""),
    ],
)
def test_only_what_follows_is_kept(prefix: str, text: str, repeats: bool, rest: str) -> None:
    assert continuation(Generation(text=text), prefix, repeats=repeats).text == rest


async def test_budget_forcing_over_http_is_billed_as_the_server_bills() -> None:
    replies = [
        Reply("It is 3.", tokens=Tokens(prompt=20, completion=30)),
        Reply(", no, I am", finish_reason="length", tokens=Tokens(prompt=50, completion=70)),
        Reply(" ok", tokens=Tokens(prompt=90, completion=5)),
    ]

    @modulo.critic(proves="it ends with ok", runs_in="loop")
    def ends_with_ok(problem: Any, candidate: str):  # type: ignore[no-untyped-def]
        if not candidate.endswith("ok"):
            yield modulo.Violation("not_ok", "It does not end with ok.")

    with ScriptedServer(replies) as server:
        graph = graph_of(llm_of(server, prefill=True), critic=ends_with_ok)
        strategy = BudgetForcing(thinking_tokens=100, answer_tokens=10)
        outcome = await modulo.solve(graph, "p", strategy=strategy, budget=Budget(calls=9))
    assert isinstance(outcome, Certified)
    assert outcome.attempts[-1].text == "It is 3.\nWait, no, I am\n\nFinal Answer: ok"
    assert [r.body["messages"][-1]["content"] for r in server.requests[1:]] == [
        "It is 3.\nWait",
        "It is 3.\nWait, no, I am\n\nFinal Answer:",
    ]
    assert [r.body["max_tokens"] for r in server.requests] == [100, 70, 10]
    assert outcome.usage.completion_tokens == server.billed.completion_tokens


@pytest.mark.model
@pytest.mark.usefixtures("embedded_model")
async def test_the_embedded_model_goes_on_from_a_beginning() -> None:
    model = Local(max_output_tokens=24, temperature=0.0)
    await model.prepare(lambda _: True)
    assert model.takes_prefill
    prefix = "The capital of France, a country in Europe, is the city of "

    request = prefilled(prefix, "What is the capital of France?")
    generation = await model.generate(request)

    assert generation.text.startswith("Paris")
    assert generation.usage is not None
    assert generation.usage.prompt_tokens <= model.worst_case(request).prompt_tokens


@pytest.mark.model
@pytest.mark.usefixtures("embedded_model")
async def test_the_embedded_model_repeats_no_short_beginning_either() -> None:
    model = Local(max_output_tokens=4, temperature=0.0, schema={"type": "object"})
    generation = await model.generate(prefilled("1, 2, 3,", "Count to ten."))
    assert generation.text.startswith(" 4")


@pytest.mark.model
@pytest.mark.usefixtures("embedded_model")
async def test_the_embedded_model_thinks_under_budget_forcing() -> None:
    graph = graph_of(Local(temperature=0.0))
    strategy = BudgetForcing(thinking_tokens=24, answer_tokens=8, waits=1)
    with anyio.fail_after(60):
        outcome = await modulo.solve(graph, "Add 17 and 25.", strategy=strategy, budget=Budget(calls=4))
    assert 2 <= len(outcome.attempts) <= 3
    for before, after in zip(outcome.attempts, outcome.attempts[1:], strict=False):
        assert after.text.startswith(before.text.rstrip())
