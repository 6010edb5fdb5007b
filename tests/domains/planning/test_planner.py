"""Fast Downward as a generator."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import modulo
from modulo.cli.app import run
from modulo.critics.plan import NoPlanExists, PddlProblem, PlanLengthBound, PlanValidator
from modulo.domains.graph_coloring import DOMAIN as COLORING
from modulo.domains.pddl import DOMAIN
from modulo.domains.planning import parse_plan
from modulo.domains.planning.planner import PLANNERS, FastDownward
from modulo.errors import ConfigurationError, MissingDependencyError
from modulo.outcome import StopReason
from modulo.testing import ScriptedGenerator
from tests.critics.plan.fast_downward.conftest import installation, no_fast_downward
from tests.critics.plan.fast_downward.problems import IMPOSSIBLE, SLIDES, parity, problem

__all__ = ["installation", "no_fast_downward"]


def graph(*critics: modulo.Critic[PddlProblem, str], generator: modulo.Generator) -> modulo.Graph:
    made = modulo.Graph("plans", problem_type=PddlProblem)
    planner = made.generator("planner", generator)
    plan = made.reformulator("plan", parse_plan, reads=planner)
    for number, critic in enumerate(critics):
        made.critic(f"critic{number}", critic, reads=plan, backprompts=planner)
    return made


@pytest.mark.anyio
@pytest.mark.usefixtures("installation")
async def test_its_plan_is_certified() -> None:
    outcome = await modulo.solve(DOMAIN.graph(FastDownward()), SLIDES)
    assert isinstance(outcome, modulo.Certified)
    assert outcome.solution == "(move a b)\n(move b c)"
    generation = outcome.attempts[0].generation
    assert generation is not None
    assert generation.model.startswith("fast-downward ")
    assert generation.extra == {"steps": 2}


@pytest.mark.anyio
@pytest.mark.usefixtures("installation")
async def test_a_plan_of_no_steps_is_certified() -> None:
    done = problem("(:action a :effect (q))", init="(p)", goal="(p)")
    outcome = await modulo.solve(DOMAIN.graph(FastDownward()), done)
    assert isinstance(outcome, modulo.Certified)
    assert outcome.solution.strip() == ""


@pytest.mark.anyio
@pytest.mark.usefixtures("installation")
async def test_that_it_proved_there_is_no_plan_is_judged_like_any_claim() -> None:
    outcome = await modulo.solve(graph(PlanValidator(), NoPlanExists(), generator=FastDownward()), IMPOSSIBLE)
    assert isinstance(outcome, modulo.Unsolvable)


@pytest.mark.anyio
@pytest.mark.usefixtures("installation")
async def test_where_it_has_no_answer_the_run_says_why() -> None:
    planner = FastDownward(max_seconds=0.5)
    outcome = await modulo.solve(DOMAIN.graph(planner), parity(30))
    assert isinstance(outcome, modulo.Exhausted)
    assert outcome.stop_reason is StopReason.STUCK
    assert outcome.error is not None
    assert "out of time" in outcome.error


@pytest.mark.anyio
@pytest.mark.usefixtures("installation")
async def test_it_is_not_asked_twice_for_the_same_answer() -> None:
    outcome = await modulo.solve(graph(PlanValidator(), PlanLengthBound(1), generator=FastDownward()), SLIDES)
    assert isinstance(outcome, modulo.Exhausted)
    assert outcome.error is not None
    assert "only one answer" in outcome.error
    assert len(outcome.attempts) == 2


def raced(model: Callable[[modulo.Request], str]) -> modulo.Graph:
    made = modulo.Graph("plans", problem_type=PddlProblem)
    drafts = made.generator("model", model)
    planner = made.generator("planner", FastDownward())
    plan = made.reformulator("plan", parse_plan, reads=drafts | planner)
    made.critic("valid", PlanValidator(), reads=plan, backprompts=[drafts, planner])
    return made


@pytest.mark.anyio
@pytest.mark.usefixtures("installation")
async def test_it_can_race_a_model_that_fails() -> None:
    outcome = await modulo.solve(raced(lambda request: "I do not know."), SLIDES)
    assert isinstance(outcome, modulo.Certified)


@pytest.mark.anyio
@pytest.mark.usefixtures("installation")
async def test_as_a_last_resort_it_solves_what_a_model_failed_at() -> None:
    strategy = modulo.Refine(last_resort="planner", last_resort_after=3)
    outcome = await modulo.solve(raced(lambda request: "I do not know."), SLIDES, strategy=strategy)
    assert isinstance(outcome, modulo.Certified)
    assert [attempt.node for attempt in outcome.attempts if attempt.round <= 3] == ["model"] * 3
    assert outcome.attempts[-1].round == 4


@pytest.mark.anyio
@pytest.mark.usefixtures("installation")
async def test_as_a_last_resort_it_is_not_asked_where_a_model_succeeds() -> None:
    strategy = modulo.Refine(last_resort="planner", last_resort_after=3)
    outcome = await modulo.solve(raced(lambda request: "(move a b)\n(move b c)"), SLIDES, strategy=strategy)
    assert isinstance(outcome, modulo.Certified)
    assert [attempt.node for attempt in outcome.attempts] == ["model"]


@pytest.mark.anyio
@pytest.mark.usefixtures("installation")
async def test_asked_for_the_cheapest_plan_it_gives_that() -> None:
    given = problem(
        "(:action direct :effect (and (r) (increase (total-cost) 10)))"
        "(:action first :effect (and (p) (increase (total-cost) 1)))"
        "(:action second :precondition (p) :effect (and (r) (increase (total-cost) 1)))",
        domain="(:functions (total-cost))",
        init="(= (total-cost) 0)",
        goal="(r)",
        metric="(:metric minimize (total-cost))",
    )
    outcome = await modulo.solve(DOMAIN.graph(PLANNERS.generator("fast-downward-optimal")), given)
    assert isinstance(outcome, modulo.Certified)
    assert outcome.solution == "(first)\n(second)"


@modulo.critic(proves="it is good")
def is_good(problem, candidate):  # type: ignore[no-untyped-def]
    return []


@pytest.mark.anyio
@pytest.mark.usefixtures("installation")
async def test_a_problem_that_is_no_pddl_ends_the_run_at_once() -> None:
    outcome = await modulo.solve(
        {"n": 1}, generator=FastDownward(), critics=is_good, budget=modulo.Budget(rounds=5)
    )
    assert isinstance(outcome, modulo.Exhausted)
    assert outcome.error is not None
    assert "answers problems in PDDL, not a dict" in outcome.error
    assert len(outcome.attempts) == 1


@pytest.mark.anyio
@pytest.mark.usefixtures("no_fast_downward")
async def test_without_the_wheel_nothing_begins() -> None:
    with pytest.raises(MissingDependencyError, match=r"pip install 'llm-modulo\[planners\]'"):
        await modulo.solve(DOMAIN.graph(FastDownward()), SLIDES)


def test_settings_that_make_no_sense_are_refused() -> None:
    with pytest.raises(
        ConfigurationError, match="search is one of satisficing, optimal, exhaustive, not 'best'"
    ):
        FastDownward(search="best")  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="max_seconds must be above 0"):
        FastDownward(max_seconds=float("nan"))


def test_the_kind_knows_its_planners_and_refuses_other_problems() -> None:
    assert isinstance(PLANNERS.generator("fast-downward", problem_type=PddlProblem), FastDownward)
    with pytest.raises(ConfigurationError, match="no planner 'lama'; there are fast-downward"):
        PLANNERS.generator("lama")
    with pytest.raises(ConfigurationError, match="not a ColoringProblem; choose a planning domain"):
        PLANNERS.generator("fast-downward", problem_type=COLORING.problem_type)


@pytest.mark.usefixtures("installation")
def test_the_command_line_certifies_that_there_is_no_plan_and_verifies_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given, certificate = tmp_path / "problem.json", tmp_path / "certificate.json"
    given.write_text(
        json.dumps({"domain_pddl": IMPOSSIBLE.domain_pddl, "problem_pddl": IMPOSSIBLE.problem_pddl})
    )
    model = ["--model", "planner:fast-downward"]
    arguments = ["solve", "pddl", "--problem", str(given), *model, "--certificate", str(certificate)]
    assert run(arguments) == 1  # there is no solution to go on with
    assert (
        "no solution exists\ncertified (proof): no plan of this PDDL problem exists" in capsys.readouterr().out
    )
    assert run(["verify", str(certificate)]) == 0


@pytest.mark.anyio
@pytest.mark.usefixtures("no_fast_downward")
async def test_without_the_wheel_a_claim_that_there_is_no_plan_is_never_certified() -> None:
    graph = DOMAIN.graph(ScriptedGenerator(["No plan exists."]))
    outcome = await modulo.solve(graph, IMPOSSIBLE, budget=modulo.Budget(rounds=1))
    assert isinstance(outcome, modulo.Exhausted)
    assert not outcome.attempts[0].accepted


@pytest.mark.usefixtures("installation")
def test_the_command_line_solves_with_a_planner(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["solve", "blocksworld", "--model", "planner:fast-downward"]) == 0
    assert "certified (proof): valid plan" in capsys.readouterr().out


def test_the_command_line_refuses_a_planner_for_other_problems(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["solve", "graph_coloring", "--model", "planner:fast-downward"]) == 2
    assert "modulo: Fast Downward answers problems in PDDL" in capsys.readouterr().err


@pytest.mark.usefixtures("no_fast_downward")
def test_the_command_line_says_how_to_get_the_planner(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["solve", "blocksworld", "--model", "planner:fast-downward"]) == 2
    assert "pip install 'llm-modulo[planners]'" in capsys.readouterr().err
    assert run(["doctor"]) in (0, 1)
    assert "absent  model planner:fast-downward: Fast Downward is not installed" in capsys.readouterr().out


@pytest.mark.usefixtures("installation")
def test_doctor_says_which_planner_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    run(["doctor"])
    assert "ok      model planner:fast-downward: up-fast-downward " in capsys.readouterr().out
