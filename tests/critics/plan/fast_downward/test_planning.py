"""Running Fast Downward: plans, proofs, and every reason for neither."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import anyio
import psutil
import pytest

from modulo.critics.plan import PddlProblem
from modulo.critics.plan.fast_downward import (
    FastDownwardInstallation,
    NoPlan,
    PlanFound,
    PlannerAnswer,
    Search,
    Unknown,
    WhyUnknown,
)
from modulo.critics.plan.fast_downward.planning import run_fast_downward
from modulo.critics.plan.fast_downward.task import PlannerTask, planner_task
from modulo.critics.plan.validation import validate
from tests.critics.plan.fast_downward.problems import IMPOSSIBLE, SLIDES, parity, problem
from tests.modulo.running.processes import descendants
from tests.modulo.waiting import until

pytestmark = pytest.mark.anyio

SEARCHES: tuple[Search, ...] = ("satisficing", "optimal", "exhaustive")


def task_of(given: PddlProblem) -> PlannerTask:
    task = given.task()
    return planner_task(task.domain, task.problem, has_costs=task.problem.metric is not None)


async def plan(
    given: PddlProblem | PlannerTask,
    installation: FastDownwardInstallation,
    *,
    search: Search = "exhaustive",
    max_seconds: float = 60.0,
    max_memory_mb: int = 2048,
) -> PlannerAnswer:
    task = given if isinstance(given, PlannerTask) else task_of(given)
    return await run_fast_downward(
        task, installation, search=search, max_seconds=max_seconds, max_memory_mb=max_memory_mb
    )


@pytest.mark.parametrize("search", SEARCHES)
async def test_every_search_finds_plans_and_proves_that_there_is_none(
    installation: FastDownwardInstallation, search: Search
) -> None:
    assert await plan(SLIDES, installation, search=search) == PlanFound(plan="(move a b)\n(move b c)", steps=2)
    assert await plan(IMPOSSIBLE, installation, search=search) == NoPlan()


async def test_a_plan_of_nothing_is_empty(installation: FastDownwardInstallation) -> None:
    done = problem("(:action a :effect (p))", init="(p)", goal="(p)")
    assert await plan(done, installation) == PlanFound(plan="", steps=0)


async def test_a_proof_needs_no_reason_that_a_heuristic_sees(installation: FastDownwardInstallation) -> None:
    assert await plan(parity(6), installation) == NoPlan()


async def test_problems_without_objects_or_facts_are_taken(installation: FastDownwardInstallation) -> None:
    empty = problem("(:action a :effect (r))", predicates="(r)", objects="", init="", goal="(r)")
    assert await plan(empty, installation) == PlanFound(plan="(a)", steps=1)


async def test_a_subtype_of_an_undeclared_parent_is_an_object(installation: FastDownwardInstallation) -> None:
    """Fast Downward's own reader would not let ?x be a, and so find no plan."""
    given = problem(
        "(:action go :parameters (?x - object) :effect (at ?x))",
        domain="(:types low - mid)",
        predicates="(at ?x)",
        objects="a - low",
        init="",
        goal="(at a)",
    )
    assert await plan(given, installation) == PlanFound(plan="(go a)", steps=1)


async def test_a_quantified_variable_does_not_capture_a_condition_around_it(
    installation: FastDownwardInstallation,
) -> None:
    """Fast Downward's own reader would read the condition for the inner ?x, and so find no plan."""
    given = problem(
        "(:action go :parameters (?x) :effect (when (at ?x) (forall (?x) (near ?x ?x))))",
        init="(at a)",
        goal="(and (near a a) (near b b) (near c c))",
    )
    assert await plan(given, installation) == PlanFound(plan="(go a)", steps=1)


async def test_names_that_mean_something_in_pddl_or_begin_with_digits_are_taken(
    installation: FastDownwardInstallation,
) -> None:
    given = problem(
        "(:action 9Go :parameters (?x) :precondition (define ?x) :effect (and (domain) (not (define ?x))))",
        predicates="(define ?x) (domain)",
        objects="9big8ruz total-cost",
        init="(define 9BIG8RUZ)",
        goal="(domain)",
    )
    assert await plan(given, installation) == PlanFound(plan="(9go 9big8ruz)", steps=1)


async def test_the_cheapest_plan_is_not_the_shortest(installation: FastDownwardInstallation) -> None:
    given = problem(
        "(:action direct :effect (and (r) (increase (total-cost) 10)))"
        "(:action first :effect (and (p) (increase (total-cost) 2.5)))"
        "(:action second :precondition (p) :effect (and (r) (increase (total-cost) 2.5)))",
        domain="(:functions (total-cost))",
        init="(= (total-cost) 0)",
        goal="(r)",
        metric="(:metric minimize (total-cost))",
    )
    found = await plan(given, installation, search="optimal")
    assert found == PlanFound(plan="(first)\n(second)", steps=2)
    assert validate(given.task(), found.plan).is_valid


async def test_conditional_effects_and_rules_leave_plans_of_least_cost_to_blind_search(
    installation: FastDownwardInstallation,
) -> None:
    given = problem(
        "(:action go :parameters (?x) :effect (when (at ?x) (forall (?y) (when (near ?x ?y) (at ?y)))))",
        domain="",
        predicates="(at ?x) (near ?x ?y) (done)",
        init="(at a) (near a b) (near b c)",
        goal="(done)",
    )
    ruled = PddlProblem(given.domain_pddl[:-1] + "(:derived (done) (forall (?x) (at ?x))))", given.problem_pddl)
    assert await plan(ruled, installation, search="optimal") == PlanFound(plan="(go a)\n(go b)", steps=2)


