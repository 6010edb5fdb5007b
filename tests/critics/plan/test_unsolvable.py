"""Proofs that there is no plan."""

from __future__ import annotations

import subprocess
import sys
from collections import OrderedDict
from pathlib import Path

import pytest

import modulo
from modulo.critics.plan import NoPlanExists, PddlProblem, PlanValidator
from modulo.critics.plan.fast_downward import asking
from modulo.critique import Critique, Verdict
from modulo.errors import ConfigurationError, MissingDependencyError
from modulo.problem import NO_SOLUTION, NoSolution
from tests.critics.plan.fast_downward.conftest import installation, no_fast_downward
from tests.critics.plan.fast_downward.problems import IMPOSSIBLE, SLIDES, parity, problem

__all__ = ["installation", "no_fast_downward"]

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("installation")]

COUNTED = problem(
    "(:action go :precondition (> (fuel) 0) :effect (r))",
    domain="(:functions (fuel))",
    init="(= (fuel) 0)",
    goal="(r)",
)
"""There is no plan, but Fast Downward cannot be asked."""


async def judge(given: PddlProblem, **limits: float) -> Critique:
    return await NoPlanExists(**limits).critique(given, NO_SOLUTION)  # type: ignore[arg-type]


@pytest.mark.parametrize("given", [IMPOSSIBLE, parity(5)])
async def test_a_claim_is_accepted_when_every_state_was_looked_at(given: PddlProblem) -> None:
    assert await judge(given) == Critique.accept()


async def test_a_claim_is_rejected_with_the_length_of_a_plan_and_the_plan_as_a_hint() -> None:
    critique = await judge(SLIDES)
    assert critique.verdict is Verdict.REJECT
    (violation,) = critique.violations
    assert (violation.code, violation.message) == (
        "plan_exists",
        "There is a plan for this problem, of 2 steps.",
    )
    assert violation.hint == "(move a b)\n(move b c)"


async def test_a_claim_about_a_goal_that_holds_already_is_rejected() -> None:
    critique = await judge(problem("(:action a :effect (q))", init="(p)", goal="(p)"))
    assert [violation.message for violation in critique.violations] == [
        "There is a plan for this problem, of 0 steps."
    ]


@pytest.mark.parametrize(
    ("given", "limits", "says"),
    [
        (parity(30), {"max_seconds": 0.5}, "out of time"),
        (COUNTED, {}, "a condition compares numbers"),
    ],
)
async def test_what_fast_downward_cannot_tell_stays_undecided(
    given: PddlProblem, limits: dict[str, float], says: str
) -> None:
    critique = await judge(given, **limits)
    assert critique.verdict is Verdict.UNDECIDED
    assert critique.reason is not None
    assert says in critique.reason


async def test_a_plan_that_is_none_by_our_validator_refutes_nothing() -> None:
    # No fee is defined, which Fast Downward does not hear of.
    given = problem(
        "(:action go :parameters (?x) :effect (and (r) (increase (total-cost) (fee ?x))))",
        domain="(:functions (total-cost) (fee ?x))",
        init="(= (total-cost) 0)",
        goal="(r)",
    )
    critique = await judge(given)
    assert critique.verdict is Verdict.UNDECIDED


async def test_only_the_claim_itself_is_judged() -> None:
    critique = await NoPlanExists().critique(IMPOSSIBLE, "No plan exists.")
    assert critique.verdict is Verdict.REJECT


@pytest.mark.parametrize(
    "limits", [{"max_seconds": 0}, {"max_seconds": "1"}, {"max_memory_mb": 1}, {"max_memory_mb": 2.5}]
)
def test_limits_that_make_no_sense_are_refused(limits: dict[str, float]) -> None:
    with pytest.raises(ConfigurationError, match="Fast Downward: max_"):
        NoPlanExists(**limits)  # type: ignore[arg-type]


@pytest.mark.usefixtures("no_fast_downward")
async def test_without_fast_downward_nothing_begins() -> None:
    calls: list[object] = []
    with pytest.raises(MissingDependencyError, match=r"pip install 'llm-modulo\[planners\]'"):
        await modulo.solve(graph(lambda request: calls.append(request) or "none"), IMPOSSIBLE)
    assert not calls


async def test_an_answer_is_kept_but_not_that_time_ran_out(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    run = asking.run_fast_downward

    async def counted(*args: object, **options: object) -> object:
        asked.append(args)
        return await run(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(asking, "run_fast_downward", counted)
    monkeypatch.setattr(asking, "_answers", OrderedDict())
    for _ in range(2):
        await judge(parity(4))
    assert len(asked) == 1
    for _ in range(2):
        await judge(parity(31), max_seconds=0.01)
    assert len(asked) == 3


def read(text: str, problem: PddlProblem) -> str | NoSolution:
    return NO_SOLUTION if text == "none" else text


def graph(generator: object) -> modulo.Graph:
    made = modulo.Graph("plans", problem_type=PddlProblem)
    planner = made.generator("planner", generator)  # type: ignore[arg-type]
    plan = made.reformulator("plan", read, reads=planner)
    made.critic("valid", PlanValidator(), reads=plan, backprompts=planner)
    made.critic("no_plan", NoPlanExists(), reads=plan, backprompts=planner)
    return made


async def test_a_proven_claim_ends_the_run_as_unsolvable_with_a_certificate(tmp_path: Path) -> None:
    outcome = await modulo.solve(graph(lambda request: "none"), IMPOSSIBLE)
    assert isinstance(outcome, modulo.Unsolvable)
    (critic,) = outcome.certificate.critics
    assert critic.proves == NoPlanExists.proves
    assert set(critic.digests) == {"fast-downward", "fast-downward-translate"}
    verified = await modulo.verify(outcome.certificate.to_bytes(), graph=graph(lambda request: ""))
    assert verified.certificate == outcome.certificate
    path = tmp_path / "certificate.json"
    outcome.certificate.save(path)
    code = (
        "import sys, anyio, modulo\nfrom functools import partial\n"
        "from tests.critics.plan.test_unsolvable import graph\n"
        "print(anyio.run(partial(modulo.verify, sys.argv[1], graph=graph(lambda request: ''))).critiques[0].verdict)"
    )
    command = [sys.executable, "-c", code, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[3])
    assert done.stdout.strip() == "accept", done.stderr


async def test_a_wrong_claim_is_backprompted_and_then_a_plan_is_certified() -> None:
    answers = ["none", "(move a b)(move b c)"]
    outcome = await modulo.solve(graph(lambda request: answers[request.turn]), SLIDES)
    assert isinstance(outcome, modulo.Certified)
    assert outcome.solution == "(move a b)(move b c)"
    assert [critique.critic for critique in outcome.attempts[0].critiques] == ["no_plan"]
