"""What accuracy costs: each strategy with each model, and the front of those that nothing beats in both."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final

from msgspec import Struct

from modulo.bench.report.drawing import BOTTOM, LEFT, RIGHT, TOP, axes, drawing, marker, series_class
from modulo.bench.report.html import Html, element, joined
from modulo.bench.report.numbers import AXIS_WORDS, amount, percent, percent_interval
from modulo.bench.report.scales import Scale, scale_for
from modulo.bench.report.series import legend, place_of, sets_of, strategies_of
from modulo.bench.report.tables import table
from modulo.bench.statistics import Resource, Summary

__all__ = ["front_of", "front_section", "priced_in"]

_MOST_UNFOLDED: Final = 12
"""Rows of a table that is not folded away."""


class Point(Struct, frozen=True, kw_only=True):
    """A strategy with a model.

    Attributes:
        summary: Its runs.
        cost: What a run of it spent on average.
        share: Which share of the runs was certified.
        on_front: Whether no other is at least as good and as cheap, and better in one of both.
    """

    summary: Summary
    cost: float
    share: float
    on_front: bool


def priced_in(summaries: Sequence[Summary]) -> Resource:
    """What costs are told in: dollars where there are any, and all of them are known, else tokens, else calls."""
    if any(summary.spent.cost_usd for summary in summaries) and not any(one.unpriced for one in summaries):
        return "cost_usd"
    return "tokens" if any(summary.spent.tokens for summary in summaries) else "calls"


def front_of(summaries: Sequence[Summary], by: Resource) -> tuple[Point, ...]:
    """The points of some summaries, the cheapest first."""
    found = [
        (summary, getattr(summary.spent, by) / summary.runs, summary.accuracy.value or 0.0)
        for summary in summaries
    ]
    points = [
        Point(
            summary=summary,
            cost=cost,
            share=share,
            on_front=share > 0 and not any(_beats(other[1:], (cost, share)) for other in found),
        )
        for summary, cost, share in found
    ]
    return tuple(sorted(points, key=lambda point: (point.cost, -point.share)))


def front_section(summaries: Sequence[Summary]) -> Html:
    """A drawing and a table for each set of problems."""
    by, strategies = priced_in(summaries), strategies_of(summaries)
    figures = (
        _figure(title, front_of(group, by), by, strategies) for title, group in sets_of(summaries).items()
    )
    return joined(legend(strategies), element("div", *figures, class_="figures wide"))


def _beats(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return one[0] <= other[0] and one[1] >= other[1] and one != other


def _figure(title: str, points: Sequence[Point], by: Resource, strategies: Sequence[str]) -> Html:
    words = AXIS_WORDS[by]
    x = scale_for([point.cost for point in points], start=LEFT + 8, end=RIGHT - 12)
    y = Scale(low=0.0, high=1.0, start=BOTTOM, end=TOP)
    best = [point for point in points if point.on_front]
    told = "; ".join(f"{_name(point)}: {percent(point.share)} at {amount(point.cost, by)}" for point in best)
    places = [(x.place(point.cost), y.place(point.share)) for point in points]
    marks = (_mark(point, at, y, strategies) for point, at in zip(points, places, strict=True))
    drawn = drawing(
        f"Share certified over {words} of a run: {title}",
        f"On the front: {told or 'none'}",
        axes(
            x,
            y,
            x_words=f"{words} of a run, on average",
            y_words="% certified",
            x_number=partial(amount, of=by),
        ),
        element("path", d=_stairs(best, x, y), class_="front"),
        *marks,
        *_labels(places),
    )
    return element("figure", element("figcaption", title), drawn, _numbers(title, points, by))


def _mark(point: Point, at: tuple[float, float], y: Scale, strategies: Sequence[str]) -> Html:
    across, up = at
    place, estimate = place_of(point.summary, strategies), point.summary.accuracy
    low, high = y.place(estimate.low or 0.0), y.place(1.0 if estimate.high is None else estimate.high)
    return element(
        "g",
        element("line", x1=across, x2=across, y1=low, y2=high, class_=f"whisker {series_class(place)}"),
        marker(place, across, up),
    )


def _labels(places: Sequence[tuple[float, float]]) -> Iterator[Html]:
    """The numbers of points, each beside its point where no other number is yet."""
    taken: list[tuple[float, float]] = []
    for number, (across, up) in enumerate(places, 1):
        around = [(across + dx, up + dy) for dy in (-6, 14, 25) for dx in (9, -9, 24)]
        free = (at for at in around if all(abs(at[0] - x) > 13 or abs(at[1] - y) > 10 for x, y in taken))
        at = next(free, around[0])
        taken.append(at)
        yield element("text", number, x=round(at[0], 1), y=round(at[1], 1), text_anchor="middle")


def _stairs(best: Sequence[Point], x: Scale, y: Scale) -> str:
    if not best:
        return "M0 0"
    first, *others = best
    steps = (f"H{x.place(point.cost)}V{y.place(point.share)}" for point in others)
    return "".join([f"M{x.place(first.cost)} {y.place(first.share)}", *steps, f"H{x.end}"])


def _name(point: Point) -> str:
    return f"{point.summary.group.strategy} with {point.summary.group.model}"


def _numbers(title: str, points: Sequence[Point], by: Resource) -> Html:
    rows = [
        (
            number,
            joined(point.summary.group.strategy, element("small", f" {point.summary.group.model}")),
            amount(point.cost, by),
            f"{percent(point.share)} ({percent_interval(point.summary.accuracy)})",
            "yes" if point.on_front else "",
        )
        for number, point in enumerate(points, 1)
    ]
    titles = ("no.", "strategy, model", "a run", "certified", "on the front")
    made = table(f"Costs and shares: {title}", titles, rows, headers=2)
    if len(rows) <= _MOST_UNFOLDED:
        return made
    return element("details", element("summary", f"{len(rows)} costs and shares"), made)
