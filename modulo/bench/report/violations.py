"""What was wrong in each round, as a table whose cells are the darker the more often."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final

from modulo.bench.report.html import Html, element, joined
from modulo.bench.report.tables import table
from modulo.bench.rows import RunRow
from modulo.bench.statistics import ViolationCounts, attempts_by_round, violations_by_round

__all__ = ["violations_section"]

_MOST_CODES: Final = 15
_MOST_ROUNDS: Final = 12
_SHADES: Final = 9
"""Shades in the style sheet besides none."""


def violations_section(rows: Sequence[RunRow]) -> Html:
    """A heat map for each set of problems: violations named per attempt judged, by code and round."""
    sets = dict.fromkeys(row.set for row in rows)
    maps = [_heat_map(name, [row for row in rows if row.set == name]) for name in sets]
    return element("div", *maps, class_="figures wide")


def _heat_map(name: str, rows: Sequence[RunRow]) -> Html:
    counts, attempts = violations_by_round(rows), attempts_by_round(rows)[:_MOST_ROUNDS]
    if not counts:
        return element("figure", element("figcaption", name), element("p", "No violation was named."))
    rates = [[_rate(one, attempts, i) for i in range(len(attempts))] for one in counts[:_MOST_CODES]]
    most = max((rate for row in rates for rate in row), default=0.0) or 1.0
    cells = (
        (element("code", one.code), *_cells(one, row, most))
        for one, row in zip(counts[:_MOST_CODES], rates, strict=True)
    )
    titles = ("violation", *(f"{k}" for k in range(1, len(attempts) + 1)))
    made = table(f"Violations per attempt judged, by round: {name}", titles, cells, class_="heat")
    return element("figure", element("figcaption", name), made, _left_out(counts, rows))


def _rate(one: ViolationCounts, attempts: Sequence[int], place: int) -> float:
    named = one.by_round[place] if place < len(one.by_round) else 0
    return named / attempts[place] if attempts[place] else 0.0


def _cells(one: ViolationCounts, rates: Sequence[float], most: float) -> Iterator[Html]:
    for place, rate in enumerate(rates):
        named = one.by_round[place] if place < len(one.by_round) else 0
        shade = min(_SHADES, math.ceil(rate / most * _SHADES))
        yield element(
            "td",
            f"{rate:.2f}" if named else "",
            class_=f"h{shade}",
            title=f"{named} times in round {place + 1}",
        )


def _left_out(counts: Sequence[ViolationCounts], rows: Sequence[RunRow]) -> Html | None:
    codes, rounds = len(counts) - _MOST_CODES, len(attempts_by_round(rows)) - _MOST_ROUNDS
    words = [
        f"{number} {what}"
        for number, what in ((codes, "rarer violations"), (rounds, "later rounds"))
        if number > 0
    ]
    return joined(element("p", f"Left out: {' and '.join(words)}.")) if words else None
