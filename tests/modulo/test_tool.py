"""Tools: what they say of good and bad arguments, of exceptions, of deadlines, and how long that may be."""

from __future__ import annotations

import threading
from typing import Any

import anyio
import pytest
from pydantic import BaseModel

from modulo import ConfigurationError, Tool
from modulo.clock import SystemClock

pytestmark = pytest.mark.anyio

SCHEMA = {"properties": {"x": {"type": "integer"}}, "required": ["x"]}


async def said(tool: Tool, arguments: str, problem: Any = "problem") -> str:
    return await tool.call(problem, arguments, SystemClock())


def add(problem: Any, x: int) -> int:
    """Adds one."""
    return x + 1


async def add_later(problem: Any, x: int) -> int:
    await anyio.lowlevel.checkpoint()
    return x + 1


class Arguments(BaseModel):
    x: int


@pytest.mark.parametrize(
    "tool",
    [
        Tool(add, parameters=SCHEMA),
        Tool(add, parameters=Arguments),
        Tool(add_later, parameters=SCHEMA, description="Adds one."),
        Tool(lambda problem, x: add_later(problem, x), parameters=SCHEMA, name="add", description="Adds one."),
    ],
)
async def test_a_tool_says_what_its_function_returns(tool: Tool) -> None:
    assert await said(tool, '{"x": 2}') == "3"


def test_a_tool_is_named_and_described_by_its_function() -> None:
    spec = Tool(add, parameters=SCHEMA).spec()
    assert (spec.name, spec.description) == ("add", "Adds one.")
    assert spec.parameters["additionalProperties"] is False


async def test_a_tool_sees_the_problem() -> None:
    tool = Tool(lambda problem: [problem], parameters={}, name="see", description="Shows it.")
    assert await said(tool, "", "the problem") == '["the problem"]'


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ('{"x": "2"}', "is not of type 'integer'"),
        ('{"x": true}', "is not of type 'integer'"),
        ('{"x": 2, "y": 3}', "'y' was unexpected"),
        ("{}", "'x' is a required property"),
        ("", "'x' is a required property"),
        ("[2]", "is not of type 'object'"),
        ('{"x": 2', "do not fit"),
        ('{"x": 2, "x": 3}', "do not fit"),
        ('{"x": 1e999999999}', "do not fit"),
        ('{"x": ' + "9" * 5000 + "}", "do not fit"),
        ("[" * 99_000, "do not fit"),
        (" " * 99_000 + "{" * 100_001, "more than 100,000 characters"),
        ("__import__('os').getpid()", "do not fit"),
    ],
)
async def test_arguments_that_do_not_fit_are_told_and_not_raised(arguments: str, complaint: str) -> None:
    answer = await said(Tool(add, parameters=SCHEMA), arguments)
    assert answer.startswith("error: the arguments do not fit")
    assert complaint in answer
    assert len(answer) < 400


async def test_an_exception_is_told_in_a_sentence() -> None:
    def fails(problem: Any) -> None:
        raise RuntimeError("no\nluck " + "x" * 10_000)

    answer = await said(Tool(fails, parameters={}, description="Fails."), "{}")
    assert answer.startswith("error: RuntimeError: no luck x")
    assert len(answer) < 400


async def test_a_result_that_is_no_json_is_told() -> None:
    tool = Tool(lambda problem: object(), parameters={}, name="odd", description="Odd.")
    assert (await said(tool, "{}")).startswith("error: ")


async def test_long_results_are_cut_off() -> None:
    tool = Tool(lambda p: "x" * 99_999, parameters={}, name="long", description="Long.", max_characters=10)
    assert await said(tool, "{}") == "x" * 10 + "... (99,999 characters, cut off)"


async def test_halves_of_surrogate_pairs_are_no_part_of_a_result() -> None:
    tool = Tool(lambda p: "a\ud800b", parameters={}, name="odd", description="Odd.")
    assert await said(tool, "{}") == "a?b"


async def test_an_async_function_is_ended_at_its_deadline() -> None:
    ended = []

    async def hangs(problem: Any) -> None:
        try:
            await anyio.sleep_forever()
        finally:
            ended.append(True)

    tool = Tool(hangs, parameters={}, description="Hangs.", max_seconds=0.01)
    assert await said(tool, "{}") == "error: hangs gave no answer within 0.01 s"
    assert ended


async def test_a_plain_function_that_hangs_is_left_alone_and_soon_not_called_any_more() -> None:
    release = threading.Event()
    tool = Tool(
        lambda problem: release.wait(30), parameters={}, name="hangs", description="Hangs.", max_seconds=0.01
    )
    try:
        answers = [await said(tool, "{}") for _ in range(6)]
    finally:
        release.set()
    assert answers[:4] == ["error: hangs gave no answer within 0.01 s"] * 4
    assert "still works on 4 calls" in answers[4]


@pytest.mark.parametrize(
    "settings",
    [
        {"function": 3},
        {"name": "no name"},
        {"name": ""},
        {"description": " "},
        {"parameters": {"type": "array"}},
        {"parameters": {"type": "no such type"}},
        {"parameters": None},
        {"max_seconds": 0},
        {"max_characters": 0},
    ],
)
def test_settings_that_make_no_sense_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        Tool(**{"function": add, "parameters": SCHEMA, **settings})


async def test_calls_that_were_cancelled_before_a_thread_had_them_are_none_at_work() -> None:
    tool = Tool(add, parameters=SCHEMA)
    for _ in range(10):
        with anyio.CancelScope() as scope:
            scope.cancel()
            await said(tool, '{"x": 1}')
    assert await said(tool, '{"x": 1}') == "2"


class Unspeakable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


@pytest.mark.parametrize(
    ("error", "says"), [(SystemExit(3), "error: SystemExit: 3"), (Unspeakable(), "error: Unspeakable")]
)
@pytest.mark.parametrize("is_async", [False, True])
async def test_an_exit_and_an_error_without_words_are_told_too(
    error: BaseException, says: str, is_async: bool
) -> None:
    def fails(problem: Any) -> None:
        raise error

    async def fails_later(problem: Any) -> None:
        raise error

    function = fails_later if is_async else fails
    assert await said(Tool(function, name="fail", description="Fails.", parameters={}), "{}") == says
