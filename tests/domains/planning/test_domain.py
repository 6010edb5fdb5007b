"""What holds for all planning domains: files, prompts, checking, solving, certificates."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import modulo
from modulo.cli.app import run
from modulo.critics.plan import PddlProblem
from modulo.domain import find_domain
from modulo.domains import blocksworld, logistics, mystery_blocksworld, sokoban
from modulo.domains.pddl import DOMAIN as PDDL
from modulo.domains.planning import PlanningDomain
from modulo.errors import ConfigurationError, ProblemError
from modulo.testing import ScriptedGenerator

SOLVED: list[tuple[PlanningDomain, Any, dict[str, int]]] = [
    (blocksworld.DOMAIN, blocksworld.generate, {"blocks": 3, "seed": 0}),
    (mystery_blocksworld.DOMAIN, mystery_blocksworld.generate, {"blocks": 3, "seed": 0}),
    (logistics.DOMAIN, logistics.generate, {"packages": 1, "seed": 5}),
    (sokoban.DOMAIN, sokoban.generate, {"size": 4, "boxes": 1, "walls": 2, "pulls": 3, "seed": 1}),
]
DOMAINS = [*(domain for domain, _, _ in SOLVED), PDDL]
SWITCHES = "(turn-on a)\n(turn-on b)"


def document(problem: PddlProblem) -> dict[str, str]:
    return {"domain_pddl": problem.domain_pddl, "problem_pddl": problem.problem_pddl}


@pytest.mark.parametrize("domain", DOMAINS, ids=lambda domain: domain.name)
def test_it_is_installed_under_its_name(domain: PlanningDomain) -> None:
    assert find_domain(domain.name) is domain
    assert domain.summary


@pytest.mark.parametrize(
    ("domain", "generate", "settings"), SOLVED, ids=lambda value: getattr(value, "name", "")
)
def test_the_built_in_problem_is_a_small_generated_one(
    domain: PlanningDomain, generate: Any, settings: dict[str, int]
) -> None:
    problem, plan = generate(**settings)
    assert domain.example() == problem
    assert len(plan.splitlines()) <= 8


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("domain", "generate", "settings"), SOLVED, ids=lambda value: getattr(value, "name", "")
)
async def test_a_run_that_ends_with_a_plan_is_certified_and_the_certificate_holds(
    domain: PlanningDomain, generate: Any, settings: dict[str, int]
) -> None:
    problem, plan = generate(**settings)
    guesses = ScriptedGenerator(["no idea", plan.splitlines()[0], f"Here it is:\n```\n{plan.upper()}\n```"])
    outcome = await modulo.solve(domain.graph(guesses), problem, backprompter=domain.backprompter())
    assert isinstance(outcome, modulo.Certified)
    assert outcome.solution == plan
    assert len(outcome.attempts) == 3
    verified = await modulo.verify(outcome.certificate)
    assert verified.certificate.claim.text == "valid plan of this PDDL problem"


@pytest.mark.anyio
@pytest.mark.parametrize("domain", DOMAINS, ids=lambda domain: domain.name)
@pytest.mark.parametrize("prompt", ["pddl", "natural"])
async def test_both_prompts_hold_the_problem(domain: PlanningDomain, prompt: Any) -> None:
    asked = ScriptedGenerator(["?"])
    await modulo.solve(domain.graph(asked, prompt=prompt), domain.example(), budget=modulo.Budget(rounds=1))
    (message,) = asked.requests[0].messages
    assert "one action a line" in message.content
    assert (domain.example().domain_pddl.strip() in message.content) is (prompt == "pddl")


def test_an_unknown_prompt_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="prompt must be"):
        PDDL.graph(ScriptedGenerator([]), prompt="french")  # type: ignore[arg-type]


@pytest.mark.parametrize("domain", [blocksworld.DOMAIN, logistics.DOMAIN, sokoban.DOMAIN], ids=lambda d: d.name)
def test_rules_in_english_are_not_told_of_a_problem_with_other_actions(domain: PlanningDomain) -> None:
    with pytest.raises(ProblemError, match="Use the PDDL prompt"):
        domain.natural_prompt(PDDL.example())


@pytest.mark.parametrize(
    "content",
    [None, [], "text", {}, {"domain_pddl": ""}, {"domain_pddl": "", "problem_pddl": "", "more": 1}],
)
def test_what_is_no_pair_of_pddl_texts_is_no_problem(content: Any) -> None:
    with pytest.raises(ProblemError):
        PDDL.read_problem(content)


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a problem and a recording that solves it in round 2; the current one."""
    responses = [{"text": "(turn-on a)"}, {"text": f"```\n{SWITCHES}\n```"}]
    recording = {"problem": document(PDDL.example()), "responses": responses}
    (tmp_path / "problem.json").write_text(json.dumps(document(PDDL.example())))
    (tmp_path / "recording.jsonl").write_text(json.dumps(recording))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_command_line_solves_verifies_and_replays(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    solve = ["solve", "pddl", "--model", "transcript:recording.jsonl", "--problem", "problem.json"]
    assert run([*solve, "--trace", "trace.jsonl", "--certificate", "certificate.json"]) == 0
    printed = capsys.readouterr()
    assert SWITCHES in printed.out
    assert "round 1: rejected: unmet_goal" in printed.err
    assert run(["verify", "certificate.json"]) == 0
    assert run(["replay", "trace.jsonl"]) == 0


@pytest.mark.parametrize("settings", [["--history", "0"], ["--granularity", "all"], ["--granularity", "none"]])
def test_a_run_with_other_backprompts_than_the_domains_replays(files: Path, settings: list[str]) -> None:
    solve = ["solve", "pddl", "--model", "transcript:recording.jsonl", "--problem", "problem.json", *settings]
    assert run([*solve, "--trace", "trace.jsonl"]) == 0
    assert run(["replay", "trace.jsonl"]) == 0


@pytest.mark.parametrize(
    ("candidate", "code"), [(SWITCHES, 0), (f"```\n{SWITCHES}\n```", 1), ("(turn-on a)", 1), ("[]", 1)]
)
def test_the_command_line_checks_plans_without_a_reformulators_tolerance(
    files: Path, candidate: str, code: int
) -> None:
    (files / "plan.txt").write_text(candidate)
    assert run(["check", "pddl", "--problem", "problem.json", "--candidate", "plan.txt"]) == code


@pytest.mark.parametrize("domain", DOMAINS, ids=lambda domain: domain.name)
def test_the_command_line_draws_the_graph(domain: PlanningDomain, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["graph", domain.name]) == 0
    assert "planner" in capsys.readouterr().out


@pytest.mark.parametrize("candidate", [None, 1, [], {"plan": []}])
@pytest.mark.anyio
async def test_a_candidate_that_is_no_text_is_malformed(candidate: Any) -> None:
    with pytest.raises(ValueError, match="not a text"):
        PDDL.read_candidate(candidate, PDDL.example())
