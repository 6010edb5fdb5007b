"""Tools of a domain on the command line and in studies: consulted where wanted, and refused where there are none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from modulo.bench.folder import StudyFolder
from modulo.cli.app import run
from tests.scripted_server import RecordedRequest, ScriptedServer
from tests.scripted_steps import Reply

CALCULATION = ("calculate", '{"expression": "4 * 5 + 10"}')
RIGHT = "4 * 5 + 10 - 6"


def answered(request: RecordedRequest) -> Reply:
    """The model calculates first, and answers when it sees the result."""
    if any(message["role"] == "tool" for message in request.body["messages"]):
        return Reply(RIGHT)
    return Reply("", tool_calls=(CALCULATION,))


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedServer]:
    """A model named ``openai/test`` at its usual address."""
    monkeypatch.chdir(tmp_path)
    with ScriptedServer(answered) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-none")
        yield server


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert run([*arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_model_may_consult_the_tools_of_the_domain(
    server: ScriptedServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("solve", "game24", "--model", "openai/test", "--tools", "--trace", "trace.jsonl")
    document = printed(capsys, *arguments)
    assert document["outcome"] == "certified"
    assert (document["usage"]["rounds"], document["usage"]["calls"]) == (1, 2)
    assert '\\"value\\":\\"30\\"' in (tmp_path / "trace.jsonl").read_text()
    assert run(["replay", "trace.jsonl"]) == 0
    assert len(server.requests) == 2


def test_tools_are_not_offered_unless_they_are_wanted(
    server: ScriptedServer, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["solve", "game24", "--model", "openai/test", "--rounds", "1"])
    assert "tools" not in server.requests[0].body


def test_a_study_tries_models_with_tools_and_without(
    server: ScriptedServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "study.toml").write_text("""
name = "tools"
budget = { calls = 2 }
strategies = { refine = "refine" }
[models]
alone = "openai/test"
[models.calculating]
model = "openai/test"
tools = true
input_usd_per_million = 1
output_usd_per_million = 1
[[problems]]
domain = "game24"
files = ["problem.json"]
""")
    (tmp_path / "problem.json").write_text('{"numbers": [4, 5, 6, 10], "target": 24}')
    printed(capsys, "bench", "study.toml")
    alone, calculating = StudyFolder(tmp_path / "tools-results").rows()
    assert (alone.certified, alone.usage.rounds) == (False, 2)
    assert (calculating.certified, calculating.usage.rounds, calculating.usage.calls) == (True, 1, 2)
    assert calculating.usage.cost_usd == pytest.approx(calculating.usage.tokens / 1e6)


def test_a_study_of_one_domain_takes_tools_as_an_option(
    server: ScriptedServer, capsys: pytest.CaptureFixture[str]
) -> None:
    spot = ("bench", "game24", "--model", "openai/test", "--tools", "--count", "1", "--rounds", "1")
    assert printed(capsys, *spot)["study"]["models"]["openai/test"]["tools"] is True
    assert server.requests[0].body["tools"][0]["function"]["name"] == "calculate"


@pytest.mark.parametrize(
    "arguments", [("solve", "graph_coloring"), ("bench", "graph_coloring", "--count", "1", "--rounds", "1")]
)
def test_a_domain_without_tools_says_so_before_the_first_call(
    server: ScriptedServer, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    assert run([*arguments, "--model", "openai/test", "--tools"]) == 2
    assert "the domain 'graph_coloring' has no tools" in capsys.readouterr().err
    assert not server.requests


def test_tools_are_nothing_to_say_of_a_study_file_or_of_results(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for target in ("study.toml", str(tmp_path)):
        assert run(["bench", target, "--tools"]) == 2
        assert "--tools does not go with" in capsys.readouterr().err


def test_a_model_that_chooses_others_has_no_tools_of_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "study.toml").write_text("""
strategies = { cascade = "cascade" }
problems = [{ domain = "game24", count = 1 }]
models.one = "openai/test"
models.both = { choose = ["one"], tools = true }
""")
    assert run(["bench", str(tmp_path / "study.toml")]) == 2
    assert "a model that chooses others has no 'tools'; say it of each of them" in capsys.readouterr().err


def test_a_set_without_tools_is_refused_before_the_others_are_paid_for(
    server: ScriptedServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "study.toml").write_text("""
strategies = { refine = "refine" }
problems = [{ domain = "game24", count = 1 }, { domain = "graph_coloring", count = 1 }]
models.one = { model = "openai/test", tools = true }
""")
    assert run(["bench", "study.toml"]) == 2
    assert "the domain 'graph_coloring' has no tools" in capsys.readouterr().err
    assert not server.requests
