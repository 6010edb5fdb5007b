"""What a prompt was billed at foretells those that go on from it, and only what it surely foretells."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

import modulo
from modulo import Budget, Exhausted, Generation, Models, StopReason, Tool, ToolLoop
from modulo.generators import llm_bills
from modulo.generators.around import Around
from modulo.generators.llm import LLM
from modulo.generators.llm_bills import PromptBills
from modulo.protocols import Message, Request
from tests.llm_calls import KEY, llm_of, request_of
from tests.modulo.loops import graph_of
from tests.scripted_server import RecordedRequest, ScriptedServer
from tests.scripted_steps import Reply, Step, Tokens

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("warm_litellm", "no_keys")]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def billing(share: float = 0.25, name: str = "test") -> Callable[[RecordedRequest], Step]:
    """A model that reads this share of the bytes of each message as tokens, and some for the template."""

    def answer(request: RecordedRequest) -> Step:
        bytes_read = [len(str(message["content"]).encode()) for message in request.body["messages"]]
        tokens = Tokens(prompt=20 + sum(4 + int(share * size) for size in bytes_read), completion=3)
        return Reply("no, not this one", tokens=tokens, model=name)

    return answer


def bytes_of(model: LLM, request: Request) -> int:
    return model.worst_case(replace(request, begins_with=0)).prompt_tokens


FIRST = request_of("x" * 4000)
SECOND = replace(FIRST, messages=(*FIRST.messages, Message("assistant", "no"), Message("user", "why?")))
NEXT = replace(SECOND, begins_with=1)


async def after_first(answer: Any = None, **options: Any) -> tuple[LLM, int]:
    """A model that was asked the first request, and what it was billed."""
    with ScriptedServer(answer or billing()) as server:
        model = llm_of(server, **options)
        generation = await model.generate(FIRST)
    assert generation.usage is not None
    return model, generation.usage.prompt_tokens


async def test_the_bill_of_the_beginning_and_the_bytes_of_the_rest_bound_the_whole() -> None:
    model, billed = await after_first()
    assert billed == 1024
    assert model.worst_case(NEXT).prompt_tokens == billed + 64 + 2 * 16 + len("nowhy?")
    assert bytes_of(model, NEXT) > 4000


async def test_a_bill_beyond_what_there_can_be_makes_it_no_worse_than_it_was() -> None:
    model, _ = await after_first(billing(share=3.0))
    assert model.worst_case(NEXT).prompt_tokens == bytes_of(model, NEXT)


@pytest.mark.parametrize(
    "request_",
    [
        SECOND,
        replace(NEXT, begins_with=2),
        replace(NEXT, messages=(Message("system", "be brief"), *SECOND.messages)),
        replace(NEXT, messages=(Message("user", "x" * 4001), *SECOND.messages[1:])),
        replace(NEXT, messages=(Message("system", "x" * 4000), *SECOND.messages[1:])),
    ],
)
async def test_other_beginnings_tell_nothing(request_: Request) -> None:
    model, _ = await after_first()
    assert model.worst_case(request_).prompt_tokens == bytes_of(model, request_)


async def test_what_another_model_was_billed_tells_nothing() -> None:
    await after_first()
    model = LLM("openai/test", api_key=KEY)
    assert model.worst_case(NEXT).prompt_tokens == bytes_of(model, NEXT)


async def test_a_name_behind_which_several_models_answer_foretells_nothing() -> None:
    names = iter(["one", "other"])
    with ScriptedServer(lambda request: billing(name=next(names))(request)) as server:
        model = llm_of(server)
        await model.generate(FIRST)
        assert model.worst_case(NEXT).prompt_tokens < bytes_of(model, NEXT)
        await model.generate(request_of("y"))
    assert model.worst_case(NEXT).prompt_tokens == bytes_of(model, NEXT)


async def test_an_endpoint_that_is_said_to_route_foretells_nothing() -> None:
    model, _ = await after_first(routes=True)
    assert model.worst_case(NEXT).prompt_tokens == bytes_of(model, NEXT)


@pytest.mark.parametrize(
    ("name", "foretells"),
    [
        ("openai/gpt-5-mini", True),
        ("anthropic/claude-sonnet-4-5", True),
        ("hosted_vllm/qwen", True),
        ("openrouter/auto", False),
        ("openrouter/openai/gpt-5-mini", False),
        ("litellm_proxy/gpt-5-mini", False),
        ("azure/model-router", False),
        ("ollama_chat/llama3", False),
        ("ollama/llama3", False),
        ("replicate/meta/llama", False),
    ],
)
async def test_where_litellm_makes_counts_up_or_calls_are_handed_on_nothing_is_foretold(
    name: str, foretells: bool
) -> None:
    model = LLM(name, api_key=KEY, api_base="http://127.0.0.1:9")
    bill = modulo.Usage(calls=1, prompt_tokens=100)
    model._bills.note(FIRST, Generation(text="no", model="it", usage=bill))
    assert (model.worst_case(NEXT).prompt_tokens < bytes_of(model, NEXT)) is foretells


@pytest.mark.parametrize("usage", [None, modulo.Usage(calls=1)])
async def test_without_a_bill_nothing_is_known(usage: modulo.Usage | None) -> None:
    bills = PromptBills()
    bills.note(FIRST, Generation(text="no", model="it", usage=usage))
    assert bills.beginning_of(NEXT) is None


async def test_of_several_samples_nobody_knows_the_share_of_each() -> None:
    with ScriptedServer(billing()) as server:
        model = llm_of(server)
        await model.generate_samples(FIRST, 2)
    assert model.worst_case(NEXT).prompt_tokens == bytes_of(model, NEXT)


async def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(llm_bills, "_MOST", 2)
    bills = PromptBills()
    for n in range(1, 5):
        answer = Generation(text="no", model="it", usage=modulo.Usage(calls=1, prompt_tokens=n))
        bills.note(request_of(f"{n}"), answer)
    found = [bills.beginning_of(replace(request_of(f"{n}"), begins_with=1)) for n in range(1, 5)]
    assert [one and one.tokens for one in found] == [1, 2, 3, 4]
    bills.note(request_of("5"), Generation(text="no", model="it", usage=modulo.Usage(calls=1, prompt_tokens=5)))
    assert bills.beginning_of(replace(request_of("1"), begins_with=1)) is None


async def test_a_model_can_be_copied_and_sent_to_another_process() -> None:
    model, _ = await after_first()
    for copied in (copy.deepcopy(model._bills), pickle.loads(pickle.dumps(model._bills))):
        assert copied.beginning_of(NEXT) == model._bills.beginning_of(NEXT)
    assert pickle.loads(pickle.dumps(LLM("openai/test", api_key=KEY))).model == "openai/test"


class _Explaining(Around):
    """Puts the same long words, or others each time, before what the model is asked."""

    def __init__(self, model: LLM, words: Callable[[int], str]) -> None:
        super().__init__(model)
        self._words = words

    def _explained(self, request: Request) -> Request:
        words = Message("system", self._words(request.turn))
        return replace(request, messages=(words, *request.messages))

    def worst_case(self, request: Request, samples: int = 1) -> modulo.Usage:
        return super().worst_case(self._explained(request), samples)

    async def generate(self, request: Request) -> Generation:
        return await super().generate(self._explained(request))


class _TakingTurns(Around):
    """Asks one model, then the other, and tells nobody."""

    def __init__(self, *models: LLM) -> None:
        super().__init__(models[0])
        self._all = models

    def _next(self, request: Request) -> LLM:
        return self._all[request.turn % len(self._all)]

    def worst_case(self, request: Request, samples: int = 1) -> modulo.Usage:
        return self._next(request).worst_case(request, samples)

    async def generate(self, request: Request) -> Generation:
        return await self._next(request).generate(request)


def explained(words: Callable[[int], str]) -> Callable[[LLM, LLM], Any]:
    return lambda model, other: _Explaining(model, words)


look = Tool(lambda problem: "nothing", name="look", description="Looks.", parameters={})

AROUND: dict[str, Callable[[LLM, LLM], Any]] = {
    "nothing": lambda model, other: model,
    "the same words before it": explained(lambda turn: "w" * 700),
    "other words each time": explained(lambda turn: "w" * (1500 if turn % 2 else 1)),
    "two models in turns": _TakingTurns,
    "two models to choose of": lambda model, other: Models({"a": model, "b": other}),
    "tools": lambda model, other: ToolLoop(model, [look]),
}


@pytest.mark.parametrize("tokens", [600, 3000, 9000])
@pytest.mark.parametrize("around", AROUND)
async def test_no_budget_is_overrun_whatever_stands_between_the_run_and_the_model(
    around: str, tokens: int
) -> None:
    with ScriptedServer(billing(0.1)) as server, ScriptedServer(billing(1.0, "other")) as other:
        models = [llm_of(one, max_output_tokens=10) for one in (server, other)]
        graph = graph_of(AROUND[around](*models))
        outcome = await modulo.solve(graph, "p" * 50, budget=Budget(tokens=tokens, rounds=40))
        billed = [one.billed.prompt_tokens + one.billed.completion_tokens for one in (server, other)]
    assert isinstance(outcome, Exhausted)
    assert sum(billed) == outcome.usage.tokens <= tokens
    assert outcome.stop_reason in (StopReason.TOKENS_LIMIT, StopReason.STUCK)
