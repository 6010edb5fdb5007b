"""Figures for people."""

from __future__ import annotations

import pytest

from modulo.bench.statistics import Estimate, Resource
from modulo.bench.wording import amount, estimated, percentage


@pytest.mark.parametrize(
    ("value", "resource", "words"),
    [
        (1234567.8, "tokens", "1,234,568"),
        (2.7512, "calls", "2.75"),
        (0.2213, "seconds", "0.221"),
        (0.000123, "cost_usd", "$0.00012"),
        (1234.5, "cost_usd", "$1,234.50"),
    ],
)
def test_amounts_have_about_three_figures(value: float, resource: Resource, words: str) -> None:
    assert amount(value, resource) == words


def test_an_estimate_has_its_interval() -> None:
    assert estimated(Estimate(value=200.0, low=100.0, high=400.0), "tokens") == "200 (100 to 400)"
    assert estimated(Estimate(value=0.5, low=0.25, high=None), "cost_usd") == "$0.5 ($0.25 to no bound)"
    assert estimated(Estimate(value=None, low=None, high=None), "tokens") == "none certified"


def test_a_share_has_its_interval() -> None:
    assert percentage(Estimate(value=0.5, low=0.25, high=0.75)) == "50% (25% to 75%)"
    assert percentage(Estimate(value=None, low=0.0, high=1.0)) == "no runs"
