"""Strategies compared pair by pair on the same problems at equal cost, in words and as intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from modulo.bench.report.drawing import cut
from modulo.bench.report.html import Html, element, joined
from modulo.bench.statistics import LEVEL, Comparison

__all__ = ["comparisons_section"]

_MOST: Final = 120
_MOST_OF_A_NAME: Final = 22
_MIDDLE: Final = 100
_HALF: Final = 96


def comparisons_section(comparisons: Sequence[Comparison]) -> Html:
    """All comparisons, those that show a difference first."""
    if not comparisons:
        return element("p", "There are no two strategies with runs on the same problems.")
    ranked = sorted(comparisons, key=lambda one: (one.p_value, -abs(one.difference.value or 0.0)))
    left = len(ranked) - _MOST
    shown = sum(one.significant for one in ranked)
    by_chance = LEVEL * sum(one.least_p_value < LEVEL for one in ranked)
    return joined(
        element(
            "p",
            f"{shown} of {len(ranked)} comparisons are significant at 5 %; {by_chance:.1f} at most would be by "
            "chance, on average, if no strategy were better than another.",
        ),
        element("ul", *map(_item, ranked[:_MOST]), class_="comparisons"),
        element("p", f"{left} less clear comparisons are left out.") if left > 0 else None,
    )


def _item(one: Comparison) -> Html:
    title = f"{one.first.strategy} and {one.second.strategy}"
    return element(
        "li",
        element("h3", title, element("small", f" {one.set} · {one.model}")),
        _interval(one),
        element("p", one.words),
        class_="shown" if one.significant else None,
    )


def _interval(one: Comparison) -> Html:
    """The difference and its interval, to the right where the first is better."""
    value, low, high = (_MIDDLE + _HALF * (end or 0.0) for end in _ends(one))
    return element(
        "svg",
        element("line", x1=_MIDDLE, x2=_MIDDLE, y1=2, y2=22, class_="tick"),
        element("line", x1=round(low, 1), x2=round(high, 1), y1=12, y2=12, class_="interval"),
        element("circle", cx=round(value, 1), cy=12, r=4, class_="bar"),
        element("text", f"← {cut(one.second.strategy, _MOST_OF_A_NAME)}", x=2, y=36),
        element("text", f"{cut(one.first.strategy, _MOST_OF_A_NAME)} →", x=198, y=36, text_anchor="end"),
        viewBox="0 0 200 40",
        class_="difference",
        aria_hidden="true",
    )


def _ends(one: Comparison) -> tuple[float | None, float | None, float | None]:
    return one.difference.value, one.difference.low, one.difference.high
