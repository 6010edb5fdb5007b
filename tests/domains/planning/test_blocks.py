"""Seeded instances of Blocksworld."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modulo.domains.planning.blocks import generate
from modulo.errors import ConfigurationError
from tests.domains.planning.solving import check_instance


@given(st.integers(2, 30), st.integers())
def test_an_instance_is_solved_by_its_plan_and_not_by_damaged_ones(blocks: int, seed: int) -> None:
    problem, plan = generate(blocks=blocks, seed=seed)
    check_instance(problem, plan, seed)
    assert len(problem.task().problem.objects) == blocks


def test_the_same_seed_gives_the_same_instance() -> None:
    assert generate(blocks=9, seed=5) == generate(blocks=9, seed=5)
    assert generate(blocks=9, seed=5) != generate(blocks=9, seed=6)


def test_more_blocks_take_longer_plans() -> None:
    lengths = [sum(len(generate(blocks=n, seed=s)[1].splitlines()) for s in range(20)) for n in (3, 6, 12, 24)]
    assert lengths == sorted(lengths)


@pytest.mark.parametrize("blocks", [-1, 0, 1, 1001])
def test_too_few_or_too_many_blocks_are_refused(blocks: int) -> None:
    with pytest.raises(ConfigurationError, match="a blocksworld has"):
        generate(blocks=blocks)
