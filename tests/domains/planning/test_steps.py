"""Beginnings of plans: none that can be completed is lost, and what completes them is read behind them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import islice
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import modulo
from modulo import BeamSearch, Budget, Certified, Domain, TreeSearch
from modulo.critics.plan import PddlProblem, PlanValidator
from modulo.domains import blocksworld, logistics, mystery_blocksworld, pddl, sokoban
from modulo.domains.planning import PlanSteps, pddl_prompt
from modulo.domains.planning.beginnings import begun_text, read_begun
from modulo.domains.planning.chat import parse_plan
from modulo.domains.planning.simulating import solves
from modulo.errors import Malformed
from modulo.problem import NO_SOLUTION
from modulo.steps import Steps
from modulo.testing import ScriptedGenerator

DOMAINS = [d.DOMAIN for d in (blocksworld, logistics, mystery_blocksworld, pddl, sokoban)]
STEPS = PlanSteps(pddl_prompt)
PROBLEM, PLAN = blocksworld.generate(blocks=4, seed=3)
LINES = PLAN.strip().split("\n")


def beginning_of(lines: Sequence[str], *, is_complete: bool = False) -> str:
    return begun_text("".join(f"{line}\n" for line in lines), is_complete=is_complete)


def steps_of(domain: Domain[PddlProblem]) -> PlanSteps:
    steps = domain.graph_for_checking().check().generators[0].steps
    assert isinstance(steps, PlanSteps)
    return steps


@pytest.mark.parametrize("domain", DOMAINS, ids=lambda domain: domain.name)
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_no_beginning_of_a_right_plan_is_pruned(domain: Domain[PddlProblem], seed: int) -> None:
    specimen = domain.specimens().draw(random.Random(seed))  # type: ignore[union-attr]
    plan = str(specimen.answers[0])
    lines = [line for line in plan.split("\n") if line]
    found = steps_of(domain).beginnings(specimen.problem, plan)
    # All of them, up to the first one that is a right answer itself.
    assert [beginning.text for beginning in found] == [
        beginning_of(lines[:end], is_complete=end == len(found)) for end in range(1, len(found) + 1)
    ]
    assert found[-1].score == 1
    assert _is_right(specimen.problem, lines[: len(found)])


@pytest.mark.parametrize("domain", DOMAINS, ids=lambda domain: domain.name)
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_what_solves_the_problem_that_is_left_completes_the_plan(
    domain: Domain[PddlProblem], seed: int
) -> None:
    rng = random.Random(seed)
    specimen = domain.specimens().draw(rng)  # type: ignore[union-attr]
    lines = [line for line in str(specimen.answers[0]).split("\n") if line]
    steps = steps_of(domain)
    beginning = rng.choice(steps.beginnings(specimen.problem, "\n".join(lines)))
    rest = lines[beginning.text.count("(") :]
    assert steps.prompt(specimen.problem, beginning)
    assert _is_right(
        specimen.problem, [parse_plan(beginning.text + "\n".join(rest or ["(x)"]), specimen.problem)]
    )


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_beginnings_of_the_same_state_are_completed_by_the_same_steps(seed: int) -> None:
    rng = random.Random(seed)
    problem, _ = blocksworld.generate(blocks=3, seed=rng.randrange(100))
    by_state: dict[str, list[list[str]]] = {}
    walk = _random_walk(problem, rng, 12)
    for length, beginning in enumerate(STEPS.beginnings(problem, "\n".join(walk)), 1):
        by_state.setdefault(beginning.state, []).append(walk[:length])
    for alike in by_state.values():
        rest = _random_walk(problem, rng, 4, after=alike[0])
        for other in alike[1:]:
            assert _carried_out(problem, [*other, *rest]) == len(other) + _carried_out(
                problem, alike[0] + rest
            ) - len(alike[0])


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_a_beginning_ends_before_the_first_step_that_cannot_be_carried_out(seed: int) -> None:
    rng = random.Random(seed)
    specimen = blocksworld.DOMAIN.specimens().draw(rng)
    for variant in blocksworld.DOMAIN.specimens().damaged(specimen, rng):
        found = STEPS.beginnings(specimen.problem, str(variant.document))
        critique = PlanValidator().critique(specimen.problem, str(variant.document))
        (*_, location) = [v.location for v in critique.violations] or [None]
        if location is not None and location.startswith("step ") and (not found or found[-1].score < 1):
            assert len(found) == int(location.split()[1]) - 1


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_behind_a_beginning_are_the_longer_ones_of_a_plan_that_begins_so(seed: int) -> None:
    rng = random.Random(seed)
    specimen = blocksworld.DOMAIN.specimens().draw(rng)
    plans = [str(variant.document) for variant in blocksworld.DOMAIN.specimens().damaged(specimen, rng)]
    for plan in [str(specimen.answers[0]), *plans]:
        found = STEPS.beginnings(specimen.problem, plan)
        for length, beginning in enumerate(found, 1):
            begun = read_begun(beginning.text)
            assert begun
            text = "\n".join([*begun.actions, *plan.split("\n")[length:]])
            assert [*STEPS.beginnings_behind(specimen.problem, text, beginning)] == found[length:]


def test_what_was_seen_before_changes_nothing() -> None:
    fresh, used = PlanSteps(pddl_prompt), PlanSteps(pddl_prompt)
    other, _ = blocksworld.generate(blocks=4, seed=4)
    walks = ["\n".join(_random_walk(PROBLEM, random.Random(seed), 8)) for seed in range(5)]
    for problem in (PROBLEM, other):
        for walk in walks:
            used.beginnings(problem, walk)
    for beginning in fresh.beginnings(PROBLEM, walks[0])[:-1]:
        longer = "\n".join([walks[0], walks[1]])
        again = PlanSteps(pddl_prompt).beginnings_behind(PROBLEM, longer, beginning)
        assert used.beginnings_behind(PROBLEM, longer, beginning) == again
        assert used.prompt(PROBLEM, beginning) == PlanSteps(pddl_prompt).prompt(PROBLEM, beginning)


def test_behind_a_beginning_with_which_a_plan_does_not_begin_are_all_of_its_own() -> None:
    beginning = STEPS.beginnings(PROBLEM, PLAN)[0]
    other = f"(pick-up d)\n(put-down d)\n{PLAN}"
    assert STEPS.beginnings_behind(PROBLEM, other, beginning) == STEPS.beginnings(PROBLEM, other)
    longer = f"{LINES[0][:-1]}x)\n{PLAN}"
    assert STEPS.beginnings_behind(PROBLEM, longer, beginning) == STEPS.beginnings(PROBLEM, longer)


class _TakesNoShortCut(PlanSteps):
    beginnings_behind = Steps.beginnings_behind


@pytest.mark.parametrize("strategy", [BeamSearch(), TreeSearch()], ids=["beam", "tree"])
@pytest.mark.anyio
async def test_a_search_finds_the_same_without_the_short_cut(strategy: modulo.Strategy) -> None:
    made = []
    for steps in (STEPS, _TakesNoShortCut(pddl_prompt)):
        graph: modulo.Graph[Any] = modulo.Graph("walks", problem_type=PddlProblem)
        planner = graph.generator("planner", ScriptedGenerator(_walks), prompt=pddl_prompt, steps=steps)
        plan = graph.reformulator("plan", parse_plan, reads=planner)
        graph.critic("valid", PlanValidator(), reads=plan, backprompts=planner)
        outcome = await modulo.solve(graph, PROBLEM, strategy=strategy, budget=Budget(calls=40))
        made.append([(a.label, a.parent, a.text) for a in outcome.attempts])
    assert made[0] == made[1]
    assert len({label for label, _, _ in made[0]}) > 4


def test_the_score_is_the_share_of_the_goal_that_holds_and_1_only_where_all_of_it_does() -> None:
    scores = [beginning.score for beginning in STEPS.beginnings(PROBLEM, PLAN)]
    assert scores[-1] == 1
    assert max(scores[:-1]) < 1


def test_a_complete_beginning_is_the_answer_whatever_follows() -> None:
    beginning = STEPS.beginnings(PROBLEM, f"{PLAN}\n(put-down nothing)")[-1]
    for answer in ("", "It is done.", "(stack a b)", "[PLAN]\n(x)\n[PLAN]"):
        assert parse_plan(beginning.text + answer, PROBLEM) == "\n".join(LINES)


@pytest.mark.parametrize(
    "answer", ["{}", "[PLAN]\n{}\n[PLAN END]", "```\n{}\n```", "The rest is:\n{}", "1. {}"]
)
def test_the_rest_is_read_with_all_tolerance(answer: str) -> None:
    text = beginning_of(LINES[:-1]) + answer.format(LINES[-1])
    assert parse_plan(text, PROBLEM) == "\n".join(LINES)


@pytest.mark.parametrize("rest", ["", "I do not know.", "(stack a b)\nor\n(stack b a)"])
def test_a_rest_that_cannot_be_read_is_malformed(rest: str) -> None:
    with pytest.raises(Malformed):
        parse_plan(beginning_of(LINES[:2]) + rest, PROBLEM)


def test_a_claim_behind_a_beginning_is_a_claim() -> None:
    assert parse_plan(beginning_of(LINES[:1]) + "No plan exists.", PROBLEM) is NO_SOLUTION


@pytest.mark.parametrize(
    "text",
    ["", "(a)", "[BEGINNING]", "[BEGINNING]\n(a)\n", " [BEGINNING]\n[REST]\n", "[BEGINNING]\n(a(b))\n[REST]\n"],
)
def test_nothing_else_is_taken_for_a_beginning(text: str) -> None:
    assert read_begun(text) is None


@pytest.mark.parametrize(
    "plan",
    [
        "",
        "no plan",
        "(unknown)",
        "(pick-up",
        "(pick-up z)",
        "1.0: (pick-up a)",
        "(" * 50_000,
        "()" * 1000,
        "(a) " * 50_000,
    ],
)
def test_plans_that_begin_wrongly_have_no_beginnings(plan: str) -> None:
    assert STEPS.beginnings(PROBLEM, plan) in ((), [])


def test_beginnings_of_long_plans_are_bounded() -> None:
    there_and_back = "\n".join([LINES[0], _undo(LINES[0])] * 5_000)
    assert len(STEPS.beginnings(PROBLEM, there_and_back)) == 100


def test_problems_with_durations_have_no_steps() -> None:
    domain = (
        "(define (domain d) (:requirements :durative-actions) (:predicates (p) (q))\n"
        "(:durative-action go :parameters () :duration (= ?duration 2) :condition (at start (q))\n"
        ":effect (at end (p))))"
    )
    problem = PddlProblem(domain, "(define (problem x) (:domain d) (:init (q)) (:goal (p)))")
    assert not STEPS.applies_to(problem)
    assert STEPS.applies_to(PROBLEM)


@pytest.mark.anyio
@pytest.mark.parametrize("strategy", [BeamSearch(), TreeSearch()])
async def test_a_plan_is_put_together_of_the_beginnings_of_others(strategy: modulo.Strategy) -> None:
    script = [f"{line}\n(put-down nothing)" for line in LINES]

    def answer(request: modulo.Request) -> str:
        return script[request.prefix.count("(")] if request.prefix.count("(") < len(script) else "(x)"

    graph = blocksworld.graph(ScriptedGenerator(answer))
    outcome = await modulo.solve(graph, PROBLEM, strategy=strategy, budget=Budget(calls=15 * len(LINES)))
    assert isinstance(outcome, Certified)
    assert outcome.solution == "\n".join(LINES)


def _is_right(problem: PddlProblem, lines: list[str]) -> bool:
    return solves(problem.domain_pddl, problem.problem_pddl, "\n".join(lines))


def _carried_out(problem: PddlProblem, lines: list[str]) -> int:
    return len(STEPS.beginnings(problem, "\n".join(lines)))


def _walks(request: modulo.Request) -> str:
    rng = random.Random(request.turn)
    begun = read_begun(request.prefix)
    walk = _random_walk(PROBLEM, rng, rng.randint(1, 4), after=begun.actions if begun else ())
    return "\n".join([*walk, *rng.sample(LINES, 2)])


def _random_walk(problem: PddlProblem, rng: random.Random, length: int, after: Sequence[str] = ()) -> list[str]:
    """Steps that can be carried out one after the other."""
    names = ["a", "b", "c"]
    calls = [f"({action} {x})" for action in ("pick-up", "put-down") for x in names]
    calls += [f"({action} {x} {y})" for action in ("stack", "unstack") for x in names for y in names if x != y]
    walk = [*after]
    for _ in range(length):
        possible = (
            call for call in rng.sample(calls, len(calls)) if _carried_out(problem, [*walk, call]) > len(walk)
        )
        walk += [*islice(possible, 1)]
    return walk[len(after) :]


def _undo(step: str) -> str:
    action, *objects = step.strip("()").split()
    other = {"pick-up": "put-down", "unstack": "stack"}[action]
    return f"({' '.join([other, *objects])})"
