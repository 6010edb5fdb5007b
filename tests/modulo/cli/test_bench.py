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
                "cost_usd": None,
                "per_certified": {
                    "calls": {"value": 2.0, "low": 1.0, "high": None},
                    "tokens": {"value": 220.0, "low": 110.0, "high": None},
                },
                "solved_after": [1, 1, 1, 1],
            },
            {
                "suite": "small",
                "model": "slow [b]",
                "problems": 1,
                "calls": 3,
                "prompt_tokens": 300,
                "completion_tokens": 30,
                "cost_usd": None,
                "per_certified": {
                    "calls": {"value": 3.0, "low": None, "high": None},
                    "tokens": {"value": 330.0, "low": None, "high": None},
                },
                "solved_after": [0, 0, 1, 1],
            },
        ]
    }
    assert printed.err == ""


def test_for_people_there_is_a_line_for_each_model(runs: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["bench", "graph_coloring", "--replay", runs]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "suite\tmodel\tproblems\tcalls\ttokens read\twritten\ttokens per certified answer\t"
        "dollars per certified answer\tsolved after round 1, 2, ..",
        "small\tgood\t2\t2\t200\t20\t220 (110 to no bound)\tno price\t1 and no more",
        "small\tslow [b]\t1\t3\t300\t30\t330\tno price\t0, 0, 1 and no more",
    ]


def test_prices_of_the_command_line_are_put_on_recorded_tokens(
    runs: str, capsys: pytest.CaptureFixture[str]
) -> None:
    prices = ("--price", "good=1,10", "--price", "slow [b]=0.5,2.5e0")
    assert run(["bench", "graph_coloring", "--replay", runs, *prices, "--json"]) == 0
    good, slow = json.loads(capsys.readouterr().out)["groups"]
    assert good["cost_usd"] == pytest.approx((200 * 1 + 20 * 10) / 1e6)
    assert good["per_certified"]["cost_usd"]["value"] == pytest.approx((200 * 1 + 20 * 10) / 1e6)
    assert slow["cost_usd"] == pytest.approx((300 * 0.5 + 30 * 2.5) / 1e6)


def test_on_a_terminal_there_is_a_table_in_which_names_are_no_markup(
    runs: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "200")
    assert run(["bench", "graph_coloring", "--replay", runs]) == 0
    printed = capsys.readouterr()
    assert "│ slow [b] │" in printed.out
    assert "3/3" in printed.err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "Missing argument 'TARGET'"),
        (["graph_coloring"], "say --model MODEL for a study of graph_coloring, or --replay FILE"),
        (
            ["graph_coloring", "--replay", "runs", "--price", "best=1,2"],
            "no run of a model 'best' to put a price on; there are good, slow [b]",
        ),
        (["graph_coloring", "--replay", "runs", "--price", "good=1"], "'good=1' is no MODEL=IN,OUT"),
        (["graph_coloring", "--replay", "runs", "--price", "=1,2"], "'=1,2' is no MODEL=IN,OUT"),
        (["graph_coloring", "--replay", "runs", "--price", "good=a,2"], "'good=a,2' is no MODEL=IN,OUT"),
        (["graph_coloring", "--replay", "runs", "--price", "good=-1,2"], "-1.0 is no price"),
        (["graph_coloring", "--replay", "runs", "--price", "good=nan,2"], "nan is no price"),
        (
            ["graph_coloring", "--replay", "runs", "--price", "good=1,2", "--price", "good=1,2"],
            "names 'good' twice",
        ),
        (["graph_coloring", "--replay", "runs", "--model", "m"], "--model does not go with --replay"),
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
