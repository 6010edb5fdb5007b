"""Other names change nothing: plans carry over, and valid ones stay valid."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modulo.critics.plan import PddlProblem, PlanValidator
from modulo.domains.logistics import generate as generate_logistics
from modulo.domains.planning import Renaming, obfuscate, rename
from modulo.domains.planning.blocks import generate as generate_blocks
from modulo.domains.sokoban import generate as generate_sokoban
from modulo.errors import ProblemError
from tests.domains.planning.problems import BLOCKS, PLAN, TEMPORAL


@st.composite
def instances(draw: st.DrawFn) -> tuple[PddlProblem, str]:
    seed = draw(st.integers(0, 10_000))
    generate = draw(st.sampled_from([generate_blocks, generate_logistics, generate_sokoban]))
    problem, plan = generate(seed=seed)
    damage = random.Random(seed)
    lines = plan.splitlines()
    if draw(st.booleans()):
        lines.pop(damage.randrange(len(lines)))
    return problem, "\n".join(lines)


def accepts(problem: PddlProblem, plan: str) -> bool:
    return PlanValidator().critique(problem, plan).accepts


@given(instances(), st.integers(0, 100))
def test_a_plan_is_valid_under_other_names_if_and_only_if_it_was(
    instance: tuple[PddlProblem, str], seed: int
) -> None:
    problem, plan = instance
    hidden, renaming = obfuscate(problem, seed=seed)
    assert accepts(hidden, renaming.plan(plan)) == accepts(problem, plan)
    assert renaming.original_plan(renaming.plan(plan)) == plan


@given(instances(), st.integers(0, 100))
def test_no_old_name_is_left(instance: tuple[PddlProblem, str], seed: int) -> None:
    problem, _ = instance
    hidden, renaming = obfuscate(problem, seed=seed)
    words = set(hidden.domain_pddl.replace("(", " ").replace(")", " ").split())
    words |= set(hidden.problem_pddl.replace("(", " ").replace(")", " ").split())
    assert words.isdisjoint(renaming.names)
    assert not any(word.startswith("?") and not word.startswith("?x") for word in words)


def test_the_same_seed_gives_the_same_names() -> None:
    assert obfuscate(BLOCKS, seed=3)[0] == obfuscate(BLOCKS, seed=3)[0]
    assert obfuscate(BLOCKS, seed=3)[0] != obfuscate(BLOCKS, seed=4)[0]


def test_times_of_durative_actions_keep_their_words_and_predicates_called_at_do_not() -> None:
    domain = """(define (domain trips) (:requirements :durative-actions)
      (:predicates (at ?x ?y)) ; a comment that tells something
      (:durative-action go :parameters (?x ?from ?to) :duration (= ?duration 1)
        :condition (at start (at ?x ?from))
        :effect (and (at start (not (at ?x ?from))) (at end (at ?x ?to)))))"""
    problem = PddlProblem(
        domain,
        "(define (problem p) (:domain trips) (:objects t l m) (:init (at t l)) (:goal (at t m)))",
    )
    hidden, renaming = obfuscate(problem)
    assert "comment" not in hidden.domain_pddl
    assert hidden.domain_pddl.count("(at ") == 3
    assert accepts(problem, "0: (go t l m) [1]")
    assert accepts(hidden, renaming.plan("0: (go t l m) [1]"))


def test_types_right_behind_their_dash_get_new_names_too() -> None:
    domain = """(define (domain d) (:types block -object)
      (:predicates (on ?x -block)) (:functions (n ?x -block) -number)
      (:action put :parameters (?x -block) :effect (and (on ?x) (increase (n ?x) -1))))"""
    goal = """(define (problem p) (:domain d) (:objects b -block)
      (:init (= (n b) -1)) (:goal (and (on b) (= (n b) -2))))"""
    problem, renaming = obfuscate(PddlProblem(domain, goal))
    assert "block" not in problem.domain_pddl + problem.problem_pddl
    assert accepts(problem, renaming.plan("(put b)"))


def test_a_temporal_plan_keeps_its_times() -> None:
    hidden, renaming = obfuscate(TEMPORAL)
    plan = renaming.plan("0: (switch a) [2]\n3.5: (switch b) [2]")
    assert accepts(hidden, plan)
    assert renaming.original_plan(plan) == "0: (switch a) [2]\n3.5: (switch b) [2]"


def test_upper_case_is_the_same_name() -> None:
    shouted = PddlProblem(BLOCKS.domain_pddl.upper(), BLOCKS.problem_pddl.upper())
    hidden, renaming = obfuscate(shouted, seed=1)
    assert hidden == obfuscate(BLOCKS, seed=1)[0]
    assert accepts(hidden, renaming.plan(PLAN.upper()))


@pytest.mark.parametrize("names", [{"a": "x", "b": "x"}, {"a": "and"}, {"a": "at"}])
def test_a_renaming_that_confuses_things_is_refused(names: dict[str, str]) -> None:
    with pytest.raises(ProblemError):
        Renaming(names)


def test_a_new_name_that_something_else_keeps_is_refused() -> None:
    with pytest.raises(ProblemError, match="'b' is the name of something else"):
        rename(BLOCKS, Renaming({"a": "b"}))


def test_names_may_change_places() -> None:
    swap = Renaming({"a": "b", "b": "a"})
    assert accepts(rename(BLOCKS, swap), swap.plan(PLAN))
