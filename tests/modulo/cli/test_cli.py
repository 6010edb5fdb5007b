"""The command line: exit codes, formats, and one sentence for every wrong input."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from modulo.cli.app import run
from modulo.domains.graph_coloring import DOMAIN, generate

COMMAND = [sys.executable, "-c", "from modulo.cli import main; main()"]
PROBLEM = {"nodes": ["A", "B"], "edges": [["A", "B"]], "colors": ["red", "blue"]}
RIGHT = {"A": "red", "B": "blue"}
WRONG = {"A": "red", "B": "red"}


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a problem, two candidates and a transcript that is right in round 3; the current one."""
    (tmp_path / "problem.json").write_text(json.dumps(PROBLEM))
    (tmp_path / "right.json").write_text(json.dumps(RIGHT))
    (tmp_path / "wrong.json").write_text(json.dumps(WRONG))
    usage = {"prompt_tokens": 100, "completion_tokens": 10}
    texts = ["no idea", json.dumps(WRONG), f"Then {json.dumps(RIGHT)}."]
    transcript = {"problem": PROBLEM, "model": "m", "responses": [{"text": t, "usage": usage} for t in texts]}
    (tmp_path / "runs.jsonl").write_text(json.dumps(transcript) + "\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def solve(*more: str) -> list[str]:
    return ["solve", "graph_coloring", "--problem", "problem.json", "--model", "transcript:runs.jsonl", *more]


def output(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def test_solve_prints_the_certified_answer_and_exits_with_0(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(solve()) == 0
    printed = capsys.readouterr()
    assert '{"A": "red", "B": "blue"}' in printed.out
    assert "certified (proof): proper colouring of this graph" in printed.out
    assert "3 rounds, 3 attempts, 3 calls, 300 + 30 tokens" in printed.out
    assert "round 1: rejected: malformed" in printed.err
    assert "round 2: rejected: conflict" in printed.err


def test_solve_prints_one_json_document(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(solve("--json")) == 0
    document = output(capsys)
    assert document["outcome"] == "certified"
    assert document["solution"] == RIGHT
    assert document["usage"]["prompt_tokens"] == 300
    assert [attempt["accepted"] for attempt in document["attempts"]] == [False, False, True]


@pytest.mark.parametrize(
    ("limit", "reason"),
    [
        (("--rounds", "2"), "rounds_limit"),
        (("--calls", "1"), "calls_limit"),
        (("--attempts", "2"), "attempts_limit"),
        (("--rounds", "0"), "rounds_limit"),
        (("--seconds", "0"), "seconds_limit"),
    ],
)
def test_a_limit_ends_the_run_with_its_reason_and_1(
    files: Path, capsys: pytest.CaptureFixture[str], limit: tuple[str, str], reason: str
) -> None:
    assert run(solve("--json", *limit)) == 1
    document = output(capsys)
    assert (document["outcome"], document["stop_reason"], document["solution"]) == ("exhausted", reason, None)


def test_a_recording_that_ends_is_stuck(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = json.loads((files / "runs.jsonl").read_text())
    lines["responses"] = lines["responses"][:1]
    (files / "runs.jsonl").write_text(json.dumps(lines))
    assert run(solve("--json")) == 1
    assert output(capsys)["stop_reason"] == "stuck"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["solve", "graph_colouring", "--model", "local"], "did you mean 'graph_coloring'"),
        (["solve", "graph_coloring"], "--model"),
        (["solve", "graph_coloring", "--model", "transcript:missing.jsonl"], "missing.jsonl cannot be read"),
        (["solve", "graph_coloring", "--model", "transcript:"], "needs a file"),
        (["solve", "graph_coloring", "--model", "transcript:."], "Is a directory"),
        (
            ["solve", "graph_coloring", "--model", "transcript:wrong.json"],
            "wrong.json, line 1 is no transcript",
        ),
        (["solve", "graph_coloring", "--model", "openai/"], "model: a name like"),
        (["check", "graph_coloring", "--problem", ".", "--candidate", "right.json"], "Is a directory"),
        (["solve", "graph_coloring", "--model", "local:missing.gguf"], "missing.gguf"),
        (["solve", "graph_coloring", "--model", "planner:none"], "no planner"),
        (["solve", "graph_coloring", "--model", "no_such_provider/model"], "no_such_provider"),
        (solve("--rounds", "-1"), "at least 0"),
        (solve("--cost-usd", "nan"), "finite"),
        (solve("--rounds", "many"), "--rounds"),
        (solve("--cost-usd", "inf"), "finite"),
        (solve("--seconds", "-1"), "at least 0"),
        (solve("--temperature", "nan"), "temperature must be a finite number of at least 0, not nan"),
        (solve("--temperature", "inf"), "temperature must be a finite number of at least 0, not inf"),
        (solve("--temperature", "-1"), "temperature must be a finite number of at least 0, not -1.0"),
        (solve("--max-output-tokens", "0"), "max_output_tokens must be a whole number of at least 1, not 0"),
        (solve("--reasoning-effort", ""), "reasoning_effort must be a word"),
        (solve("--seed", "-1"), "seed must be a whole number from 0 to 2**53 - 1, not -1"),
        (solve("--seed", str(2**53)), "seed must be a whole number"),
        (solve("--rounds", str(2**53)), "--rounds"),
        (solve("--tokens", str(10**30)), "--tokens"),
        (solve("--history", str(10**30)), "--history"),
        (solve("--max-output-tokens", str(10**30)), "--max-output-tokens"),
        (solve("--width", "0"), "--width"),
        (solve("--width", "1000000000"), "--width"),
        (solve("--history", "-1"), "history"),
        (solve("--granularity", "most"), "--granularity"),
        (solve("--certificate", "no/such/folder/c.json"), "no folder"),
        (solve("--certificate", "runs.jsonl"), "runs.jsonl exists already; name a new file"),
        (solve("--certificate", "new", "--trace", "new"), "--certificate and --trace both name new"),
        (solve("--trace", "no/such/folder/t.jsonl"), "cannot be written"),
        (solve("--trace", "runs.jsonl"), "exists already"),
        (["check", "graph_coloring"], "--problem"),
        (["check", "--batch", "runs.jsonl", "graph_coloring"], "--batch"),
        (["check", "--batch", "missing.jsonl"], "missing.jsonl cannot be read"),
        (["check", "graph_coloring", "--problem", "runs.jsonl", "--candidate", "right.json"], "problem"),
        (["check", "graph_coloring", "--problem", "problem.json", "--candidate", "missing"], "missing"),
        (["verify", "missing.json"], "missing.json cannot be read"),
        (["replay", "missing.jsonl"], "missing.jsonl cannot be read"),
        (["replay", "problem.json"], "no trace"),
        (["graph", "nonsense"], "no domain 'nonsense'"),
        (["dance"], "dance"),
    ],
)
def test_wrong_input_is_told_in_a_sentence_with_2(
    files: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    assert run(arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert sentence in printed.err
    assert "Traceback" not in printed.err


@pytest.mark.parametrize("text", ["", "{", "[]", '{"nodes": 3}', "\x00", '{"nodes": ["A"], "nodes": ["B"]}'])
def test_a_bad_problem_file_is_told_in_a_sentence(
    files: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    (files / "problem.json").write_text(text)
    assert run(solve()) == 2
    assert capsys.readouterr().err.startswith("modulo: problem.json: not ")


def test_a_binary_file_is_told_in_a_sentence(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (files / "problem.json").write_bytes(b"\x00\xff\xfe")
    assert run(["check", "graph_coloring", "--problem", "problem.json", "--candidate", "right.json"]) == 2
    assert capsys.readouterr().err == "modulo: problem.json: not JSON: no UTF-8 text from byte 1 on\n"


def test_a_certificate_that_cannot_be_written_is_no_success_and_the_answer_is_printed(
    files: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (files / "folder").mkdir()
    command = solve("--certificate", "folder/c.json")
    monkeypatch.setattr("modulo.cli.solve._refuse_bad_paths", lambda given: (files / "folder").rmdir())
    assert run(command) == 2
    printed = capsys.readouterr()
    assert '{"A": "red", "B": "blue"}' in printed.out
    assert "folder/c.json cannot be written" in printed.err


def test_a_missing_key_is_told_before_the_first_call(
    files: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    assert run(["solve", "graph_coloring", "--model", "openai/gpt-4o-mini"]) == 2
    assert "OPENAI_API_KEY" in capsys.readouterr().err


def test_an_internal_error_is_3_without_a_traceback(
    files: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(DOMAIN), "example", lambda self: 1 / 0)
    assert run(["solve", "graph_coloring", "--model", "transcript:runs.jsonl"]) == 3
    error = capsys.readouterr().err
    assert "internal error: ZeroDivisionError" in error
    assert "Traceback" not in error


def test_a_prompt_of_a_domain_that_fails_is_3_and_is_named(
    files: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("modulo.domains.graph_coloring.domain.prompt", lambda problem: 1 / 0)
    assert run(["solve", "graph_coloring", "--model", "transcript:runs.jsonl"]) == 3
    assert "the prompt of generator 'painter' failed: ZeroDivisionError" in capsys.readouterr().err


def test_debug_shows_the_traceback_and_exits_with_the_same_code(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["graph", "nonsense"], debug=True) == 2
    error = capsys.readouterr().err
    assert "Traceback" in error
    assert "modulo: there is no domain 'nonsense'" in error


def test_check_judges_one_candidate(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["check", "graph_coloring", "--problem", "problem.json", "--candidate"]
    assert run([*arguments, "right.json"]) == 0
    assert "accept" in capsys.readouterr().out
    assert run([*arguments, "wrong.json", "--json"]) == 1
    document = output(capsys)
    assert document["verdict"] == "reject"
    assert document["critiques"][0]["violations"][0]["code"] == "conflict"


@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz"])
def test_a_batch_is_answered_row_by_row_in_order(
    files: Path, capsys: pytest.CaptureFixture[str], suffix: str
) -> None:
    rows = [
        {"id": 1, "domain": "graph_coloring", "problem": PROBLEM, "candidate": RIGHT, "expected": "accept"},
        {"id": "two", "domain": "graph_coloring", "problem": PROBLEM, "candidate": WRONG},
        {"id": 3, "domain": "graph_coloring", "problem": PROBLEM, "candidate": json.dumps(RIGHT)},
        {"id": 4, "domain": "graph_coloring", "problem": PROBLEM, "candidate": f"Sure: {json.dumps(RIGHT)}"},
        {"id": 5, "domain": "graph_coloring", "problem": PROBLEM, "candidate": None},
    ]
    path = files / f"rows{suffix}"
    data = "\n".join(map(json.dumps, rows)).encode()
    path.write_bytes(gzip.compress(data) if suffix.endswith("gz") else data)
    assert run(["check", "--batch", str(path)]) == 0
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [answer["id"] for answer in answers] == [1, "two", 3, 4, 5]
    assert [answer["verdict"] for answer in answers] == ["accept", "reject", "accept", "reject", "reject"]
    assert set(answers[1]["violations"][0]) == {"code", "message", "location"}
    assert all(answer["seconds"] >= 0 for answer in answers)


def test_rows_that_cannot_be_read_are_errors_and_the_others_are_answered(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = {"id": 9, "domain": "graph_coloring", "problem": PROBLEM, "candidate": RIGHT}
    rows = [
        "not json",
        "[]",
        json.dumps({**good, "domain": "nonsense"}),
        json.dumps({**good, "problem": {}}),
        json.dumps({key: good[key] for key in ("id", "domain", "problem")}),
        json.dumps(good),
    ]
    (files / "rows.jsonl").write_text("\n".join(rows))
    assert run(["check", "--batch", "rows.jsonl"]) == 2
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [answer["verdict"] for answer in answers] == ["error"] * 5 + ["accept"]
    assert all(answer["error"] for answer in answers[:5])


@pytest.mark.parametrize(
    ("row", "answered"),
    [
        ('{"id": 7, "domain": "graph_coloring", "problem": {}, "candidate": NaN}', 7),
        ('{"domain": "graph_coloring", "problem": {}, "candidate": [1e400], "id": "seven"}', "seven"),
        ('{"id": 7, "domain": "graph_coloring", "domain": "graph_coloring", "candidate": 1}', 7),
        ('{"id": {"run": 7, "row": 1}, "candidate": -Infinity}', {"run": 7, "row": 1}),
        ('{"id": 9007199254740993, "candidate": 1}', 9007199254740993),
        ('{"id": 7, "domain": "graph_coloring"}', 7),
        ('{"id": 7, "domain": "no_such_domain", "problem": {}, "candidate": 1}', 7),
        ('{"id": 7, "domain": "graph_col', 7),
        ('{"id": 7, "candidate": ' + "[" * 100_000 + "}", 7),
        ('{"id": 7, "candidate": "\udcff"}', 7),
        ('{"id": 7, "id": 8, "candidate": 1}', None),
        ('{"id": NaN, "candidate": 1}', None),
        ('{"id": 1e400, "candidate": 1}', None),
        ('{"id": "\udcff", "candidate": NaN}', None),
        ('{"candidate": NaN}', None),
        ('["id", 7, NaN]', None),
        ("nothing", None),
    ],
)
def test_the_answer_to_a_bad_row_carries_the_id_that_can_be_read(
    files: Path, capsys: pytest.CaptureFixture[str], row: str, answered: object
) -> None:
    (files / "rows.jsonl").write_bytes(row.encode("utf-8", "surrogateescape"))
    assert run(["check", "--batch", "rows.jsonl"]) == 2
    answer = output(capsys)
    assert (answer["id"], answer["verdict"], answer["violations"]) == (answered, "error", [])
    assert answer["error"]


def test_a_certificate_is_written_and_verified(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(solve("--certificate", "c.json")) == 0
    assert run(["verify", "c.json"]) == 0
    assert run(["verify", "c.json", "--problem", "problem.json"]) == 0
    capsys.readouterr()
    (files / "other.json").write_text(json.dumps({**PROBLEM, "colors": ["red", "blue", "green"]}))
    assert run(["verify", "c.json", "--problem", "other.json", "--json"]) == 1
    assert output(capsys)["reason"] == "the certificate is about another problem"


def test_a_changed_certificate_does_not_hold(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(solve("--certificate", "c.json")) == 0
    path = files / "c.json"
    path.write_text(path.read_text().replace("proper colouring", "optimal colouring"))
    capsys.readouterr()
    assert run(["verify", "c.json"]) == 1
    assert "does not hold" in capsys.readouterr().out


def test_a_trace_replays_without_the_model(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(solve("--trace", "t.jsonl")) == 0
    (files / "runs.jsonl").unlink()
    capsys.readouterr()
    assert run(["replay", "t.jsonl", "--json"]) == 0
    assert output(capsys) == {"same": True, "differences": [], "attempts": 3, "stop_reason": "certified"}


def test_the_largest_numbers_that_are_taken_replay(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    largest = str(2**53 - 1)
    limits = [argument for flag in ("rounds", "tokens", "calls", "seed") for argument in (f"--{flag}", largest)]
    assert run(solve("--trace", "t.jsonl", "--seconds", "1e308", "--cost-usd", "1e308", *limits)) == 0
    assert run(["replay", "t.jsonl"]) == 0


def test_a_changed_trace_does_not_replay(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(solve("--trace", "t.jsonl")) == 0
    text = (files / "t.jsonl").read_text()
    changed = text.replace('"verdict":"accept"', '"verdict":"undecided"', 1)
    assert changed != text
    (files / "changed.jsonl").write_text(changed)
    capsys.readouterr()
    assert run(["replay", "changed.jsonl"]) == 1
    assert "critic 'proper_coloring'" in capsys.readouterr().out


def test_a_graph_is_drawn_in_both_formats(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["graph", "graph_coloring"]) == 0
    assert capsys.readouterr().out.startswith("flowchart LR")
    assert run(["graph", "graph_coloring", "--format", "dot"]) == 0
    assert capsys.readouterr().out.startswith('digraph "graph_coloring"')


@pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux")
@pytest.mark.parametrize(
    ("script", "state", "detail"),
    [("exit 0", "ok", "bwrap"), ("echo 'no permission' >&2; exit 1", "absent", "no permission")],
)
def test_the_doctor_tries_the_sandbox(
    script: str,
    state: str,
    detail: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    bwrap = tmp_path / "bwrap"
    bwrap.write_text(f"#!/bin/sh\n{script}\n")
    bwrap.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    run(["doctor", "--json"])
    findings = {finding["what"]: finding for finding in json.loads(capsys.readouterr().out)["findings"]}
    assert findings["sandbox bwrap"]["state"] == state
    assert detail in findings["sandbox bwrap"]["detail"]


def test_the_doctor_tells_what_each_extra_lacks(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from importlib import metadata

    requires = ['pytest>=8; extra == "sign"', "no-such-package (>=1) ; extra == 'solvers'", "click"]
    monkeypatch.setattr(metadata, "requires", lambda name: requires)
    assert run(["doctor", "--json"]) == 0
    found = {finding["what"]: finding for finding in output(capsys)["findings"]}
    assert found["extra sign"]["state"] == "ok"
    assert found["extra sign"]["detail"].startswith("pytest ")
    assert found["extra solvers"]["state"] == "absent"
    assert found["extra solvers"]["detail"] == "pip install 'llm-modulo[solvers]' brings no-such-package"


def test_the_doctor_never_shows_a_key(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    assert run(["doctor", "--json"]) == 0
    printed = capsys.readouterr().out
    assert "sk-secret" not in printed
    states = {finding["what"]: finding["state"] for finding in json.loads(printed)["findings"]}
    assert states["key OPENAI_API_KEY"] == "ok"
    assert states["domain graph_coloring"] == "ok"


def test_the_installed_command_reads_dimacs(files: Path) -> None:
    problem, planted = generate(nodes=5, seed=1)
    numbers = {node: str(i) for i, node in enumerate(problem.nodes, 1)}
    colors = {color: f"color{i}" for i, color in enumerate(problem.colors, 1)}
    edges = "".join(f"e {numbers[one]} {numbers[other]}\n" for one, other in problem.edges)
    (files / "g.col").write_text(f"c colors 3\np edge 5 {len(problem.edges)}\n{edges}")
    (files / "candidate").write_text(json.dumps({numbers[n]: colors[c] for n, c in planted.items()}))
    arguments = ["check", "graph_coloring", "--problem", "g.col", "--candidate", "candidate"]
    assert subprocess.run([*COMMAND, *arguments], capture_output=True, check=False).returncode == 0


def test_a_budget_without_room_for_the_first_call_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    dear = ("solve", "simulated", "--model", "simulated:easy=1,hard=1,cost_usd=0.5", "--cost-usd", "0.1")
    assert run(dear) == 1
    told = "no call was made: prompt and longest answer do not fit the budget"
    assert told in capsys.readouterr().out
    assert run([*dear[:-1], "1"]) == 0
    assert told not in capsys.readouterr().out
