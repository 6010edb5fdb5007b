"""Replay: what it refuses, and what it must be given."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import modulo
from modulo import (
    Graph,
    StopReason,
    Violation,
)
from modulo.errors import TraceError
from modulo.replaying import replay
from modulo.testing import ScriptedGenerator
from tests.modulo.recorded_runs import (
    ALL,
    Recorded,
    Source,
    edited,
    is_ok,
    of,
    one_generator,
    record,
    replayed,
    starts_with_ok,
)

# Faults --------------------------------------------------------------------------------------------------------


@pytest.mark.anyio
async def test_a_changed_problem_is_refused(tmp_path: Path) -> None:
    recorded = ALL["certified"]()
    await record(recorded, tmp_path / "trace.jsonl")

    def change(documents: list[dict[str, Any]]) -> None:
        documents[0]["problem"] = "q"

    with pytest.raises(TraceError, match="problem of the trace was changed"):
        await replayed(recorded, edited(tmp_path / "trace.jsonl", change))
    with pytest.raises(TraceError, match="another problem"):
        await replay(tmp_path / "trace.jsonl", graph=recorded.graph(), problem="q")


@pytest.mark.anyio
async def test_a_damaged_trace_is_refused_in_a_sentence(tmp_path: Path) -> None:
    recorded = ALL["certified"]()
    path = tmp_path / "trace.jsonl"
    await record(recorded, path)

    def without(kind: str, field: str) -> Callable[[list[dict[str, Any]]], None]:
        return lambda documents: of(documents, kind)[0].pop(field)

    def bad_settings(name: str, value: Any) -> Callable[[list[dict[str, Any]]], None]:
        return lambda documents: documents[0]["settings"].update({name: value})

    changes = [
        without("run_started", "settings"),
        without("generation_started", "node"),
        without("generation_started", "samples"),
        without("candidate_reformulated", "sha256"),
        without("run_finished", "stop_reason"),
        without("budget_settled", "attempt"),
        bad_settings("strategy", {"id": "modulo.strategies.refine:Refine", "options": 3}),
        bad_settings("retries", {"tries": 3}),
        bad_settings("budget", {"moons": 3}),
    ]
    for change in changes:
        with pytest.raises(TraceError, match="damaged"):
            await replay(edited(path, change), graph=recorded.graph())


@pytest.mark.anyio
async def test_a_setting_that_only_another_version_has_is_no_damage(tmp_path: Path) -> None:
    recorded = ALL["certified"]()
    path = tmp_path / "trace.jsonl"
    await record(recorded, path)

    def older(documents: list[dict[str, Any]]) -> None:
        strategy = {"id": "modulo.strategies.cascade:Cascade", "options": {"keeps_conversation": True}}
        documents[0]["settings"]["strategy"] = strategy

    with pytest.raises(modulo.ConfigurationError, match="Cascade has no keeps_conversation in this version"):
        await replay(edited(path, older), graph=recorded.graph())


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.parametrize("name", ["certified", "retries in vain"])
@pytest.mark.parametrize("odd", ["(gone)", None, True, "x", "\ud800", [], {"x": 1}], ids=ascii)
async def test_a_trace_with_anything_odd_in_it_is_replayed_or_refused(
    odd: Any, name: str, tmp_path: Path
) -> None:
    recorded = ALL[name]()
    path = tmp_path / "trace.jsonl"
    await record(recorded, path)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    places = [((i,), field) for i, line in enumerate(lines) for field in line]
    settings = [((0, "settings"), field) for field in lines[0]["settings"]]
    for where, field in [*places, *settings]:

        def change(documents: Any, where: Sequence[Any] = where, field: str = field) -> None:
            for step in where:
                documents = documents[step]
            documents[field] = odd
            if odd == "(gone)":
                del documents[field]

        with suppress(modulo.ModuloError):
            await replayed(recorded, edited(path, change))


@pytest.mark.anyio
@pytest.mark.parametrize(
    "claimed",
    [
        "os:system",
        "modulo.strategies.refine:_HOTTEST",
        "modulo.strategies:nothing",
        "subprocess:Popen",
        ":",
        "",
    ],
)
async def test_a_trace_cannot_name_what_is_imported_and_called(claimed: str, tmp_path: Path) -> None:
    recorded = ALL["certified"]()
    await record(recorded, tmp_path / "trace.jsonl")

    def change(documents: list[dict[str, Any]]) -> None:
        documents[0]["settings"]["strategy"] = {"id": claimed, "options": {}}

    with pytest.raises(modulo.ModuloError):
        await replay(edited(tmp_path / "trace.jsonl", change), graph=recorded.graph())


@pytest.mark.anyio
async def test_a_strategy_of_the_user_must_be_given(tmp_path: Path) -> None:
    recorded = ALL["samples"]()
    await record(recorded, tmp_path / "trace.jsonl")
    with pytest.raises(modulo.errors.ConfigurationError, match="give the strategy"):
        await replay(tmp_path / "trace.jsonl", graph=recorded.graph())


@dataclass
class Slot:
    """A problem of a type of its own."""

    start: int


@pytest.mark.anyio
async def test_a_problem_whose_type_nobody_declares_must_be_given(tmp_path: Path) -> None:
    def starts_late(problem: Any, candidate: Any) -> Iterator[Violation]:
        if problem.start < 9:
            yield Violation("early", "It starts too early.")

    def graph() -> Graph:
        return one_generator(Source(["a"]), modulo.critic(proves="it starts late", runs_in="loop")(starts_late))

    path = tmp_path / "trace.jsonl"
    with modulo.Trace(path) as trace:
        outcome = await modulo.solve(graph(), Slot(9), trace=trace)
    assert outcome.stop_reason is StopReason.CERTIFIED
    assert (await replay(path, graph=graph(), problem=Slot(9))).differences == ()
    assert (await replay(path, graph=graph())).differences


@pytest.mark.anyio
async def test_a_domain_that_is_not_installed_is_named(tmp_path: Path) -> None:
    recorded = ALL["certified"]()
    await record(recorded, tmp_path / "trace.jsonl")
    with pytest.raises(modulo.ModuloError, match="there is no domain 'test' here"):
        await replay(tmp_path / "trace.jsonl")


@pytest.mark.anyio
async def test_what_a_plain_function_gives_to_be_awaited_is_not_awaited_again(tmp_path: Path) -> None:
    calls: list[str] = []

    async def asked_of_a_model(text: str) -> str:
        calls.append(text)
        return f"{text} {len(calls)}"

    def converted(text: str) -> Any:
        return asked_of_a_model(text)

    def graph() -> Graph:
        graph = Graph("test")
        draft = graph.generator("draft", Source(["a", "ok"]))
        asked = graph.reformulator("asked", converted, reads=draft)
        parted = graph.reformulator("parted", lambda text: text.partition(" "), reads=asked)
        graph.critic("ok", is_ok, reads=graph.reformulator("first", lambda parts: parts[0], reads=parted))
        return graph

    recorded = Recorded(graph, {})
    outcome = await record(recorded, tmp_path / "trace.jsonl")
    assert (outcome.solution, calls) == ("ok", ["a", "ok"])

    result = await replayed(recorded, tmp_path / "trace.jsonl")

    assert (result.differences, result.stop_reason) == ((), StopReason.CERTIFIED)
    assert calls == ["a", "ok"]


# Runs without a graph -------------------------------------------------------------------------------------------


def asked_for(problem: str) -> str:
    return f"Say {problem}."


def first_word(text: str) -> str:
    return text.split()[0]


PARTS: dict[str, Any] = {"critics": [is_ok], "prompt": asked_for, "reformulator": first_word}


async def trace_of_parts(path: Path) -> Path:
    with modulo.Trace(path) as trace:
        source = ScriptedGenerator(["no way", "ok then"])
        assert isinstance(await modulo.solve("p", generator=source, trace=trace, **PARTS), modulo.Certified)
    return path


@pytest.mark.anyio
async def test_a_run_without_a_graph_is_replayed_with_its_critics(tmp_path: Path) -> None:
    trace = await trace_of_parts(tmp_path / "trace.jsonl")
    result = await replay(trace, **PARTS)
    assert (result.differences, result.attempts, result.stop_reason) == ((), 2, StopReason.CERTIFIED)


@pytest.mark.anyio
async def test_another_prompt_or_critic_than_the_recorded_one_differs(tmp_path: Path) -> None:
    trace = await trace_of_parts(tmp_path / "trace.jsonl")
    other_prompt = await replay(trace, **{**PARTS, "prompt": None})
    assert any("prompt_sha256" in difference for difference in other_prompt.differences)
    newer = modulo.critic(proves="it is ok", version="2")(starts_with_ok)
    (difference,) = (await replay(trace, **{**PARTS, "critics": newer})).differences
    assert difference == "critic 'starts_with_ok', version: recorded 1, now 2"


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({}, r"replay\(trace, graph=\.\.\.\), or .*critics=\["),
        ({"graph": Graph("g"), "critics": [is_ok]}, "not both"),
        ({"graph": Graph("g"), "prompt": asked_for}, "go with critics="),
        ({"reformulator": first_word}, "go with critics="),
    ],
)
async def test_what_a_run_without_a_graph_lacks_for_its_replay_is_said(
    given: dict[str, Any], sentence: str, tmp_path: Path
) -> None:
    trace = await trace_of_parts(tmp_path / "trace.jsonl")
    with pytest.raises(modulo.ConfigurationError, match=sentence):
        await replay(trace, **given)
