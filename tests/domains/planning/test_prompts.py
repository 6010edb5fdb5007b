"""Prompts: what is asked, in PDDL and in English."""

from __future__ import annotations

import pytest

from modulo.critics.plan import PddlProblem
from modulo.domains.planning import Wording, natural_prompt, pddl_prompt, plain_prompt
from modulo.errors import ProblemError
from tests.domains.planning.problems import BLOCKS, PLAN, TEMPORAL


def test_the_pddl_prompt_has_domain_problem_and_form() -> None:
    text = pddl_prompt(BLOCKS)
    assert BLOCKS.domain_pddl.strip() in text
    assert BLOCKS.problem_pddl.strip() in text
    assert "one action a line" in text
    assert text.endswith("[PLAN]\n")


def test_an_example_comes_with_its_plan_before_the_problem() -> None:
    text = pddl_prompt(BLOCKS, example=(TEMPORAL, PLAN))
    assert (
        text.index(TEMPORAL.problem_pddl) < text.index(f"{PLAN}\n[PLAN END]") < text.index(BLOCKS.problem_pddl)
    )


def test_a_natural_prompt_without_example_shows_no_plan() -> None:
    assert "[PLAN END]" not in natural_prompt("rules", "statement")


def test_a_wording_says_known_facts_in_words_and_others_in_pddl() -> None:
    wording = Wording(rules="", facts={"on": "{} is on {}", "handempty": ""}, called=lambda name: name.upper())
    statement = wording.statement(BLOCKS)
    assert "A is on C" in statement
    assert "(clear a)" in statement
    assert "handempty" not in statement
    assert "The goal is that C is on B." in statement


def test_plain_words_tell_what_each_action_needs_and_does() -> None:
    text = plain_prompt(BLOCKS)
    assert "(stack ob underob): needs (clear underob), (holding ob)." in text
    assert "Then (handempty), (clear ob), (on ob underob) will be true." in text
    assert "And (clear underob), (holding ob) will be false." in text
    assert "The goal is that (on c b)." in text


def test_plain_words_keep_conditions_that_are_no_facts() -> None:
    problem = PddlProblem(
        "(define (domain d) (:requirements :adl) (:predicates (p ?x) (q))"
        " (:action a :parameters (?x) :precondition (or (q) (not (p ?x))) :effect (p ?x))"
        " (:action b :parameters () :effect (and)))",
        "(define (problem e) (:domain d) (:objects o) (:init) (:goal (not (q))))",
    )
    text = plain_prompt(problem)
    assert "(a x): needs (or (q) (not (p x)))." in text
    assert "(b): needs nothing." in text
    assert "At first, nothing is given." in text
    assert "The goal is that (not (q))." in text


@pytest.mark.parametrize(
    "effect",
    ["(when (q) (p))", "(increase (total-cost) 1)", "(and (p) (forall (?x) (q)))"],
)
def test_what_plain_words_cannot_tell_is_refused(effect: str) -> None:
    problem = PddlProblem(
        "(define (domain d) (:requirements :adl :action-costs) (:predicates (p) (q))"
        " (:functions (total-cost) - number)"
        f" (:action a :parameters () :effect {effect}))",
        "(define (problem e) (:domain d) (:init (= (total-cost) 0)) (:goal (p)))",
    )
    with pytest.raises(ProblemError, match="use the PDDL prompt"):
        plain_prompt(problem)


def test_durative_actions_are_not_told_in_plain_words() -> None:
    with pytest.raises(ProblemError, match="use the PDDL prompt"):
        plain_prompt(TEMPORAL)
