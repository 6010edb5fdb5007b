"""``modulo bench``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from modulo.cli.app import run

PROBLEM = {"nodes": ["A", "B"], "edges": [["A", "B"]], "colors": ["red", "blue"]}
RIGHT, WRONG = json.dumps({"A": "red", "B": "blue"}), json.dumps({"A": "red", "B": "red"})


@pytest.fixture
def runs(tmp_path: Path) -> str:
    usage = {"prompt_tokens": 100, "completion_tokens": 10}
    rows = [
        {
            "suite": "small",
            "model": model,
            "domain": "graph_coloring",
            "problem": PROBLEM,
            "responses": [{"text": text, "usage": usage} for text in texts],
        }
        for model, texts in [("good", [RIGHT]), ("slow [b]", [WRONG, "no idea", RIGHT]), ("good", [WRONG])]
    ]
    path = tmp_path / "runs.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def test_the_document_has_a_number_for_every_round(runs: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["bench", "graph_coloring", "--replay", runs, "--rounds", "4", "--json"]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out) == {
        "groups": [
            {
                "suite": "small",
                "model": "good",
                "problems": 2,
                "calls": 2,
                "prompt_tokens": 200,
                "completion_tokens": 20,
                "solved_after": [1, 1, 1, 1],
            },
            {
                "suite": "small",
                "model": "slow [b]",
                "problems": 1,
                "calls": 3,
                "prompt_tokens": 300,
                "completion_tokens": 30,
                "solved_after": [0, 0, 1, 1],
            },
        ]
    }
    assert printed.err == ""


def test_for_people_there_is_a_line_for_each_model(runs: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["bench", "graph_coloring", "--replay", runs]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "suite\tmodel\tproblems\tcalls\ttokens read\twritten\tsolved after round 1, 2, ..",
        "small\tgood\t2\t2\t200\t20\t1 and no more",
        "small\tslow [b]\t1\t3\t300\t30\t0, 0, 1 and no more",
    ]


def test_on_a_terminal_there_is_a_table_in_which_names_are_no_markup(
    runs: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "150")
    assert run(["bench", "graph_coloring", "--replay", runs]) == 0
    printed = capsys.readouterr()
    assert "│ slow [b] │" in printed.out
    assert "3/3" in printed.err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["graph_coloring"], "Missing option '--replay'"),
        (["nothing", "--replay", "runs"], "no domain 'nothing'"),
        (["graph_coloring", "--replay", "missing.jsonl"], "missing.jsonl cannot be read"),
        (["graph_coloring", "--replay", "bad.jsonl"], "bad.jsonl, line 1: not JSON"),
        (["graph_coloring", "--replay", "cut.jsonl.gz"], "cut.jsonl.gz cannot be read"),
        (["graph_coloring", "--replay", "runs", "--rounds", "0"], "0 is not in the range"),
        (["pddl", "--replay", "runs"], "is of the domain 'graph_coloring', not 'pddl'"),
    ],
)
def test_wrong_input_is_answered_in_one_sentence(
    runs: str,
    arguments: list[str],
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("bad.jsonl").write_text("{")
    Path("cut.jsonl.gz").write_bytes(b"\x1f\x8b\x08\x00")
    assert run(["bench", *[runs if argument == "runs" else argument for argument in arguments]]) == 2
    printed = capsys.readouterr()
    assert says in printed.err
    assert "Traceback" not in printed.err
    assert printed.out == ""
