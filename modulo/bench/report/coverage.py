"""Coverage curves: which share of the runs was certified within so much, for each thing that can be spent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final

from modulo.bench.report.drawing import BOTTOM, LEFT, RIGHT, TOP, axes, drawing, marker, series_class
from modulo.bench.report.html import Html, element, joined
from modulo.bench.report.numbers import AXIS_WORDS, amount, percent
from modulo.bench.report.scales import Scale, scale_for
from modulo.bench.report.series import by_figure, legend, place_of, strategies_of
from modulo.bench.statistics import AXES, Axis, CoveragePoint, Summary

__all__ = ["coverage_section"]

_MOST_FIGURES: Final = 24
"""For each axis: more would make the page long and slow."""
_MOST_BANDS: Final = 4
"""More of them would hide each other."""
_STEPS_TOLD: Final = 6


def coverage_section(summaries: Sequence[Summary]) -> Html:
    """All curves, with a switch between what they are drawn over."""
    by = [axis for axis in AXES if any(summary.coverage[axis] for summary in summaries)]
    if not by:
        return element("p", "No run was certified, so there is no curve to draw.")
    switches = [_switch(axis, is_first=axis == by[0]) for axis in by]
    return element(
        "div",
        *switches,
        legend(strategies_of(summaries)),
        *(_panel(axis, summaries) for axis in by),
        class_="switch",
        role="group",
        aria_label="Coverage by",
    )


def _switch(axis: Axis, *, is_first: bool) -> Html:
    name = f"axis-{axis}"
    radio = element("input", type="radio", name="axis", id=name, checked=is_first)
    return joined(radio, element("label", f"by {AXIS_WORDS[axis].removesuffix('s')}", for_=name))


def _panel(axis: Axis, summaries: Sequence[Summary]) -> Html:
    figures = by_figure(summaries)
    shown = figures[:_MOST_FIGURES]
    left = len(figures) - len(shown)
    return element(
        "div",
        *(_figure(axis, title, group, strategies_of(summaries)) for title, group in shown),
        element("p", f"{left} more figures are left out; the table has their numbers.") if left else None,
        class_=f"panel panel-{axis} figures",
    )


def _figure(axis: Axis, title: str, group: Sequence[Summary], strategies: Sequence[str]) -> Html:
    x = scale_for(_numbers(axis, group), start=LEFT, end=RIGHT, whole=axis in ("rounds", "calls"))
    y = Scale(low=0.0, high=1.0, start=BOTTOM, end=TOP)
    told = "; ".join(_told(axis, summary) for summary in group)
    curves = [
        curve
        for summary in group
        for curve in _curve(summary, axis, strategies, x, y, has_band=len(group) <= _MOST_BANDS)
    ]
    drawn = drawing(
        f"Coverage by {AXIS_WORDS[axis]}: {title}",
        told,
        axes(
            x,
            y,
            x_words=f"{AXIS_WORDS[axis]} of a run, at most",
            y_words="% certified",
            x_number=partial(amount, of=axis),
        ),
        *curves,
    )
    return element("figure", element("figcaption", title), drawn)


def _numbers(axis: Axis, group: Sequence[Summary]) -> list[float]:
    """What the axis has to show: all steps, and beyond the last of them how the curves go on."""
    steps = [point.within for summary in group for point in summary.coverage[axis]]
    if axis == "rounds":
        return [*steps, max(len(summary.rounds) for summary in group) + 0.5]
    return [*steps, 1.08 * max(steps, default=0.0)]


def _curve(
    summary: Summary, axis: Axis, strategies: Sequence[str], x: Scale, y: Scale, *, has_band: bool
) -> Iterator[Html]:
    points, place = summary.coverage[axis], place_of(summary, strategies)
    if not points:
        return
    kind = series_class(place)
    if has_band:
        yield element("path", d=_band(points, x, y), class_=f"band {kind}")
    yield element(
        "path", d=_steps([(point.within, point.share) for point in points], x, y), class_=f"line {kind}"
    )
    yield marker(place, x.place(points[-1].within), y.place(points[-1].share))


def _steps(points: Sequence[tuple[float, float]], x: Scale, y: Scale) -> str:
    """A stair from the first point on; level between points, and after the last one."""
    (first, share), *others = points
    path = [f"M{x.place(first)} {y.place(0)}V{y.place(share)}"]
    path += [f"H{x.place(within)}V{y.place(share)}" for within, share in others]
    return "".join([*path, f"H{x.end}"])


def _band(points: Sequence[CoveragePoint], x: Scale, y: Scale) -> str:
    """The area between the ends of the intervals."""
    first, *others = points
    path = [f"M{x.place(first.within)} {y.place(first.low)}V{y.place(first.high)}"]
    path += [f"H{x.place(point.within)}V{y.place(point.high)}" for point in others]
    path.append(f"H{x.end}V{y.place(points[-1].low)}")
    path += [
        f"H{x.place(later.within)}V{y.place(point.low)}"
        for point, later in zip(reversed(points[:-1]), reversed(others), strict=True)
    ]
    return "".join([*path, "Z"])


def _told(axis: Axis, summary: Summary) -> str:
    points = summary.coverage[axis]
    every = max(1, -(-len(points) // _STEPS_TOLD))
    chosen = points[::-1][::every][::-1]
    steps = ", ".join(f"{percent(point.share)} within {amount(point.within, axis)}" for point in chosen)
    return f"{summary.group.strategy}: {steps or 'none certified'}"
