"""Tools consulted over HTTP: what is sent, what is told, what it costs, and that a replay calls nothing again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import modulo
from modulo import (
    Budget,
    Certified,
    ConfigurationError,
    Exhausted,
    Finish,
    Generation,
    GenerationError,
    Outcome,
    Refine,
    StopReason,
    Tool,
    ToolLoop,
    Usage,
)
from modulo.generators.function import FunctionGenerator
from modulo.generators.price import Price
from modulo.protocols import Request
from modulo.running.charging import charged_answer
from modulo.running.retrying import Retries
from modulo.testing import ScriptedGenerator
from modulo.toolbox import ToolCall
from tests.llm_calls import llm_of, request_of
from tests.modulo.generators.conftest import no_keys, warm_litellm  # noqa: F401  fixtures
from tests.modulo.loops import graph_of, is_ok
from tests.scripted_server import ScriptedServer
from tests.scripted_steps import Reply, Reports, Stall, Status, Step, Tokens, context_overflow

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("warm_litellm", "no_keys")]

PRICE = Price(input_usd_per_million=1, output_usd_per_million=2)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Doubling:
    """A tool that counts how often it is called."""

    def __init__(self) -> None:
        self.calls = 0

    def tool(self) -> Tool:
        return Tool(
            self.double,
            name="double",
            description="Doubles a number.",
            parameters={"properties": {"x": {"type": "integer"}}, "required": ["x"]},
        )

    def double(self, problem: Any, x: int) -> int:
        self.calls += 1
        if x < 0:
            raise ValueError("too small")
        return 2 * x


def calls(*arguments: str, tool: str = "double", **options: Any) -> Reply:
    return Reply(
        None, tool_calls=tuple((tool, one) for one in arguments), finish_reason="tool_calls", **options
    )


async def run(steps: Sequence[Step], *, loop: dict[str, Any] | None = None, **options: Any) -> Any:
    """The outcome of a run against a server with this script, the server, and the tool."""
    doubling = Doubling()
    with ScriptedServer(steps) as server:
        model = llm_of(server, price=PRICE, max_output_tokens=100, timeout_seconds=1.0)
        settings: dict[str, Any] = {"retries": Retries(max_tries=2, base_seconds=0), **(loop or {})}
        graph = graph_of(ToolLoop(model, [doubling.tool()], **settings))
        outcome = await modulo.solve(graph, "p", **({"budget": Budget(rounds=1)} | options))
    return outcome, server, doubling


def assert_books_are_the_servers(outcome: Outcome[Any], server: ScriptedServer) -> None:
    billed, known = server.billed, server.billed_and_reported
    assert outcome.usage.calls == billed.calls
    assert (outcome.usage.prompt_tokens, outcome.usage.completion_tokens) == (
        known.prompt_tokens,
        known.completion_tokens,
    )
    cost = 1e-6 * (known.prompt_tokens + 2 * known.completion_tokens)
    assert outcome.usage.cost_usd == pytest.approx(cost)
    unreported = server.billed_unreported
    assert outcome.unconfirmed.prompt_tokens >= unreported.prompt_tokens
    assert outcome.unconfirmed.completion_tokens >= unreported.completion_tokens


def results_in(server: ScriptedServer) -> list[str]:
    """What the last request tells of tools."""
    return [each["content"] for each in server.requests[-1].body["messages"] if each["role"] == "tool"]


async def test_a_tool_is_called_and_its_result_goes_back_to_the_model() -> None:
    replies = [calls('{"x": 21}', tokens=Tokens(prompt=30, completion=9)), Reply("ok 42")]
    outcome, server, doubling = await run(replies)
    assert isinstance(outcome, Certified)
    assert outcome.solution == "ok 42"
    assert doubling.calls == 1
    first, second = (request.body for request in server.requests)
    assert [tool["function"]["name"] for tool in first["tools"]] == ["double"]
    assert first["tool_choice"] == "auto"
    asked, told = second["messages"][-2:]
    assert asked["tool_calls"][0]["function"] == {"name": "double", "arguments": '{"x": 21}'}
    assert told == {"role": "tool", "tool_call_id": "call_0", "content": "42"}
    assert_books_are_the_servers(outcome, server)


async def test_what_tools_said_stands_with_the_answer() -> None:
    outcome, _, _ = await run([calls('{"x": 1}'), calls('{"x": 2}'), Reply("ok")])
    assert outcome.attempts[0].generation.extra["consulted"] == [
        {"tool": "double", "arguments": '{"x": 1}', "result": "2"},
        {"tool": "double", "arguments": '{"x": 2}', "result": "4"},
    ]


async def test_an_answer_without_tools_is_an_answer() -> None:
    outcome, server, doubling = await run([Reply("ok")])
    assert isinstance(outcome, Certified)
    assert doubling.calls == 0
    assert "consulted" not in outcome.attempts[0].generation.extra
    assert_books_are_the_servers(outcome, server)


async def test_halves_of_surrogate_pairs_that_a_model_writes_are_not_sent() -> None:
    reply = Reply("\ud800", tool_calls=(("double", '{"x": 1}'),), finish_reason="tool_calls")
    outcome, _, _ = await run([reply, Reply("ok")])
    assert isinstance(outcome, Certified)


async def test_parallel_calls_are_all_answered() -> None:
    outcome, server, _ = await run([calls('{"x": 1}', '{"x": -1}', '{"x": 3}'), Reply("ok")])
    assert isinstance(outcome, Certified)
    assert results_in(server) == ["2", "error: ValueError: too small", "6"]


@pytest.mark.parametrize(
    "arguments", ["{", '{"y": 1}', '{"x": "one"}', "[]", "", "\u0000", "{" * 9999, '"\ud800"', '{"\ud800": 1}']
)
async def test_malformed_arguments_are_told_to_the_model(arguments: str) -> None:
    outcome, server, doubling = await run([calls(arguments), Reply("ok")])
    assert isinstance(outcome, Certified)
    assert doubling.calls == 0
    assert results_in(server)[0].startswith("error: the arguments do not fit")
    assert isinstance(
        json.loads(server.requests[1].body["messages"][-2]["tool_calls"][0]["function"]["arguments"]), dict
    )
    assert_books_are_the_servers(outcome, server)


@pytest.mark.parametrize("name", ["halve", "", "no name at all!", "x" * 500])
async def test_a_tool_that_does_not_exist_is_told_to_the_model(name: str) -> None:
    outcome, server, _ = await run([calls("{}", tool=name), Reply("ok")])
    assert isinstance(outcome, Certified)
    assert results_in(server) == ["error: there is no tool of that name; there are double"]
    sent = server.requests[1].body["messages"][-2]["tool_calls"][0]["function"]["name"]
    assert 0 < len(sent) <= 64
    assert " " not in sent


async def test_after_the_last_call_the_model_is_told_to_answer() -> None:
    outcome, server, doubling = await run(
        [calls('{"x": 1}', '{"x": 2}', '{"x": 3}'), Reply("ok")], loop={"max_calls": 2}
    )
    assert isinstance(outcome, Certified)
    assert doubling.calls == 2
    assert results_in(server)[-1].startswith("error: not called")
    assert server.requests[1].body["tool_choice"] == "none"


async def test_a_model_that_calls_tools_for_ever_is_stopped() -> None:
    outcome, server, doubling = await run([calls('{"x": 1}')] * 4, loop={"max_calls": 3})
    assert isinstance(outcome, Exhausted)
    assert doubling.calls == 3
    (critique,) = outcome.attempts[0].critiques
    assert critique.violations[0].code == "malformed"
    assert_books_are_the_servers(outcome, server)


async def test_an_answer_that_is_rejected_is_followed_by_a_backprompt_without_the_tools_turns() -> None:
    replies = [calls('{"x": 1}'), Reply("no"), calls('{"x": 2}'), Reply("ok")]
    outcome, server, _ = await run(replies, budget=Budget(rounds=2), strategy=Refine())
    assert isinstance(outcome, Certified)
    roles = [message["role"] for message in server.requests[2].body["messages"]]
    assert roles == ["user", "assistant", "user"]
    assert_books_are_the_servers(outcome, server)


@pytest.mark.parametrize("reports", [Reports.MISSING, Reports.NULL, Reports.ZERO])
@pytest.mark.parametrize("which", [0, 1])
async def test_a_missing_bill_is_booked_as_the_worst_case(reports: Reports, which: int) -> None:
    replies = [calls('{"x": 1}', reports=reports if which == 0 else Reports.FULL)]
    replies += [Reply("ok", reports=reports if which == 1 else Reports.FULL)]
    outcome, server, _ = await run(replies)
    assert isinstance(outcome, Certified)
    assert outcome.unconfirmed.completion_tokens == 100
    assert_books_are_the_servers(outcome, server)


async def test_a_fault_of_transport_after_a_tool_is_tried_again() -> None:
    outcome, server, doubling = await run([calls('{"x": 1}'), Status(503), Reply("ok")])
    assert isinstance(outcome, Certified)
    assert doubling.calls == 1
    assert outcome.usage.calls == 3
    assert outcome.usage.prompt_tokens == server.billed.prompt_tokens


FAULTS: list[list[Step]] = [[Status(503), Status(503)], [context_overflow()], [Stall(), Stall()]]


@pytest.mark.parametrize("faults", FAULTS)
async def test_a_call_that_fails_after_a_tool_fails_the_attempt_and_its_bills_stand(faults: list[Step]) -> None:
    outcome, server, _ = await run([calls('{"x": 1}'), *faults])
    assert isinstance(outcome, Exhausted)
    assert outcome.attempts[0].error is not None
    assert outcome.attempts[0].error.startswith("after it consulted tools: ")
    assert outcome.usage.calls == 1 + len(faults)
    known = server.billed_and_reported
    assert (outcome.usage.prompt_tokens, outcome.usage.completion_tokens) == (
        known.prompt_tokens,
        known.completion_tokens,
    )
    assert outcome.unconfirmed.completion_tokens >= server.billed_unreported.completion_tokens


async def test_the_budget_is_never_overrun_by_tools() -> None:
    outcome, server, _ = await run([calls('{"x": 1}')] * 2, budget=Budget(calls=2))
    assert isinstance(outcome, Exhausted)
    assert outcome.stop_reason is StopReason.CALLS_LIMIT
    assert outcome.usage.calls == len(server.requests) == 2
    assert_books_are_the_servers(outcome, server)


async def test_what_tools_said_is_part_of_the_next_worst_case() -> None:
    long = Tool(lambda problem: "x" * 2900, parameters={}, name="long", description="Long.")
    with ScriptedServer([calls("{}", tool="long")]) as server:
        graph = graph_of(ToolLoop(llm_of(server, max_output_tokens=100), [long]))
        outcome = await modulo.solve(graph, "p", budget=Budget(tokens=3000, rounds=1))
    assert outcome.attempts[0].error == "after it consulted tools: the limit on tokens is reached"
    assert outcome.usage.prompt_tokens == server.billed.prompt_tokens


@pytest.mark.parametrize("above", [False, True])
async def test_where_calls_after_tools_find_no_room_that_limit_ends_the_run(
    above: bool, tmp_path: Path
) -> None:
    long = Tool(lambda problem: "x" * 9000, parameters={}, name="long", description="Long.")
    budget, path = Budget(tokens=3500), tmp_path / "trace.jsonl"
    with ScriptedServer([calls("{}", tool="long")] * 3) as server, modulo.Trace(path) as trace:
        graph = graph_of(ToolLoop(llm_of(server, max_output_tokens=100), [long]))
        where: dict[str, Any] = {"within": modulo.Ledger(budget)} if above else {"budget": budget}
        outcome = await modulo.solve(graph, "p", trace=trace, **where)
    assert isinstance(outcome, Exhausted)
    assert outcome.stop_reason is StopReason.TOKENS_LIMIT
    assert [attempt.error_kind for attempt in outcome.attempts] == ["tokens_limit"] * 3
    replayed = await modulo.replay(path, graph=graph_of([]))
    assert replayed.differences == ()


async def test_a_generator_that_finds_no_room_for_a_call_of_its_own_is_ended_by_that_limit() -> None:
    model, budget = ScriptedGenerator(["ok"]), Budget(calls=1)

    async def asks_another(request: Request) -> Generation:
        return await charged_answer(model, request, retries=Retries())

    outcome = await modulo.solve(graph_of(FunctionGenerator(asks_another)), "p", budget=budget)
    assert outcome.stop_reason is StopReason.CALLS_LIMIT
    assert outcome.attempts[0].error_kind == "calls_limit"


SCRIPTS: list[list[Step]] = [
    [calls('{"x": 1}'), Reply("no"), calls('{"x": 2}', "{"), Reply("ok")],
    [calls('{"x": 1}'), Status(503), Status(503), Reply("no"), Reply("ok")],
    [Reply("no"), calls('{"x": 1}'), calls('{"x": 1}', reports=Reports.MISSING), Reply("ok")],
]


@pytest.mark.parametrize("script", SCRIPTS)
async def test_a_replay_makes_the_same_decisions_and_calls_no_tool(script: list[Step], tmp_path: Path) -> None:
    path = tmp_path / "trace.jsonl"
    with modulo.Trace(path) as trace:
        outcome, _, doubling = await run(script, trace=trace, budget=Budget(rounds=4))
    before = doubling.calls
    replayed = await modulo.replay(path, graph=graph_of([]))
    assert replayed.differences == ()
    assert replayed.attempts == len(outcome.attempts)
    assert doubling.calls == before


async def test_an_attempt_that_the_budget_cut_short_is_replayed(tmp_path: Path) -> None:
    path = tmp_path / "trace.jsonl"
    with modulo.Trace(path) as trace:
        outcome, _, _ = await run([calls('{"x": 1}')] * 2, trace=trace, budget=Budget(calls=2))
    replayed = await modulo.replay(path, graph=graph_of([]))
    assert replayed.differences == ()
    assert replayed.attempts == len(outcome.attempts)


async def test_the_bill_of_a_call_that_failed_in_part_is_booked() -> None:
    failure = GenerationError("no room", bill=Usage(calls=1, prompt_tokens=7, completion_tokens=3))
    outcome = await modulo.solve(graph_of([failure]), "p", budget=Budget(rounds=1))
    assert (outcome.usage.calls, outcome.usage.prompt_tokens, outcome.usage.completion_tokens) == (1, 7, 3)


async def test_a_call_that_is_written_as_text_is_a_call() -> None:
    written = '{"name": "double", "arguments": {"x": 21}}'
    outcome, server, doubling = await run([Reply(written), Reply("ok")])
    assert isinstance(outcome, Certified)
    assert doubling.calls == 1
    assert results_in(server) == ["42"]
    assert_books_are_the_servers(outcome, server)


async def test_a_model_that_knows_no_tools_simply_answers() -> None:
    loop = ToolLoop(ScriptedGenerator(["ok"]), [Doubling().tool()])
    outcome = await modulo.solve(graph_of(loop), "p")
    assert isinstance(outcome, Certified)


async def test_outside_of_a_run_it_answers_too() -> None:
    with ScriptedServer([calls('{"x": 1}'), Reply("so")]) as server:
        answer = await ToolLoop(llm_of(server), [Doubling().tool()]).generate(request_of("hi"))
    assert answer.text == "so"


async def test_it_goes_on_from_no_beginning() -> None:
    assert not ToolLoop(llm_of("http://127.0.0.1:1/v1", prefill=True), [Doubling().tool()]).takes_prefill


@pytest.mark.parametrize(
    "settings",
    [
        {"tools": []},
        {"tools": [3]},
        {"tools": [Doubling().tool(), Doubling().tool()]},
        {"max_calls": 0},
        {"model": 3},
    ],
)
def test_settings_that_make_no_sense_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="ToolLoop"):
        ToolLoop(**{"model": ScriptedGenerator(["ok"]), "tools": [Doubling().tool()], **settings})


async def test_an_answer_that_calls_tools_but_names_no_call_is_malformed() -> None:
    def script(request: Request) -> Generation:
        return Generation(text="", finish=Finish.TOOL_CALLS)

    model = ScriptedGenerator(script)
    outcome = await modulo.solve(graph_of(ToolLoop(model, [Doubling().tool()])), "p", budget=Budget(rounds=2))
    assert isinstance(outcome, Exhausted)
    assert len(model.requests) == outcome.usage.calls == 2
    assert [a.generation.finish for a in outcome.attempts if a.generation] == [Finish.MALFORMED] * 2


async def test_a_tool_that_changes_the_problem_changes_a_copy(tmp_path: Path) -> None:
    def pops(problem: dict[str, list[int]]) -> int:
        return problem["left"].pop()

    def script(request: Request) -> Generation:
        if request.toolbox and request.toolbox.consultations:
            return Generation(text=request.toolbox.consultations[-1].results[0])
        return Generation(
            text="",
            finish=Finish.TOOL_CALLS,
            tool_calls=(ToolCall(id="1", tool="pop", arguments="{}"),),
        )

    tool = Tool(pops, name="pop", description="Takes one.", parameters={})
    graph = modulo.Graph("pops")
    model = ToolLoop(ScriptedGenerator(script), [tool])
    draft = graph.generator("draft", model, prompt=lambda problem: f"left: {problem}")
    read = graph.reformulator("read", lambda text, problem: f"{text} of {problem['left']}", reads=draft)
    graph.critic("ok", is_ok, reads=read)
    with modulo.Trace(tmp_path / "t.jsonl") as trace:
        outcome = await modulo.solve(
            graph, {"left": [1, 2, 3]}, strategy=Refine(), budget=Budget(rounds=2), trace=trace
        )
    assert [a.candidate.value() for a in outcome.attempts if a.candidate] == ["3 of [1, 2, 3]"] * 2
    assert (await modulo.replay(tmp_path / "t.jsonl", graph=graph)).differences == ()
