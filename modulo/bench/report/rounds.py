"""In which round runs were certified."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from modulo.bench.report.drawing import LEFT, RIGHT, cut, drawing, series_class
from modulo.bench.report.html import Html, element
from modulo.bench.report.series import by_figure, place_of, strategies_of
from modulo.bench.statistics import Summary

__all__ = ["rounds_section"]

_MOST_BARS: Final = 12
"""Rounds after that are one bar."""
_MOST_FIGURES: Final = 24
_MOST_OF_A_NAME: Final = 50
"""Characters that fit above a histogram."""
_ROW: Final = 88
"""Height of one histogram."""


def rounds_section(summaries: Sequence[Summary]) -> Html:
    """A drawing for each set with each model, in which each strategy has a histogram."""
    figures, strategies = by_figure(summaries), strategies_of(summaries)
    shown = figures[:_MOST_FIGURES]
    left = len(figures) - len(shown)
    return element(
        "div",
        *(_figure(title, group, strategies) for title, group in shown),
        element("p", f"{left} more figures are left out.") if left else None,
        class_="figures",
    )


def _figure(title: str, group: Sequence[Summary], strategies: Sequence[str]) -> Html:
    last = max((len(summary.rounds) for summary in group), default=1)
    bars = min(max(last, 1), _MOST_BARS)
    histograms = [_bars(summary, bars) for summary in group]
    most = max((max(found.values(), default=0) for found in histograms), default=0) or 1
    told = "; ".join(
        f"{summary.group.strategy}: {_told(found)}" for summary, found in zip(group, histograms, strict=True)
    )
    rows = (
        _row(summary, found, i, most, place_of(summary, strategies))
        for i, (summary, found) in enumerate(zip(group, histograms, strict=True))
    )
    drawn = drawing(f"Runs by the round that certified them: {title}", told, *rows, height=_ROW * len(group))
    return element("figure", element("figcaption", title), drawn)


def _bars(summary: Summary, bars: int) -> dict[str, int]:
    """How many runs each round certified, and none did."""
    counts: Counter[int] = Counter()
    for value in summary.rounds:
        counts[min(value.round, bars)] += value.certified
    is_cut = len(summary.rounds) > bars
    names = {k: f"{k}+" if is_cut and k == bars else str(k) for k in range(1, bars + 1)}
    never = summary.runs - sum(counts.values())
    return {names[k]: counts[k] for k in names} | {"never": never}


def _told(found: dict[str, int]) -> str:
    return ", ".join(
        f"{count} never" if name == "never" else f"{count} in round {name}"
        for name, count in found.items()
        if count
    )


def _row(summary: Summary, found: dict[str, int], row: int, most: int, place: int) -> Html:
    top, floor = row * _ROW + 22, row * _ROW + _ROW - 24
    width = (RIGHT - LEFT + 30) / len(found)
    bars = (
        _bar(LEFT - 30 + i * width, width, floor, (floor - top - 4) * count / most, name, count, place)
        for i, (name, count) in enumerate(found.items())
    )
    title = element(
        "text", cut(summary.group.strategy, _MOST_OF_A_NAME), x=LEFT - 30, y=row * _ROW + 12, class_="strong"
    )
    return element("g", title, *bars, aria_hidden="true")


def _bar(left: float, width: float, floor: float, height: float, name: str, count: int, place: int) -> Html:
    kind = "never" if name == "never" else series_class(place)
    middle = round(left + width / 2, 1)
    return element(
        "g",
        element(
            "rect",
            x=round(left + 2, 1),
            y=round(floor - height, 1),
            width=round(width - 4, 1),
            height=round(height, 1),
            class_=f"bar {kind}",
        ),
        element("text", count, x=middle, y=round(floor - height - 3, 1), text_anchor="middle")
        if count
        else None,
        element("text", name, x=middle, y=floor + 12, text_anchor="middle", class_="axis"),
    )