@pytest.mark.parametrize("max_seconds", [0.001, 1.0])
async def test_running_out_of_time_proves_nothing(
    installation: FastDownwardInstallation, max_seconds: float
) -> None:
    before = descendants()
    answer = await plan(parity(30), installation, max_seconds=max_seconds)
    assert isinstance(answer, Unknown)
    assert answer.why is WhyUnknown.TIME
    assert descendants() <= before


def is_searching() -> bool:
    with suppress(psutil.NoSuchProcess):  # one that ends while we look
        return any(child.name() == "downward" for child in psutil.Process().children(recursive=True))
    return False


async def test_a_cancelled_search_leaves_no_process_and_no_folder(
    installation: FastDownwardInstallation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = tmp_path / "it's an (odd) földer"
    odd.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(odd))
    assert isinstance(await plan(SLIDES, installation), PlanFound)
    before = descendants()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(plan, parity(30), installation)
        await until(is_searching)
        tasks.cancel_scope.cancel()
    assert descendants() <= before
    assert not list(odd.iterdir())


async def test_a_problem_that_the_translator_refuses_is_unsupported(
    installation: FastDownwardInstallation,
) -> None:
    task = PlannerTask(domain_text="(define", problem_text="(", names={})
    answer = await plan(task, installation)
    assert isinstance(answer, Unknown)
    assert answer.why is WhyUnknown.UNSUPPORTED


async def test_a_crash_is_told_with_its_last_words(installation: FastDownwardInstallation) -> None:
    task = task_of(SLIDES)
    alone = "(:action x :effect (increase (total-cost) 1)) (:action"
    broken = replace(task, domain_text=task.domain_text.replace("(:action", alone, 1))
    answer = await plan(broken, installation)
    assert isinstance(answer, Unknown)
    assert answer.why is WhyUnknown.CRASH
    assert "AssertionError" in answer.detail


@pytest.fixture
def pretended(tmp_path: Path) -> Callable[..., FastDownwardInstallation]:
    """A Fast Downward whose programs end as they are told."""

    def pretended(search: str, *, translate: int = 0) -> FastDownwardInstallation:
        program, translator = tmp_path / "downward", tmp_path / "fast_downward" / "translate"
        program.write_text(f"#!/bin/sh\n{search}\n")
        program.chmod(0o755)
        translator.mkdir(parents=True)
        (translator / "__main__.py").write_text(
            f"open('output.sas', 'w').close(); raise SystemExit({translate})"
        )
        return FastDownwardInstallation(version="0", search=program, import_path=tmp_path)

    return pretended


@pytest.mark.parametrize(
    ("code", "why"),
    [
        (12, WhyUnknown.INCOMPLETE),
        (13, WhyUnknown.CRASH),
        (10, WhyUnknown.CRASH),
        (22, WhyUnknown.MEMORY),
        (23, WhyUnknown.TIME),
        (24, WhyUnknown.MEMORY),
        (34, WhyUnknown.UNSUPPORTED),
        (32, WhyUnknown.CRASH),
        (1, WhyUnknown.CRASH),
        (137, WhyUnknown.CRASH),
    ],
)
async def test_only_the_code_for_an_exhausted_space_proves_something(
    pretended: Callable[..., FastDownwardInstallation], code: int, why: WhyUnknown
) -> None:
    answer = await plan(SLIDES, pretended(f"exit {code}"))
    assert isinstance(answer, Unknown)
    assert answer.why is why


@pytest.mark.parametrize(
    ("code", "why"), [(20, WhyUnknown.MEMORY), (21, WhyUnknown.TIME), (31, WhyUnknown.UNSUPPORTED)]
)
async def test_a_translator_that_ends_early_proves_nothing(
    pretended: Callable[..., FastDownwardInstallation], code: int, why: WhyUnknown
) -> None:
    answer = await plan(SLIDES, pretended("exit 11", translate=code))
    assert isinstance(answer, Unknown)
    assert answer.why is why


async def test_only_blind_search_is_believed_that_there_is_no_plan(
    pretended: Callable[..., FastDownwardInstallation],
) -> None:
    unless_blind = 'case "$*" in *blind*) exit 12;; *) exit 11;; esac'
    assert isinstance(await plan(SLIDES, pretended(unless_blind)), Unknown)


@pytest.mark.parametrize(
    "said", ["echo '(a9 o0)' > $4", "true", "echo 'a0 o0 o1 )(' > $4", "printf '\\377' > $4"]
)
async def test_a_plan_that_cannot_be_read_is_a_crash(
    pretended: Callable[..., FastDownwardInstallation], said: str
) -> None:
    answer = await plan(SLIDES, pretended(said))
    assert isinstance(answer, Unknown)
    assert answer.why is WhyUnknown.CRASH


async def test_costs_that_may_have_overflowed_prove_nothing(
    pretended: Callable[..., FastDownwardInstallation],
) -> None:
    task = task_of(SLIDES)
    dear = replace(task, most_cost=10**6)
    installation = pretended("for i in $(seq 1100); do echo '(a0 o0 o1)'; done > $4")
    answer = await plan(dear, installation)
    assert isinstance(answer, Unknown)
    assert "added them up wrongly" in answer.detail
