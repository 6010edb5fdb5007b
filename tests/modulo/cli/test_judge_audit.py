"""``modulo audit DOMAIN --judge MODEL``."""

from __future__ import annotations

import json

import pytest

from modulo.cli.app import run
from modulo.generators.function import FunctionGenerator
from tests.modulo.audit.judges.test_judges import knows


def test_a_judge_is_measured_with_as_many_answers_as_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[str] = []

    def generator(model: str, **_: object) -> FunctionGenerator:
        asked.append(model)
        return FunctionGenerator(knows)

    monkeypatch.setattr("modulo.cli.judge_audit.generator_from_string", generator)
    assert run(["audit", "graph_coloring", "--judge", "openai/oracle", "--n", "8", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert asked == ["openai/oracle"]
    assert (document["domain"], document["documents"], document["right"]) == ("graph_coloring", 8, 4)
    assert run(["audit", "graph_coloring", "--judge", "openai/oracle", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["documents"] == 100


@pytest.mark.parametrize(
    "arguments",
    [
        ["--judge", "local", "--specimens", "a:b"],
        ["--judge", "local", "--cases", "x.jsonl"],
        ["--cost-usd", "1"],
    ],
)
def test_options_that_do_not_go_together_are_refused(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["audit", "graph_coloring", *arguments]) == 2
    assert "--judge" in capsys.readouterr().err


def test_what_cannot_be_measured_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["audit", "nowhere", "--judge", "local"]) == 2
    assert "there is no domain 'nowhere'" in capsys.readouterr().err
    assert run(["audit", "graph_coloring", "--judge", "transcript:"]) == 2
