"""Small drawings as inline SVG. Colours come from the style sheet, so that they suit light, dark and paper."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from modulo.bench.report.html import Html, element, joined
from modulo.bench.report.scales import Scale

__all__ = [
    "BOTTOM",
    "HEIGHT",
    "LEFT",
    "RIGHT",
    "TOP",
    "WIDTH",
    "axes",
    "cut",
    "drawing",
    "marker",
    "series_class",
]

WIDTH: Final = 380
HEIGHT: Final = 250
LEFT: Final = 44
RIGHT: Final = 368
TOP: Final = 26
BOTTOM: Final = 208
"""The frame within which numbers have their places."""

_LINES: Final = 8
"""Kinds of lines and markers; beyond them, they are repeated."""


def series_class(place: int) -> str:
    """The class that gives the n-th series its colour and dashes."""
    return f"s{place % _LINES}"


def drawing(title: str, description: str, *children: Html, height: int = HEIGHT) -> Html:
    """A drawing with a text for those who cannot see it."""
    return element(
        "svg",
        element("title", title),
        element("desc", description),
        *children,
        viewBox=f"0 0 {WIDTH} {height}",
        role="img",
        aria_label=f"{title}. {description}",
    )


def axes(x: Scale, y: Scale, *, x_words: str, y_words: str, x_number: Callable[[float], str]) -> Html:
    """The two axes: shares upwards, and something that has numbers of its own to the right."""
    return element(
        "g",
        *(_y_tick(y.place(share), f"{100 * share:.0f}") for share in (0.0, 0.25, 0.5, 0.75, 1.0)),
        *(_x_tick(x.place(number), x_number(number)) for number in x.ticks()),
        element("text", y_words, x=LEFT - 36, y=TOP - 14, class_="axis"),
        element("text", x_words, x=RIGHT, y=BOTTOM + 34, class_="axis", text_anchor="end"),
        class_="axes",
        aria_hidden="true",
    )


def marker(place: int, x: float, y: float) -> Html:
    """The mark of the n-th series: its form tells it apart where colours do not."""
    kind = series_class(place)
    corners = _CORNERS[place % len(_CORNERS)]
    if corners is None:
        return element("circle", cx=x, cy=y, r=3.6, class_=f"mark {kind}")
    points = " ".join(f"{x + dx:.1f},{y + dy:.1f}" for dx, dy in corners)
    return element("polygon", points=points, class_=f"mark {kind}")


_CORNERS: Final[Sequence[Sequence[tuple[float, float]] | None]] = (
    None,
    ((-3.2, -3.2), (3.2, -3.2), (3.2, 3.2), (-3.2, 3.2)),
    ((0, -4.4), (4, 3.2), (-4, 3.2)),
    ((0, -4.6), (4.6, 0), (0, 4.6), (-4.6, 0)),
    ((0, 4.4), (4, -3.2), (-4, -3.2)),
)


def _y_tick(y: float, words: str) -> Html:
    return joined(
        element("line", x1=LEFT, x2=RIGHT, y1=y, y2=y, class_="grid"),
        element("text", words, x=LEFT - 6, y=y + 4, text_anchor="end"),
    )


def _x_tick(x: float, words: str) -> Html:
    return joined(
        element("line", x1=x, x2=x, y1=BOTTOM, y2=BOTTOM + 4, class_="tick"),
        element("text", words, x=x, y=BOTTOM + 17, text_anchor="middle"),
    )


def cut(text: str, most: int) -> str:
    """As much of a text as fits: drawings do not wrap it, and what stands out of them widens the page."""
    return text if len(text) <= most else f"{text[: most - 1]}…"
