"""Blocksworld: the same problems in PDDL and in English."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

from modulo.critics.plan import PddlProblem
from modulo.domains.blocksworld import DOMAIN, DOMAIN_PDDL, WORDING, generate


def test_the_prompt_says_every_fact_and_goal_of_every_block() -> None:
    problem, _ = generate(blocks=6, seed=4)
    statement = WORDING.statement(problem)
    for fact in problem.task().problem.facts:
        assert all(f"block {term}" in statement for term in fact.terms)
    assert statement.count(" is on top of ") == problem.problem_pddl.count("(on ")
    assert "(" not in statement


def test_the_example_in_the_prompt_is_another_problem() -> None:
    prompt = DOMAIN.natural_prompt(DOMAIN.example())
    statement = WORDING.statement(DOMAIN.example())
    assert prompt.count(statement) == 1
    assert prompt.count("[PROBLEM]") == 2


def test_its_operators_are_those_of_planbench(shared_data: Path) -> None:
    with gzip.open(shared_data / "lrm_modulo_transcripts.jsonl.gz") as file:
        recorded = PddlProblem(**json.loads(file.readline())["problem"])
    ours = PddlProblem(DOMAIN_PDDL, recorded.problem_pddl)
    assert ours.task().domain.actions == recorded.task().domain.actions
