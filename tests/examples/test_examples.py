"""Every example runs as it stands, without a key; the README shows one of them to the letter."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import anyio
import httpx
import pytest
import uvicorn

import modulo
from modulo.domains import graph_coloring
from modulo.testing import ScriptedGenerator, audit

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"


def load(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(f"example_{name}", EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module: ModuleType = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_every_example_is_tried_here() -> None:
    tried = {
        "constraints",
        "meeting",
        "own_critic",
        "own_domain",
        "planning",
        "provider",
        "second_opinion",
        "stages",
        "web_app",
    }
    assert {path.stem for path in EXAMPLES.glob("*.py")} == tried


def test_a_critic_of_ones_own_leads_to_a_certified_answer(capsys: pytest.CaptureFixture[str]) -> None:
    load("own_critic").main()
    assert capsys.readouterr().out.splitlines() == [
        "rope, tent, stove ['14 is over 8.']",
        "rope, lamp ['There is no item lamp.', 'Choose at least 3 different items.']",
        "rope, stove, map []",
        "certified: ['rope', 'stove', 'map'] - the items exist, are enough and fit into the knapsack",
    ]


def test_a_domain_of_ones_own_is_solved_and_found_sound(capsys: pytest.CaptureFixture[str]) -> None:
    load("own_domain").main()
    rejected, accepted, audited = capsys.readouterr().out.splitlines()
    assert "The column [1, 1] lacks [2]." in rejected
    assert accepted.endswith(" []")
    assert audited.startswith("latin_squares: sound as far as was tried; 0 false accepts in ")


def test_the_audit_of_that_domain_notices_a_critic_without_columns() -> None:
    example = load("own_domain")
    whole = example.is_latin

    @modulo.critic(proves="nothing of columns")
    def rows_alone(problem: Any, rows: list[list[int]]) -> Iterator[modulo.Violation]:
        for violation in whole.function(problem, rows):
            if "column" not in violation.message:
                yield violation

    example.is_latin = rows_alone
    report = audit(example.DOMAIN, n=200, in_workers=False)
    assert report.false_accepts > 0


def test_a_bug_in_one_of_two_critics_certifies_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    load("second_opinion").main()
    said = "{'sorted_by_comparing': 'accept', 'sorted_by_sorting': 'reject'}"
    certified = "[1, 1, 3] - the list is the sorted input (2 independent implementations agree)"
    printed = capsys.readouterr().out.splitlines()
    assert [line for line in printed if "critic_failed" not in line] == [
        "[3, 1, 1] reject ",
        "[1, 3] undecided (failed)",
        "[1, 1, 3] accept ",
        f"to be looked into: [3, 1, 1] [1, 3] {said}",
        f"certified: {certified}",
    ]


def test_a_rejection_down_the_graph_sends_the_first_generator_back(capsys: pytest.CaptureFixture[str]) -> None:
    load("stages").main()
    printed = capsys.readouterr().out
    assert "round 3: writer: ['missing']\nround 4: outliner: accepted" in printed
    assert "certified: We ship friday though tests are red." in printed


def test_a_plan_is_certified_once_the_validator_accepts_it(capsys: pytest.CaptureFixture[str]) -> None:
    anyio.run(load("planning").main)
    assert capsys.readouterr().out.splitlines()[1:] == [
        "accepted",
        *("(unstack a c)", "(put-down a)", "(pick-up c)", "(stack c b)"),
        "certified and verified: valid plan of this PDDL problem; plan of at most 10 steps",
    ]


def test_constraints_are_composed_wished_for_and_refuted(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("ortools")
    load("constraints").main()
    malformed, rejected, accepted, certified, *shifts = capsys.readouterr().out.splitlines()
    assert malformed == "the attic at two ['The answer holds no JSON object.']"
    assert 'One of these must hold, and none does: "it is in the hall"' in rejected
    assert accepted.endswith("[]")
    assert certified.startswith(
        "certified: {'hour': 14, 'room': 'hall'} - fits the JSON schema; the room is free; if "
    )
    assert shifts[0] == '"no change after day 2" demands day 2 is the same as day 3, which is false.'
    assert shifts[-1].startswith("unsolvable: there is no assignment for which")
    assert shifts[-1].endswith("(all 8 were tried), and without any one of them there is one")


@pytest.mark.parametrize("name", ["constraints", "meeting", "own_critic", "planning", "stages"])
def test_examples_tell_outcomes_apart_as_users_should(name: str) -> None:
    source = (EXAMPLES / f"{name}.py").read_text()
    assert "match outcome:" in source
    assert "case modulo.Certified(" in source
    assert "case modulo.Exhausted(" in source


@pytest.mark.skipif("OPENAI_API_KEY" not in os.environ, reason="needs OPENAI_API_KEY and a provider")
def test_a_real_provider_certifies_or_runs_out_within_its_budget() -> None:
    printed = subprocess.run(
        [sys.executable, EXAMPLES / "provider.py"], capture_output=True, text=True, check=True
    )
    assert re.search(r"(Certified|Exhausted) ", printed.stdout)


def test_the_readme_shows_the_example_to_the_letter() -> None:
    readme = (ROOT / "README.md").read_text()
    shown = re.search(r"<!-- examples/meeting.py -->\n```python\n(.*?)```", readme, re.DOTALL)
    assert shown is not None
    example = (EXAMPLES / "meeting.py").read_text()
    assert shown.group(1).strip() == example.split('"""', 2)[2].strip()


