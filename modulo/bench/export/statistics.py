"""All statistics of a study as flat rows, each of a ``kind``, as tools for tables take them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Struct, to_builtins

from modulo.bench.folder import StudyFolder
from modulo.bench.statistics import Summary, comparisons_of, summaries_of

__all__ = ["statistics_rows"]


def statistics_rows(folder: StudyFolder) -> Iterator[dict[str, Any]]:
    """All rows, in the same order whichever run ended first.

    Their kinds are ``summary``, ``coverage``, ``round``, ``violation``, ``compute``, ``pass_at`` and ``comparison``.
    All but the last name the set of problems, the model and the strategy that they are about.

    Raises:
        ConfigurationError: The folder holds no study.
    """
    study, rows = folder.study(), folder.rows()
    ordered = sorted(rows, key=lambda row: row.run)
    for summary in summaries_of(ordered, seed=study.seed):
        about = to_builtins(summary.group)
        for kind, row in _of_summary(summary):
            yield {"kind": kind, **about, **row}
    for comparison in comparisons_of(ordered):
        yield {"kind": "comparison", **_plain(comparison)}


def _of_summary(summary: Summary) -> Iterator[tuple[str, dict[str, Any]]]:
    names = ("runs", "problems", "certified", "accuracy", "spent", "per_certified", "waste", "stop_reasons")
    yield "summary", {name: to_builtins(getattr(summary, name), str_keys=True) for name in names}
    for axis, points in summary.coverage.items():
        for point in points:
            yield "coverage", {"by": axis, **_plain(point)}
    for value in summary.rounds:
        yield "round", _plain(value)
    for counted in summary.violations:
        for number, count in enumerate(counted.by_round, 1):
            yield "violation", {"code": counted.code, "round": number, "count": count}
    for key, parts in summary.compute.items():
        for part in parts:
            yield "compute", {"by": key, **_plain(part)}
    if summary.pass_at is not None:
        for k, share in summary.pass_at.values.items():
            yield "pass_at", {"of": summary.pass_at.of, "k": k, "share": share}


def _plain(struct: Struct) -> dict[str, Any]:
    row: dict[str, Any] = to_builtins(struct, str_keys=True)
    return row
