"""Functions as generators: text or a whole generation, plain or async, and nothing else."""

from __future__ import annotations

import functools
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any

import anyio
import anyio.lowlevel
import pytest

import modulo
from modulo import Generation, Message, Problem, Request, StopReason, Usage
from modulo.generators.function import FunctionGenerator, as_generator
from modulo.testing import ScriptedGenerator

REQUEST = Request(
    problem=Problem.of("p", domain="test"), messages=(Message("user", "hello"),), node="draft", turn=3
)


def shouts(request: Request) -> str:
    return request.messages[-1].content.upper()


async def whispers(request: Request) -> str:
    await anyio.lowlevel.checkpoint()
    return request.messages[-1].content.lower()


class Shouts:
    """An object that is called like a function."""

    def __call__(self, request: Request) -> str:
        return shouts(request)


class Whispers:
    """An object with an async call."""

    async def __call__(self, request: Request) -> str:
        return await whispers(request)

    async def method(self, request: Request) -> str:
        return await whispers(request)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("function", "text"),
    [
        (shouts, "HELLO"),
        (whispers, "hello"),
        (Shouts(), "HELLO"),
        (Whispers(), "hello"),
        (Whispers().method, "hello"),
        (lambda request: whispers(request), "hello"),
        (functools.partial(shouts), "HELLO"),
        (functools.partial(whispers), "hello"),
    ],
)
async def test_every_kind_of_function_is_a_generator(function: Callable[..., Any], text: str) -> None:
    generator = as_generator(function)
    assert isinstance(generator, FunctionGenerator)
    generation = await generator.generate(REQUEST)
    assert generation.text == text
    assert generation.usage == Usage(calls=1)
    assert generator.describe()["generator"] == "function"


@pytest.mark.anyio
async def test_a_whole_generation_is_passed_on_as_it_is() -> None:
    whole = Generation(text="a", usage=None, model="mine")
    assert await FunctionGenerator(lambda request: whole).generate(REQUEST) is whole


@pytest.mark.anyio
async def test_a_plain_function_runs_on_a_thread_and_an_async_one_in_the_loop() -> None:
    where: list[int] = []

    def plain(request: Request) -> str:
        where.append(threading.get_ident())
        return ""

    async def later(request: Request) -> str:
        where.append(threading.get_ident())
        return ""

    await FunctionGenerator(plain).generate(REQUEST)
    await FunctionGenerator(later).generate(REQUEST)
    here = threading.get_ident()
    assert where[0] != here
    assert where[1] == here


async def yields(request: Request) -> AsyncIterator[str]:
    yield "a"


@pytest.mark.anyio
@pytest.mark.parametrize("answer", [None, 5, b"text", ["text"], {"text": "a"}], ids=repr)
async def test_anything_but_text_is_a_failed_generation(answer: Any) -> None:
    with pytest.raises(TypeError, match="a generator returns text"):
        await FunctionGenerator(lambda request: answer).generate(REQUEST)


@pytest.mark.anyio
@pytest.mark.parametrize("function", [lambda request: None, yields])
async def test_a_run_with_a_function_that_gives_no_text_ends_as_an_error(function: Any) -> None:
    always = modulo.critic(proves="nothing")(lambda problem, candidate: [])
    outcome = await modulo.solve("p", generator=function, critics=[always])
    assert outcome.stop_reason is StopReason.ERROR
    assert "a generator returns text" in str(outcome.error)


def test_what_is_a_generator_already_stays_itself_and_what_is_none_is_refused() -> None:
    scripted = ScriptedGenerator([])
    assert as_generator(scripted) is scripted
    for thing in (5, "text", None, ScriptedGenerator, str, ["a"]):
        assert as_generator(thing) is None
