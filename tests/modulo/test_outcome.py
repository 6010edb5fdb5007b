from __future__ import annotations

from dataclasses import fields

import pytest

from modulo.budget import Budget
from modulo.outcome import Exhausted, StopReason


@pytest.mark.parametrize("resource", [field.name for field in fields(Budget)])
def test_every_limit_of_a_budget_has_a_stop_reason(resource: str) -> None:
    reason = StopReason.of_limit(resource)
    assert reason.value.endswith("_limit")
    assert reason.value.split("_")[0] == resource.split("_")[0]


def test_an_outcome_without_a_certificate_has_no_solution() -> None:
    outcome = Exhausted(StopReason.STUCK, ())
    assert not hasattr(outcome, "solution")
    match outcome:
        case Exhausted(stop_reason, attempts):
            assert (stop_reason, attempts) == (StopReason.STUCK, ())
