"""The numbers of each strategy with each model on each set, with intervals; pass@k; what was wasted."""

from __future__ import annotations

from collections.abc import Sequence

from modulo.bench.report.front import priced_in
from modulo.bench.report.html import Child, Html, element, joined
from modulo.bench.report.numbers import (
    AXIS_WORDS,
    amount,
    amount_interval,
    percent,
    percent_interval,
    short,
)
from modulo.bench.report.tables import table
from modulo.bench.statistics import Resource, Summary

__all__ = ["overview_section", "passing_section"]


def overview_section(summaries: Sequence[Summary]) -> Html:
    """One row for each group of runs."""
    by = priced_in(summaries)
    titles = (
        "strategy, model, problems",
        "certified",
        f"{AXIS_WORDS[by]} for a certified answer",
        "runs",
        "calls of a run",
        "tokens of a run",
        "wasted tokens",
        "why runs stopped",
    )
    rows = (_row(summary, by) for summary in summaries)
    return table("Each strategy with each model, with 95 % intervals", titles, rows)


def passing_section(summaries: Sequence[Summary]) -> Html | None:
    """Unbiased pass@k, where samples were independent; None where none were."""
    passed = [(summary, summary.pass_at) for summary in summaries if summary.pass_at is not None]
    if not passed:
        return None
    most = max(len(found.values) for _, found in passed)
    chosen = [k for k in range(1, most + 1) if k in (1, 2, 3, 5, 10, 20, 50, 100, most)]
    rows = (
        (
            summary.group.strategy,
            summary.group.model,
            summary.group.set,
            found.of,
            *(percent(found.values.get(k)) for k in chosen),
        )
        for summary, found in passed
    )
    titles = ("strategy", "model", "problems", "of", *(f"pass@{k}" for k in chosen))
    return table("pass@k: the chance that one of k independent samples is certified", titles, rows, headers=3)


def _row(summary: Summary, by: Resource) -> Sequence[Child]:
    group, cost, runs = summary.group, summary.per_certified[by], summary.runs
    return (
        joined(
            group.strategy,
            element("small", f"{group.model} · {group.set} ({summary.problems})", class_="below"),
        ),
        _share(summary),
        _with_interval(amount(cost.value, by), amount_interval(cost, by)),
        runs,
        short(summary.spent.calls / runs),
        short(summary.spent.tokens / runs),
        percent(summary.waste.share),
        ", ".join(f"{reason.replace('_', ' ')} {count}" for reason, count in summary.stop_reasons.items()),
    )


def _share(summary: Summary) -> Html:
    """The share as a number and as a bar."""
    share, words = (
        summary.accuracy,
        _with_interval(percent(summary.accuracy.value), percent_interval(summary.accuracy)),
    )
    low, high, value = (100 * (end or 0.0) for end in (share.low, share.high, share.value))
    bar = element(
        "svg",
        element("rect", x=0, y=2, width=100, height=4, class_="track"),
        element("rect", x=0, y=2, width=round(value, 1), height=4, class_="bar"),
        element("line", x1=round(low, 1), x2=round(high, 1), y1=4, y2=4, class_="interval"),
        viewBox="0 0 100 8",
        preserveAspectRatio="none",
        class_="share",
        aria_hidden="true",
    )
    return joined(words, bar)


def _with_interval(words: str, interval: str) -> Html:
    return joined(words, element("small", f" {interval}") if interval else None)