def test_the_audit_of_the_readme_finds_what_it_says(tmp_path: Path) -> None:
    command = [Path(sys.executable).with_name("modulo"), "audit"]
    shown = re.search(
        r"^modulo audit (examples\.meeting:\S+ --cases \S+)$", (ROOT / "README.md").read_text(), re.M
    )
    assert shown is not None
    sound = subprocess.run([*command, *shown.group(1).split()], cwd=ROOT, capture_output=True, text=True)
    assert (sound.returncode, sound.stderr) == (0, "")
    assert "0 false accepts in 6 wrong documents" in sound.stdout
    assert "below 0.5 with 95% confidence" in sound.stdout
    lines = (EXAMPLES / "meeting.py").read_text().splitlines(keepends=True)
    first = next(i for i, line in enumerate(lines) if line.startswith("def is_free")) + 1
    (tmp_path / "meeting.py").write_text("".join(lines[:first] + lines[first + 3 :]))
    cases = str(EXAMPLES / "meeting_cases.jsonl")
    lax = subprocess.run(
        [*command, "meeting:is_free", "--cases", cases], cwd=tmp_path, capture_output=True, text=True
    )
    assert lax.returncode == 1
    assert "FAULT: accepted, and wrong: type_confusion [15, True]" in lax.stdout


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) < 150


def test_continuous_integration_calls_the_readmes_test_command() -> None:
    (command,) = re.findall(r"^bash scripts/test$", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert command in (ROOT / ".ci" / "run").read_text()


@contextmanager
def served(app: Any) -> Iterator[str]:
    """A real server on loopback. Requests wait in the socket's queue until it is up."""
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def calls_in_flight(url: str, wanted: int) -> int:
    """How many calls are in flight once there are as many as wanted; asked over and over, up to a point."""
    found = -1
    with httpx.Client() as client:
        for _ in range(2000):
            found = client.get(f"{url}/spent").json()["in_flight"]
            if found == wanted:
                break
    return found


def test_the_web_application_streams_events_up_to_the_certificate() -> None:
    example = load("web_app")
    problem, planted = graph_coloring.generate(nodes=6, colors=3, density=0.75, seed=1)
    assert problem == graph_coloring.DOMAIN.example()
    answers = ["no", json.dumps(planted)]
    example.app.state.generator = lambda: ScriptedGenerator(answers)
    with served(example.app) as url, httpx.stream("GET", f"{url}/solve") as response:
        events = [json.loads(line.removeprefix("data: ")) for line in response.iter_lines() if line]
    assert events[0]["type"] == "run_started"
    assert events[-1]["type"] == "run_finished"
    assert events[-1]["stop_reason"] == "certified"


def test_a_client_that_leaves_the_web_application_cancels_its_run() -> None:
    example = load("web_app")
    example.app.state.generator = lambda: ScriptedGenerator(["never"], latency_seconds=3600)
    with served(example.app) as url:
        with httpx.stream("GET", f"{url}/solve") as response:
            lines = response.iter_lines()  # held, since it closes the connection when it goes
            assert "run_started" in next(lines)
            assert calls_in_flight(url, 1) == 1
        assert calls_in_flight(url, 0) == 0
    assert example.session.spent.calls == 1
