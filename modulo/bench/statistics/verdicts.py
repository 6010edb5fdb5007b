"""Comparisons in words, which say what does not follow from them too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from modulo.bench.statistics.comparison import Comparison, Side

__all__ = ["LEVEL", "in_words"]

LEVEL: Final = 0.05
"""Of significance."""

_UNITS: Final = {
    "tokens": "{:,.0f} tokens",
    "calls": "{:,.0f} calls",
    "cost_usd": "${:g}",
    "seconds": "{:,.1f} s",
}


def in_words(compared: Comparison) -> str:
    """A comparison as a few sentences."""
    return " ".join(_sentences(compared))


def _sentences(compared: Comparison) -> Iterator[str]:
    first, second = compared.first, compared.second
    yield f"{_condition(compared)}, {first.strategy} certified {first.certified} and {second.strategy} " + (
        f"{second.certified} of {compared.runs:,} runs."
    )
    yield _difference(compared)
    yield from _backprompting(compared)
    for side in (first, second):
        if side.ended_early:
            yield _ended_early(side)


def _condition(compared: Comparison) -> str:
    if compared.by is None or compared.budget is None:
        return "On all sets with all models, each at equal cost as when compared by itself"
    unit = _UNITS[compared.by]
    if not compared.shared:
        return f"At up to {unit.format(compared.budget)} a run"
    one, other = (unit.format(side.spent) for side in (compared.first, compared.second))
    return f"With the same budget for all runs together, of which they spent {one} and {other}"


def _difference(compared: Comparison) -> str:
    found = compared.difference
    assert found.value is not None
    assert found.low is not None
    assert found.high is not None
    numbers = (
        f"{_points(found.value)} points, 95 % interval {_points(found.low)} to {_points(found.high)}, "
        f"p = {compared.p_value:.2g}"
    )
    if not compared.significant:
        return f"The difference is not significant ({numbers}): {_reason(compared)}."
    first, second = compared.first, compared.second
    better, other = (first, second) if found.value > 0 else (second, first)
    # Where some problems have more runs than others, as in a study that was interrupted, counts of runs may mislead.
    weighed = ", where each problem counts alike" if better.certified <= other.certified else ""
    return f"{better.strategy} is better{weighed} ({numbers})."


def _points(share: float) -> str:
    return f"{round(100 * share, 1) + 0.0:+.1f}"  # adding makes a 0 of -0


def _reason(compared: Comparison) -> str:
    if compared.least_p_value < LEVEL:
        return "which is better cannot be said from this"
    problems = f"{compared.problems} problem{'' if compared.problems == 1 else 's'}"
    return f"which is better cannot be said from {problems}, whatever comes of them"


def _backprompting(compared: Comparison) -> Iterator[str]:
    first, second = compared.first, compared.second
    if first.backprompts == second.backprompts:
        return
    assert compared.difference.value is not None
    if not compared.significant:
        yield "So backprompting has not been shown to be better than resampling here."
    elif first.backprompts == (compared.difference.value > 0):
        yield "Backprompting did better than resampling here."
    else:
        yield "Backprompting lost against resampling here."


def _ended_early(side: Side) -> str:
    runs = sum(side.ended_early.values())
    reasons = ", ".join(f"{reason} {count}" for reason, count in side.ended_early.items())
    return (
        f"Of {side.strategy}, {runs} {'run' if runs == 1 else 'runs'} ended without a certificate before spending "
        f"that ({reasons}); with other settings it might do better."
    )
