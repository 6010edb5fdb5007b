"""Which runs are drawn together, and how strategies are told apart: the same way in all drawings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from modulo.bench.report.drawing import marker, series_class
from modulo.bench.report.html import Html, element
from modulo.bench.statistics import Summary

__all__ = ["by_figure", "legend", "place_of", "sets_of", "strategies_of", "swatch"]


def strategies_of(summaries: Sequence[Summary]) -> tuple[str, ...]:
    """The strategies, in order."""
    return tuple(dict.fromkeys(summary.group.strategy for summary in summaries))


def place_of(summary: Summary, strategies: Sequence[str]) -> int:
    """The place of a summary's strategy among all."""
    return strategies.index(summary.group.strategy)


def by_figure(summaries: Sequence[Summary]) -> tuple[tuple[str, Sequence[Summary]], ...]:
    """Summaries of one set and one model each, with a title: their strategies can be compared."""
    found: defaultdict[tuple[str, str], list[Summary]] = defaultdict(list)
    for summary in summaries:
        found[summary.group.set, summary.group.model].append(summary)
    return tuple((" · ".join(names), group) for names, group in found.items())


def sets_of(summaries: Sequence[Summary]) -> Mapping[str, Sequence[Summary]]:
    """Summaries by set."""
    found: defaultdict[str, list[Summary]] = defaultdict(list)
    for summary in summaries:
        found[summary.group.set].append(summary)
    return found


def legend(strategies: Sequence[str]) -> Html:
    """Which line is which strategy."""
    items = (element("li", swatch(i), name) for i, name in enumerate(strategies))
    return element("ul", *items, class_="legend", aria_label="Strategies")


def swatch(place: int) -> Html:
    """The line and mark of the n-th strategy."""
    line = element("path", d="M1 7H27", class_=f"line {series_class(place)}")
    return element("svg", line, marker(place, 14, 7), viewBox="0 0 28 14", class_="swatch", aria_hidden="true")
