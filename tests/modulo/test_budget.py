from __future__ import annotations

import math
from dataclasses import fields
from typing import Any

import pytest

from modulo.budget import Budget, Usage
from modulo.errors import ConfigurationError
from modulo.ledger import Ledger


@pytest.mark.parametrize("name", [field.name for field in fields(Budget)])
@pytest.mark.parametrize("limit", [-1, "5", True, math.nan, math.inf, -math.inf, [1]], ids=repr)
def test_a_limit_that_makes_no_sense_is_refused_by_name(name: str, limit: Any) -> None:
    with pytest.raises(ConfigurationError, match=f"budget: {name} must be"):
        Budget(**{name: limit})


@pytest.mark.parametrize("name", ["rounds", "attempts", "calls", "tokens"])
def test_counts_are_whole_numbers(name: str) -> None:
    with pytest.raises(ConfigurationError, match=r"a whole number of at least 0, not 1\.5"):
        Budget(**{name: 1.5})


@pytest.mark.parametrize(
    "limits", [{}, {"rounds": 0}, {"cost_usd": 0}, {"seconds": 0.5}, {"tokens": 10**400}, {"cost_usd": 1e300}]
)
def test_a_limit_may_be_zero_huge_or_missing(limits: dict[str, Any]) -> None:
    Ledger(Budget(**limits)).reserve_now(Usage()).release()


def test_usage_adds_up() -> None:
    one = Usage(calls=1, prompt_tokens=10, completion_tokens=3, cost_usd=0.1)
    other = Usage(rounds=1, attempts=2, calls=1, cost_usd=0.2)
    total = Usage(rounds=1, attempts=2, calls=2, prompt_tokens=10, completion_tokens=3, cost_usd=0.3)
    assert one + other == total
    assert total.tokens == 13
