"""Statistics in words and figures for people."""

from __future__ import annotations

from modulo.bench.statistics import Estimate, Resource

__all__ = ["amount", "estimated", "percentage"]


def amount(value: float, resource: Resource) -> str:
    """An amount to about three figures; only dollars show what they are."""
    if resource == "cost_usd":
        return f"${value:,.2f}" if value >= 1 else f"${value:.2g}"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def estimated(estimate: Estimate, resource: Resource) -> str:
    """An amount with its 95 % interval; ``none certified`` where there is no amount."""
    if estimate.value is None:
        return "none certified"
    if estimate.low is None:  # of one problem
        return amount(estimate.value, resource)
    low = amount(estimate.low, resource)
    high = "no bound" if estimate.high is None else amount(estimate.high, resource)
    return f"{amount(estimate.value, resource)} ({low} to {high})"


def percentage(estimate: Estimate) -> str:
    """A share with its 95 % interval."""
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return "no runs"
    return f"{estimate.value:.0%} ({estimate.low:.0%} to {estimate.high:.0%})"
