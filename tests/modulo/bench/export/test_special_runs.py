"""Exports of runs whose answers are more than a call and its text: votes, forced thoughts, tools."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import anyio
import pytest

import modulo
from modulo.batch import check_lines
from modulo.bench import problem_sets, running
from modulo.bench.export import exported_rows
from modulo.bench.folder import StudyFolder
from modulo.budget import Usage
from modulo.domain import find_domain
from modulo.protocols import Finish, Generation, Generator, Request, ToolCall
from tests.modulo.bench.studies import RIGHT, WRONG, colored

BILL = Usage(calls=1, prompt_tokens=10, completion_tokens=5)


class _Thinker(Generator):
    """Comes to an answer only when it is made to go on."""

    takes_prefill = True

    async def generate(self, request: Request) -> Generation:
        return Generation(text=f" then {RIGHT}" if request.prefix else "So many colors.", usage=BILL)


class _Asker(Generator):
    """Asks a tool before it answers, wrongly at first."""

    async def generate(self, request: Request) -> Generation:
        assert request.toolbox is not None
        if not request.toolbox.consultations:
            call = ToolCall(id="1", tool="count", arguments='{"color": "red"}')
            return Generation(text="", finish=Finish.TOOL_CALLS, usage=BILL, tool_calls=(call,))
        return Generation(text=RIGHT if request.turn else WRONG, usage=BILL)


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Callable[[Generator], None]:
    """Has a generator answer in place of the study's model."""
    return lambda generator: monkeypatch.setattr(running, "generator_of", lambda *_: generator)


def rows(folder: StudyFolder, form: Any) -> list[dict[str, Any]]:
    return list(exported_rows(folder, form))


def verdicts(documents: Sequence[Mapping[str, Any]]) -> list[str]:
    async def judge() -> list[str]:
        lines = [json.dumps(document).encode() for document in documents]
        return [row.document["verdict"] async for row in check_lines(lines)]

    return anyio.run(judge)


def test_an_answer_that_won_a_vote_and_was_rejected_is_in_a_pair(tmp_path: Path) -> None:
    strategies = {"vote": "self_consistency:n=3", "best": "best_of_n:n=3,width=1"}
    pairs = rows(colored(tmp_path, WRONG, WRONG, RIGHT, strategies=strategies), "preferences")
    assert [row["provenance"]["rejected"]["strategy"] for row in pairs].count("vote") == 1
    assert set(verdicts(pairs)) == {"reject"}
    assert all(row["chosen"] != row["rejected"] for row in pairs)


def test_a_winner_of_a_vote_is_a_solution_to_the_first_prompt(tmp_path: Path) -> None:
    (row,) = rows(colored(tmp_path, RIGHT, WRONG, RIGHT, strategies={"vote": "self_consistency:n=3"}), "sft")
    assert [message["role"] for message in row["messages"]] == ["user", "assistant"]
    assert row["messages"][-1]["content"] == RIGHT
    assert verdicts([row]) == ["accept"]


def test_trajectories_tell_which_words_were_put_into_a_models_mouth(
    tmp_path: Path, answering: Callable[[Generator], None]
) -> None:
    answering(_Thinker())
    folder = colored(tmp_path, RIGHT, strategies={"forced": "budget_forcing:waits=1"})
    (run,) = rows(folder, "trajectories")
    (solution,) = rows(folder, "sft")
    assert [attempt["prefix"] for attempt in run["attempts"]] == ["", "So many colors.\nWait"]
    assert run["attempts"][1]["text"] == f"So many colors.\nWait then {RIGHT}"
    assert solution["messages"][-1]["content"] == run["attempts"][1]["text"]
    assert verdicts([solution]) == ["accept"]


def test_trajectories_tell_what_tools_said(
    tmp_path: Path, answering: Callable[[Generator], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def count(problem: object, color: str) -> str:
        """How many nodes have a color."""
        return f"one {color}"

    schema: Any = {"type": "object", "properties": {"color": {"type": "string"}}, "required": ["color"]}
    kind = type(find_domain("graph_coloring"))

    class WithTools(kind):  # type: ignore[misc,valid-type]
        def graph(self, generator: Generator) -> Any:
            return super().graph(modulo.ToolLoop(generator, [modulo.Tool(count, parameters=schema)]))

    monkeypatch.setattr(problem_sets, "find_domain", lambda _: WithTools())
    answering(_Asker())
    folder = colored(tmp_path, RIGHT)
    (run,) = rows(folder, "trajectories")
    assert ["one red" in json.dumps(attempt["extra"]) for attempt in run["attempts"]] == [True, True]
    assert run["usage"]["calls"] == 4
    assert verdicts(rows(folder, "sft")) == ["accept"]
    assert verdicts(rows(folder, "preferences")) == ["reject"]
