"""Replay: a difference is reported wherever something was changed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import pytest

import modulo
from modulo import (
    Refine,
    Violation,
)
from modulo.protocols import Expansion, Strategy
from modulo.replaying import replay
from modulo.tree import Tree
from tests.modulo.recorded_runs import (
    ALL,
    Flaky,
    Samples,
    Source,
    edited,
    of,
    one_generator,
    record,
    replayed,
    run,
)


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.parametrize("name", ALL)
async def test_every_changed_verdict_is_reported(name: str, tmp_path: Path) -> None:
    recorded = ALL[name]()
    await record(recorded, tmp_path / "trace.jsonl")
    critiques = of(
        [json.loads(line) for line in (tmp_path / "trace.jsonl").read_text().splitlines()], "critique"
    )
    for number, critique in enumerate(critiques):
        if critique.get("failed"):
            continue  # failures are taken from the trace, so nothing contradicts them

        def change(documents: list[dict[str, Any]], number: int = number) -> None:
            document = of(documents, "critique")[number]
            is_accepted = document["verdict"] == "accept"
            document["verdict"] = "reject" if is_accepted else "accept"
            document["violations"] = [{"code": "x", "message": "x"}] if is_accepted else []

        result = await replayed(recorded, edited(tmp_path / "trace.jsonl", change))
        assert result.differences, f"critique {number}"


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.parametrize("name", ALL)
async def test_every_changed_answer_is_reported(name: str, tmp_path: Path) -> None:
    recorded = ALL[name]()
    await record(recorded, tmp_path / "trace.jsonl")
    documents = [json.loads(line) for line in (tmp_path / "trace.jsonl").read_text().splitlines()]
    answers = [document for document in of(documents, "generation_finished") if "text" in document]
    for number in range(len(answers)):

        def change(documents: list[dict[str, Any]], number: int = number) -> None:
            with_text = [document for document in of(documents, "generation_finished") if "text" in document]
            with_text[number]["text"] += "?"

        result = await replayed(recorded, edited(tmp_path / "trace.jsonl", change))
        assert any("not what was recorded" in difference for difference in result.differences)


@pytest.mark.anyio
@pytest.mark.parametrize(
    "name", ["certified", "wide", "stages", "nested", "first certified cancels the rest", "best"]
)
async def test_an_answer_and_its_hash_changed_together_are_reported_by_what_follows(
    name: str, tmp_path: Path
) -> None:
    recorded = ALL[name]()
    await record(recorded, tmp_path / "trace.jsonl")

    def change(documents: list[dict[str, Any]]) -> None:
        document = of(documents, "generation_finished")[0]
        document["text"] = "ZZ"
        document["text_sha256"] = modulo.canonical.sha256_hex(b"ZZ")

    result = await replayed(recorded, edited(tmp_path / "trace.jsonl", change))
    if name == "nested":  # what an async conversion made of it is taken from the trace
        assert all("prompt_sha256" in difference for difference in result.differences)
    assert result.differences


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        ("generation_started", "parent", 1),
        ("generation_started", "prompt_sha256", "0" * 64),
        ("generation_started", "round", 7),
        ("candidate_reformulated", "sha256", "0" * 64),
        ("candidate_reformulated", "content", "something else"),
        ("attempt_finished", "accepted", True),
        ("certified", "candidate_sha256", "0" * 64),
        ("certified", "claim", "it is better than ok"),
        ("run_finished", "stop_reason", "rounds_limit"),
        ("run_finished", "attempt", 0),
        ("run_finished", "usage", {"calls": 3}),
        ("backprompt", "reveals", "nothing"),
        ("backprompt", "violations_shown", 7),
        ("attempt_finished", "violations", 7),
        ("attempt_finished", "round", 7),
        ("prompt", "role", "system"),
        ("prompt", "after", "0" * 64),
        ("attempt_finished", "error", "it failed"),
        ("generation_finished", "usage", {"calls": 1, "completion_tokens": 9}),
        ("budget_settled", "bill", {"calls": 1}),
        ("budget_settled", "unconfirmed", {"calls": 1, "cost_usd": 1.0}),
    ],
)
async def test_a_changed_decision_is_reported(kind: str, field: str, value: Any, tmp_path: Path) -> None:
    recorded = ALL["certified"]()
    await record(recorded, tmp_path / "trace.jsonl")

    def change(documents: list[dict[str, Any]]) -> None:
        of(documents, kind)[0][field] = value

    assert (await replayed(recorded, edited(tmp_path / "trace.jsonl", change))).differences


@pytest.mark.anyio
@pytest.mark.parametrize("name", ["retries in vain", "cancelled in the queue", "retries until the limit"])
async def test_every_changed_bill_is_reported(name: str, tmp_path: Path) -> None:
    recorded = ALL[name]()
    await record(recorded, tmp_path / "trace.jsonl")
    count = sum(
        b'"type":"budget_settled"' in line for line in (tmp_path / "trace.jsonl").read_bytes().splitlines()
    )
    for number in range(count):

        def change(documents: list[dict[str, Any]], number: int = number) -> None:
            bill = of(documents, "budget_settled")[number]["bill"]
            bill["completion_tokens"] = bill.get("completion_tokens", 0) + 5

        assert (await replayed(recorded, edited(tmp_path / "trace.jsonl", change))).differences


@pytest.mark.anyio
@pytest.mark.parametrize(
    "name", ["certified", "wide", "first certified cancels the rest", "stages, wide", "nested, wide"]
)
async def test_a_critic_that_now_judges_otherwise_is_reported_and_the_replay_ends(
    name: str, tmp_path: Path
) -> None:
    recorded = ALL[name]()
    await record(recorded, tmp_path / "trace.jsonl")
    for judgement in ([], [Violation("never", "Never.")]):
        graph = recorded.graph()
        for critic in graph.critics.values():
            replacement = modulo.critic(proves="something else", runs_in="loop")(
                lambda *args, j=judgement: list(j)
            )
            graph.critics[critic.name] = type(critic)(
                name=critic.name, critic=replacement, reads=critic.reads, backprompts=critic.backprompts
            )
        result = await replayed(recorded, tmp_path / "trace.jsonl", graph)
        assert any("critic" in difference for difference in result.differences)


@pytest.mark.anyio
@pytest.mark.parametrize(
    "strategy",
    [
        Refine(width=1),
        Refine(width=2),
        Refine(width=7),
        Refine(width=4, restart_after=1),
        Samples(0),
        Samples(2, 4),
    ],
)
async def test_a_strategy_that_now_asks_otherwise_is_reported_and_the_replay_ends(
    strategy: Strategy, tmp_path: Path
) -> None:
    class Nothing(Strategy):
        def ask(self, tree: Tree, n: int) -> Sequence[Expansion]:
            return ()

    recorded = ALL["wide"]()
    await record(recorded, tmp_path / "trace.jsonl")
    if isinstance(strategy, Samples) and not strategy.samples:
        strategy = Nothing()
    with anyio.fail_after(30):
        result = await replay(tmp_path / "trace.jsonl", graph=recorded.graph(), strategy=strategy)
    assert result.differences


@pytest.mark.anyio
async def test_a_critic_of_another_version_or_with_other_options_is_named(tmp_path: Path) -> None:
    class Versioned(Flaky):
        def options(self) -> Mapping[str, Any]:
            return {"strict": self.version == "2"}

    recorded = run(lambda: one_generator(Source(["a", "ok"]), Versioned()))
    await record(recorded, tmp_path / "trace.jsonl")
    graph = recorded.graph()
    graph.critics["critic 0"].critic.version = "2"
    assert (await replayed(recorded, tmp_path / "trace.jsonl", graph)).differences == (
        "critic 'critic 0', version: recorded 1, now 2",
        "critic 'critic 0', options: recorded {'strict': False}, now {'strict': True}",
    )


@pytest.mark.anyio
async def test_a_changed_limit_is_reported(tmp_path: Path) -> None:
    for name, limits in (
        ("wide calls limit", {"calls": 4}),
        ("wide calls limit", {"calls": 9}),
        ("tokens limit", {"tokens": 20}),
        ("rounds limit", {"rounds": 2}),
        ("rounds limit", {"rounds": 4}),
        ("samples and an attempts limit", {"attempts": 5}),
    ):
        recorded = ALL[name]()
        path = tmp_path / f"{name} {limits}.jsonl"
        await record(recorded, path)

        def change(documents: list[dict[str, Any]], limits: dict[str, int] = limits) -> None:
            documents[0]["settings"]["budget"].update(limits)

        assert (await replayed(recorded, edited(path, change))).differences, (name, limits)
