"""Mystery Blocksworld: nothing tells of blocks, and plans carry over."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modulo.domains.mystery_blocksworld import DOMAIN, MYSTERY, generate
from modulo.domains.planning.blocks import generate as generate_blocks
from modulo.errors import ConfigurationError
from tests.domains.planning.solving import check_instance

TELLTALE = re.compile(
    r"\b(blocks?\w*|(un)?stack|pick|put|hand\w*|(on)?table|on|clear|holding)\b", re.IGNORECASE
)


@given(st.integers(2, 12), st.sampled_from(["mystery", "random"]), st.integers(0, 1000))
def test_an_instance_is_solved_by_its_plan_and_not_by_damaged_ones(blocks: int, words: str, seed: int) -> None:
    problem, plan = generate(blocks=blocks, words=words, seed=seed)  # type: ignore[arg-type]
    check_instance(problem, plan, seed)


@given(st.sampled_from(["mystery", "random"]), st.integers(0, 1000))
def test_nothing_in_it_tells_of_blocks(words: str, seed: int) -> None:
    problem, plan = generate(words=words, seed=seed)  # type: ignore[arg-type]
    texts = [problem.domain_pddl, problem.problem_pddl, plan, DOMAIN.natural_prompt(problem)]
    assert not [text for text in texts if TELLTALE.search(text)]


def test_it_is_blocksworld_in_other_words() -> None:
    _, plan = generate(blocks=5, seed=7)
    assert MYSTERY.original_plan(plan) == generate_blocks(blocks=5, seed=7)[1]
    assert {line.split()[0] for line in plan.splitlines()} <= {"(attack", "(succumb", "(overcome", "(feast"}


def test_unknown_words_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="words must be"):
        generate(words="latin")  # type: ignore[arg-type]
