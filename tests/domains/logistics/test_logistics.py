"""Seeded instances of logistics, and their prompt."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modulo.domains.logistics import DOMAIN, WORDING, generate
from modulo.errors import ConfigurationError
from tests.domains.planning.solving import check_instance

COUNTS = {
    "cities": st.integers(1, 4),
    "locations": st.integers(1, 4),
    "packages": st.integers(1, 5),
    "airplanes": st.integers(1, 3),
    "seed": st.integers(),
}


@given(st.fixed_dictionaries(COUNTS).filter(lambda counts: counts["cities"] * counts["locations"] > 1))
def test_an_instance_is_solved_by_its_plan_and_not_by_damaged_ones(counts: dict[str, int]) -> None:
    problem, plan = generate(**counts)
    check_instance(problem, plan, counts["seed"])


def test_the_same_seed_gives_the_same_instance() -> None:
    assert generate(packages=4, seed=5) == generate(packages=4, seed=5)
    assert generate(packages=4, seed=5) != generate(packages=4, seed=6)


@pytest.mark.parametrize(
    "counts",
    [
        {"cities": 0},
        {"locations": 0},
        {"packages": 0},
        {"airplanes": 0},
        {"cities": 1, "locations": 1},
        {"cities": 40, "locations": 40},
        {"packages": 1001},
    ],
)
def test_an_instance_that_cannot_be_is_refused(counts: dict[str, int]) -> None:
    with pytest.raises(ConfigurationError, match="logistics needs"):
        generate(**counts)


def test_the_prompt_says_where_everything_is_and_must_be() -> None:
    statement = WORDING.statement(DOMAIN.example())
    facts = DOMAIN.example().task().problem.facts
    for fact in facts:
        if fact.predicate == "at":
            assert f"{fact.terms[0]} is at {fact.terms[1]}" in statement
    assert "(" not in statement
