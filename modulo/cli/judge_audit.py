"""``modulo audit --judge``: how often a model that judges is wrong."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import anyio
import click
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from modulo.audit.judges import JudgeReport, audit_judge
from modulo.audit.judges.report import Rate
from modulo.budget import Budget
from modulo.cli import NOT_CERTIFIED
from modulo.cli.output import calls_words, print_json, printable
from modulo.domain import find_domain
from modulo.generators.models import generator_from_string
from modulo.opinion import OPINION_SCHEMA

__all__ = ["DEFAULT_ANSWERS", "judge_audit"]

DEFAULT_ANSWERS: Final = 100
_TITLES: Final = ("answers", "accepted", "rejected", "no opinion")
_MOST_TOKENS: Final = 512


def judge_audit(target: str, judge: str, *, n: int, seed: int, cost_usd: float | None, as_json: bool) -> int:
    """Measure a judge, and print what came of it; 1 if it had no opinion of right or of wrong answers."""
    domain = find_domain(target)
    # Some providers refuse a temperature; the embedded model is as sure of itself as it can be without any.
    temperature = 0.0 if judge.partition(":")[0] == "local" else None
    model = generator_from_string(
        judge, schema=OPINION_SCHEMA, max_output_tokens=_MOST_TOKENS, temperature=temperature
    )

    async def measure() -> JudgeReport:
        with _progress(n, quiet=as_json) as on_judged:
            return await audit_judge(
                domain,
                model,
                name=judge,
                n=n,
                seed=seed,
                budget=Budget(cost_usd=cost_usd),
                on_judged=on_judged,
            )

    report = anyio.run(measure)
    if as_json:
        print_json(report.to_json())
    else:
        _show(report)
    return 0 if report.false_positives.of and report.false_negatives.of else NOT_CERTIFIED


@contextmanager
def _progress(total: int, *, quiet: bool) -> Iterator[Callable[[], None]]:
    """Counts answers on a terminal; gives what to call for each."""
    console = Console(file=sys.stderr)
    columns = (TextColumn("judging"), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(
        *columns, console=console, disable=quiet or not console.is_terminal, transient=True
    ) as progress:
        task = progress.add_task("", total=total)
        yield lambda: progress.advance(task)


def _show(report: JudgeReport) -> None:
    rows = [
        (printable(family), *(str(counts.get(said, 0)) for said in ("accept", "reject", "nothing")))
        for family, counts in report.families.items()
    ]
    console = Console()
    if console.is_terminal:
        table = Table()
        for title in _TITLES:
            table.add_column(title, justify="left" if title == _TITLES[0] else "right")
        for row in rows:
            table.add_row(*row)
        console.print(table, markup=False)
    else:
        click.echo("\n".join("\t".join(row) for row in (_TITLES, *rows)))
    click.echo(f"false positives (wrong answers accepted): {_words(report.false_positives)}")
    click.echo(f"false negatives (right answers rejected): {_words(report.false_negatives)}")
    reasons = ", ".join(f"{count} {reason}" for reason, count in report.reasons.items())
    click.echo(f"no opinion: {_words(report.abstentions)}{reasons and f': {printable(reasons)}'}")
    spent = calls_words(report.usage, report.unconfirmed, report.seconds)
    click.echo(f"{printable(report.judge)}: {spent}")


def _words(rate: Rate) -> str:
    if rate.value is None:
        return "no opinion of any"
    low, high = rate.interval
    return f"{rate.count} of {rate.of}, {rate.value:.1%} (95 % interval {low:.1%} to {high:.1%})"
