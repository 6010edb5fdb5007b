"""``modulo bench`` of studies."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anyio
import pytest

from modulo.bench import running
from modulo.bench.folder import StudyFolder
from modulo.cli.app import run
from modulo.outcome import StopReason
from modulo.protocols import Generation, Generator, Request
from tests.scripted_server import ScriptedServer
from tests.scripted_steps import Reply

SPOT = [
    "bench", "simulated", "--model", "simulated:easy=0.5,hard=0.2,cost_usd=0.01", "--strategy", "refine",
    "--strategy", "best_of_n:n=4,width=1", "--count", "6", "--seed", "3", "--calls", "4",
]  # fmt: skip
STUDY = """
name = "two kinds"
[budget]
calls = 4
[models]
sim = "simulated:easy=0.5,hard=0.2"
[strategies]
refine = "refine"
best = "best_of_n:n=4,width=1"
[[problems]]
domain = "simulated"
count = 3
[[problems]]
name = "hard"
domain = "simulated"
count = 3
difficulty = { difficulty = "hard" }
"""


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def printed(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> Any:
    assert run([*arguments, "--json"]) == code
    return json.loads(capsys.readouterr().out)


def test_a_study_on_the_spot_is_run_and_kept(capsys: pytest.CaptureFixture[str]) -> None:
    document = printed(capsys, *SPOT)
    assert document["runs"] == {"finished": 12, "expected": 12}
    assert document["study"]["problems"][0]["seed"] == 3
    assert [one["group"]["strategy"] for one in document["groups"]] == ["refine", "best_of_n:n=4,width=1"]
    for one in document["groups"]:
        assert one["per_certified"]["cost_usd"]["value"] == pytest.approx(
            one["spent"]["cost_usd"] / one["certified"]
        )
    assert len(document["comparisons"]) == 1
    assert len(StudyFolder(Path("simulated-results")).rows()) == 12


def test_the_same_command_runs_nothing_again(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = printed(capsys, *SPOT)
    monkeypatch.setattr(running, "generator_of", None)
    assert printed(capsys, *SPOT) == first
    assert printed(capsys, "bench", "simulated-results") == first


def test_another_study_does_not_go_into_the_same_folder(capsys: pytest.CaptureFixture[str]) -> None:
    printed(capsys, *SPOT)
    assert run([*SPOT, "--repeats", "2"]) == 2
    assert "simulated-results holds the results of another study" in capsys.readouterr().err
    assert printed(capsys, *SPOT, "--repeats", "2", "--out", "other")["runs"]["finished"] == 24


def test_a_command_that_was_refused_can_be_mended(capsys: pytest.CaptureFixture[str]) -> None:
    wrong = ["bench", "graph_coloring", "--model", "simulated:easy=1", "--count", "1", "--out", "here"]
    assert run(wrong) == 2
    assert "answers problems of the domain 'simulated' only" in capsys.readouterr().err
    assert printed(capsys, *SPOT, "--out", "here")["runs"]["finished"] == 12


def test_a_study_file_is_run_from_its_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "study.toml").write_text(STUDY)
    assert run(["bench", "study.toml"]) == 0
    groups, compared = (part.splitlines() for part in capsys.readouterr().out.split("\n\n"))
    assert groups[0].split("\t")[:5] == ["problems", "model", "strategy", "certified", "share"]
    assert [line.split("\t")[:3] for line in groups[1:]] == [
        [name, "sim", strategy] for name in ("simulated", "hard") for strategy in ("refine", "best")
    ]
    assert compared[0] == "problems\tmodel\tcompared\tin words"
    assert [line.split("\t")[0] for line in compared[1:]] == ["(all)", "simulated", "hard"]
    assert [line.split("\t")[2] for line in compared[1:]] == ["refine / best"] * 3
    assert len(StudyFolder(tmp_path / "two-kinds-results").rows()) == 12


def test_on_a_terminal_there_are_tables_and_a_bar(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "250")
    assert run(SPOT) == 0
    out, err = capsys.readouterr()
    assert "│ refine " in out
    assert "12/12" in err


def test_a_total_that_is_too_small_says_how_to_go_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*SPOT, "--total-calls", "9", "--json"]) == 1
    out, err = capsys.readouterr()
    document = json.loads(out)
    assert document["runs"]["finished"] < 12
    assert "runs did not fit the study's budget" in err
    assert run(["bench", "simulated-results"]) == 1
    assert f"{document['runs']['finished']} of 12 runs are finished" in capsys.readouterr().err
    assert printed(capsys, *SPOT, "--total-calls", "100")["runs"]["finished"] == 12


def test_prices_are_put_on_the_tokens_of_a_model(capsys: pytest.CaptureFixture[str]) -> None:
    model = SPOT[3]
    (group, _) = printed(capsys, *SPOT, "--price", f"{model}=10,20")["groups"]
    spent = group["spent"]
    assert spent["cost_usd"] == pytest.approx(
        (spent["prompt_tokens"] * 10 + spent["completion_tokens"] * 20) / 1e6
    )


def test_runs_that_end_with_an_error_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    spot = [*SPOT, "--difficulty", "difficulty=unknown"]
    assert run(spot) == 1
    assert "12 runs ended with an error; the first, simulated/seed 3/" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nothing", "--model", "m"], "no domain 'nothing'"),
        (["study.yaml"], "study.yaml cannot be read"),
        (["bad.toml"], "bad.toml: "),
        (["bad.toml", "--model", "m"], "--model does not go with a study file"),
        (["empty"], "empty holds no study"),
        (["empty", "--out", "x"], "--out does not go with a folder of results"),
        ([*SPOT[1:], "--difficulty", "spin=2"], "no setting spin"),
        ([*SPOT[1:], "--difficulty", "hard"], "'hard' is no KEY=VALUE"),
        ([*SPOT[1:], "--difficulty", "difficulty=[1]"], "cannot have difficulty = [1]"),
        ([*SPOT[1:], "--price", "gpt=1,2"], "'gpt' is no --model"),
        ([*SPOT[1:], "--strategy", "wish"], "wish"),
        ([*SPOT[1:], "--total-cost-usd", "nan"], "cost_usd must be a finite number"),
        ([*SPOT[1:], "--seconds", "-1"], "seconds must be a finite number of at least 0"),
        ([*SPOT[1:], "--count", "0"], "0 is not in the range"),
        ([*SPOT[1:], "--out", "bad.toml"], "bad.toml cannot be used"),
    ],
)
def test_wrong_input_is_answered_in_one_sentence(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("bad.toml").write_text("name = 'x'")
    Path("empty").mkdir()
    assert run(["bench", *arguments]) == 2
    out, err = capsys.readouterr()
    assert says in err
    assert "Traceback" not in err
    assert out == ""


class _Interrupted(Generator):
    """Has the process interrupted in the middle of its call number ``last``, as Ctrl-C would."""

    def __init__(self, inner: Generator, calls: list[str], last: int) -> None:
        self._inner, self._calls, self._last = inner, calls, last

    async def generate(self, request: Request) -> Generation:
        self._calls.append(request.node)
        if len(self._calls) == self._last:
            os.kill(os.getpid(), signal.SIGINT)
            await anyio.sleep_forever()
        return await self._inner.generate(request)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
def test_an_interrupt_ends_a_study_in_good_order_and_it_goes_on(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = printed(capsys, *SPOT, "--out", "whole")
    calls: list[str] = []
    made = running.generator_of
    monkeypatch.setattr(running, "generator_of", lambda *args: _Interrupted(made(*args), calls, 9))
    assert run([*SPOT, "--concurrency", "1"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "modulo: interrupted; " in err
    assert (
        "of 12 runs are finished, and what was paid for is in simulated-results. The same command goes on"
        in err
    )
    assert "Traceback" not in err
    rest = printed(capsys, *SPOT)
    assert [one["certified"] for one in rest["groups"]] == [one["certified"] for one in whole["groups"]]
    paid = sum(one["spent"]["calls"] for one in whole["groups"])
    assert len(calls) == paid + 1, "only the call that was broken off is made again"


TELLING = """
import sys, time
from modulo.bench import running
from modulo.cli import main
from modulo.generators.around import Around

