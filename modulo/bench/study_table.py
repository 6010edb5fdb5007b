"""What a study came to, as a document, and as tables for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from modulo.bench.rows import RunRow
from modulo.bench.statistics import Comparison, Summary, comparisons_of, statistics_document, summaries_of
from modulo.bench.study import Study
from modulo.bench.wording import estimated, percentage

__all__ = ["COMPARED", "SUMMARIZED", "comparison_rows", "study_document", "summary_rows"]

SUMMARIZED: Final = (
    "problems",
    "model",
    "strategy",
    "certified",
    "share",
    "tokens per certified answer",
    "dollars",
    "calls",
    "seconds",
    "wasted",
    "stopped",
)
COMPARED: Final = ("problems", "model", "compared", "in words")


def study_document(study: Study, rows: Sequence[RunRow], *, expected: int) -> dict[str, Any]:
    """All that is known of a study as one JSON object.

    Args:
        study: The study.
        rows: Its runs so far, in its order.
        expected: How many runs it has when it is finished.
    """
    return {
        "study": study.model_dump(mode="json"),
        "runs": {"finished": len(rows), "expected": expected},
        **statistics_document(rows, seed=study.seed),
    }


def summary_rows(study: Study, rows: Sequence[RunRow]) -> list[tuple[str, ...]]:
    """A line for each strategy with each model on each set, below ``SUMMARIZED``."""
    return [_summary_row(summary) for summary in summaries_of(rows, seed=study.seed)]


def comparison_rows(study: Study, rows: Sequence[RunRow]) -> list[tuple[str, ...]]:
    """A line for each two strategies, below ``COMPARED``."""
    return [_comparison_row(compared) for compared in comparisons_of(rows)]


def _summary_row(summary: Summary) -> tuple[str, ...]:
    per_certified = summary.per_certified
    return (
        summary.group.set,
        summary.group.model,
        summary.group.strategy,
        f"{summary.certified:,}/{summary.runs:,}",
        percentage(summary.accuracy),
        estimated(per_certified["tokens"], "tokens"),
        _dollars(summary),
        estimated(per_certified["calls"], "calls"),
        estimated(per_certified["seconds"], "seconds"),
        f"{summary.waste.share:.0%}",
        _counted(summary.stop_reasons),
    )


def _dollars(summary: Summary) -> str:
    if not summary.spent.cost_usd:
        return "no price"
    told = estimated(summary.per_certified["cost_usd"], "cost_usd")
    return f"{told}, and {', '.join(summary.unpriced)} without a price" if summary.unpriced else told


def _comparison_row(compared: Comparison) -> tuple[str, ...]:
    versus = f"{compared.first.strategy} / {compared.second.strategy}"
    return compared.set, compared.model, versus, compared.words


def _counted(reasons: Mapping[str, int]) -> str:
    return ", ".join(f"{reason} {count:,}" for reason, count in reasons.items())