class Telling(Around):
    async def generate(self, request):
        print("called", file=sys.stderr, flush=True)
        Telling.left -= 1
        if Telling.left == 0:
            time.sleep(600)
        return await super().generate(request)

made = running.generator_of
running.generator_of = lambda *args: Telling(made(*args))
Telling.left = int(sys.argv.pop(1))
main()
"""
"""The command, whose models tell of each call, and keep silent from one of them on."""


def test_a_kill_loses_nothing_that_was_paid_for(capsys: pytest.CaptureFixture[str]) -> None:
    whole = printed(capsys, *SPOT, "--out", "whole")
    command = [sys.executable, "-c", TELLING]
    process = subprocess.Popen([*command, "9", *SPOT], stderr=subprocess.PIPE, bufsize=0)
    assert process.stderr is not None
    calls = [process.stderr.readline() for _ in range(9)]
    process.kill()
    process.communicate()
    done = subprocess.run([*command, "0", *SPOT, "--json"], capture_output=True, check=True)
    rest = json.loads(done.stdout)
    assert rest["runs"] == {"finished": 12, "expected": 12}
    assert [one["certified"] for one in rest["groups"]] == [one["certified"] for one in whole["groups"]]
    needed = sum(one["spent"]["calls"] for one in whole["groups"])
    lost = sum(row.lost.calls for row in StudyFolder(Path("simulated-results")).rows())
    assert calls == [b"called\n"] * 9
    assert 9 + done.stderr.count(b"called") == needed + lost
    assert 1 <= lost <= 8


COLORING = {"nodes": ["A", "B"], "edges": [["A", "B"]], "colors": ["red", "blue"]}
KILLED = {
    "name": "killed",
    "problems": [{"domain": "graph_coloring", "lines": "problems.jsonl"}],
    "models": {"remote": {"model": "openai/test", "input_usd_per_million": 1, "output_usd_per_million": 1}},
    "strategies": {"best": "best_of_n:n=3,width=1"},
    "budget": {"calls": 3},
    "concurrency": 1,
}


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
def test_a_kill_in_a_call_over_http_loses_nothing_that_was_paid_for(tmp_path: Path) -> None:
    """A real process, real HTTP: six calls are needed, and the fifth is on its way when the process is killed."""
    lines = [json.dumps({"id": name, "problem": {**COLORING, "nodes": ["A", "B", name]}}) for name in "XY"]
    (tmp_path / "problems.jsonl").write_text("\n".join(lines))
    (tmp_path / "study.yaml").write_text(json.dumps(KILLED))
    held = [True]
    wrong = json.dumps({"A": "red", "B": "red"})
    with ScriptedServer(lambda _: Reply(wrong, held=held[0] and len(server.requests) == 5)) as server:
        process = subprocess.Popen(**_command("study.yaml", server))
        server.wait_until(lambda server: len(server.requests) == 5, seconds=60)
        process.kill()
        process.communicate()
        held[0] = False
        done = subprocess.run(**_command("study.yaml", server), check=True)
    document = json.loads(done.stdout)
    assert document["runs"] == {"finished": 2, "expected": 2}
    assert len(server.requests) == 6 + 1
    first, second = StudyFolder(tmp_path / "killed-results").rows()
    assert (first.usage.calls, first.lost.calls) == (3, 0)
    assert (second.usage.calls, second.lost.calls) == (3, 1)
    billed = sum(row.usage.tokens for row in (first, second))
    assert server.billed_and_reported.prompt_tokens + server.billed_and_reported.completion_tokens == billed
    assert second.lost.tokens >= server.billed_unreported.prompt_tokens


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
def test_a_set_that_shares_a_budget_outlives_a_kill_too(tmp_path: Path) -> None:
    """As above, but nothing of the set is finished when the process is killed."""
    lines = [json.dumps({"id": name, "problem": {**COLORING, "nodes": ["A", "B", name]}}) for name in "XY"]
    shared = {"shared": "adaptive:at_a_time=1,strategy=best_of_n:n=1000,width=1"}
    (tmp_path / "problems.jsonl").write_text("\n".join(lines))
    (tmp_path / "study.yaml").write_text(json.dumps({**KILLED, "strategies": shared}))
    held = [True]
    wrong = json.dumps({"A": "red", "B": "red"})
    with ScriptedServer(lambda _: Reply(wrong, held=held[0] and len(server.requests) == 5)) as server:
        process = subprocess.Popen(**_command("study.yaml", server))
        server.wait_until(lambda server: len(server.requests) == 5, seconds=60)
        assert StudyFolder(tmp_path / "killed-results").rows() == []
        process.kill()
        process.communicate()
        held[0] = False
        done = subprocess.run(**_command("study.yaml", server), check=True)
    assert json.loads(done.stdout)["runs"] == {"finished": 2, "expected": 2}
    rows = StudyFolder(tmp_path / "killed-results").rows()
    assert sum(row.usage.calls for row in rows) == 6
    assert len(server.requests) == 6 + sum(row.lost.calls for row in rows) == 7
    assert {row.stop_reason for row in rows} == {StopReason.CALLS_LIMIT}
    billed = sum(row.usage.tokens for row in rows)
    assert server.billed_and_reported.prompt_tokens + server.billed_and_reported.completion_tokens == billed


def test_a_strategy_that_shares_a_budget_is_an_option_like_any_other(
    capsys: pytest.CaptureFixture[str],
) -> None:
    shared = "adaptive:at_a_time=2,strategy=best_of_n:n=100,width=1"
    document = printed(capsys, *SPOT, "--strategy", shared)
    assert [one["group"]["strategy"] for one in document["groups"]][2] == shared
    assert document["groups"][2]["spent"]["calls"] <= 6 * 4
    assert [one["shared"] for one in document["comparisons"]] == [False, True, True]
    assert run(["solve", "simulated", "--model", SPOT[3], "--strategy", shared]) == 2
    assert "adaptive spends one budget over many problems" in capsys.readouterr().err


def _command(target: str, server: ScriptedServer) -> Mapping[str, Any]:
    return {
        "args": [sys.executable, "-c", "from modulo.cli import main; main()", "bench", target, "--json"],
        "stdout": subprocess.PIPE,
        "env": {**os.environ, "OPENAI_BASE_URL": server.base_url, "OPENAI_API_KEY": "sk-none"},
    }


def test_a_report_is_written_with_the_runs_and_from_their_folder(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*SPOT, "--out", "results", "--html", "with.html"]) == 0
    assert run(["bench", "results", "--html", "from.html"]) == 0
    page = Path("with.html").read_text()
    assert page.startswith("<!doctype html>")
    assert page == Path("from.html").read_text()


def test_which_models_to_ask_first_is_learned_from_a_folder(capsys: pytest.CaptureFixture[str]) -> None:
    small, large = "simulated:easy=0.1,cost_usd=0.01", "simulated:easy=0.9,cost_usd=0.02"
    models = {"small": small, "large": large, "both": {"choose": ["small", "large"]}}
    document = {
        "problems": [{"domain": "simulated", "count": 8}],
        "models": models,
        "strategies": {"samples": "best_of_n:n=4,width=1"},
        "budget": {"calls": 4},
    }
    Path("study.yaml").write_text(json.dumps(document))
    assert run(["bench", "study.yaml", "--out", "results"]) == 0
    assert run(["bench", "results", "--routing", "table.json"]) == 0
    table = Path("table.json").read_text()
    assert "small" in table
    assert "simulated:" not in table
    document["strategies"] = {"router": "router:table=table.json"}
    Path("routed.yaml").write_text(json.dumps(document))
    assert run(["bench", "routed.yaml", "--out", "routed", "--routing", "again.json"]) == 0
    both = [row for row in StudyFolder(Path("routed")).rows() if row.model == "both"]
    assert {row.attempts[0].model for row in both} == {"large"}
    assert Path("again.json").exists()


def test_nothing_is_learned_from_no_runs(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*SPOT, "--total-calls", "0", "--routing", "table.json"]) == 2
    assert "has no finished runs" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([*SPOT, "--html", "no/such/page.html"], "there is no folder"),
        (
            ["bench", "simulated", "--replay", "x.jsonl", "--html", "page.html"],
            "--html does not go with --replay",
        ),
    ],
)
def test_a_report_that_cannot_be_is_refused_before_anything_is_run(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    assert says in capsys.readouterr().err
    assert not list(Path().iterdir())


def test_runs_whose_budget_has_no_room_for_a_call_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    dear = [
        "bench",
        "simulated",
        "--model",
        "simulated:easy=1,cost_usd=0.5",
        "--count",
        "2",
        "--strategy",
        "refine",
    ]
    assert run([*dear, "--cost-usd", "0.1"]) == 0
    assert "2 runs made no call: prompt and longest answer do not fit the budget" in capsys.readouterr().err
    assert run([*dear, "--cost-usd", "1", "--out", "enough"]) == 0
    assert "no call" not in capsys.readouterr().err


@pytest.mark.parametrize("target", ["some/folder", "game-results", "./nope", "nope/", "/nope"])
def test_a_folder_that_is_not_there_is_no_domain_that_is_not(
    capsys: pytest.CaptureFixture[str], target: str
) -> None:
    assert run(["bench", target]) == 2
    assert f"there is no folder of results {target}, and a study file is called *.toml or *.yaml" in (
        capsys.readouterr().err
    )
