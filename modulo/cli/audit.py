"""``modulo audit``: find out whether critics are sound."""

from __future__ import annotations

from pathlib import Path

import anyio
import click
from rich.console import Console
from rich.table import Table

from modulo.audit.auditing import DEFAULT_DOCUMENTS, run_audit
from modulo.audit.report import AuditReport
from modulo.audit.tally import FamilyCount
from modulo.audit.targets import find_subject
from modulo.audits import Audits
from modulo.cli import NOT_CERTIFIED
from modulo.cli.judge_audit import DEFAULT_ANSWERS, judge_audit
from modulo.cli.output import print_json, printable
from modulo.errors import ConfigurationError

_TITLES = ("family", "documents", "right", "accepted", "rejected", "unseen", "undecided", "errors", "wrong")


@click.command()
@click.argument("target")
@click.option(
    "--n",
    type=click.IntRange(min=1),
    metavar="N",
    help=f"Documents that are judged.  [default: {DEFAULT_DOCUMENTS}; with --judge, {DEFAULT_ANSWERS}]",
)
@click.option("--seed", type=int, default=0, show_default=True, metavar="N", help="Draws the documents.")
@click.option("--specimens", metavar="MODULE:OBJECT", help="What to try it on, in place of its own.")
@click.option(
    "--cases",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Answers with expected verdicts (JSON lines).",
)
@click.option("--judge", metavar="MODEL", help="Measure how often this model judges wrongly, instead.")
@click.option("--cost-usd", type=float, metavar="X", help="Most that the judge may cost.")
@click.option(
    "--save",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Keep the result there, among others, for graphs that require audits.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def audit(
    target: str,
    n: int | None,
    seed: int,
    specimens: str | None,
    cases: Path | None,
    judge: str | None,
    cost_usd: float | None,
    save: Path | None,
    as_json: bool,
) -> int:
    """Test the critics of a domain, or one critic (MODULE:CRITIC), for soundness.

    Right answers must be accepted; everything else, from empty answers and injections to right answers that were
    damaged in one place, must be rejected. Failures of critics must come out as errors, and the same answer must get
    the same verdict every time. Exit code 1 if anything else was seen.

    With --judge, a model is asked whether N answers to problems of a domain are right, half of which are. What it
    says is compared with what the critics say: false positives are wrong answers that it accepts, false negatives
    right ones that it rejects.
    """
    if judge is not None:
        if specimens is not None or cases is not None or save is not None:
            raise click.UsageError(
                "--judge takes what the domain's critics are audited on, and keeps no records"
            )
        return judge_audit(target, judge, n=n or DEFAULT_ANSWERS, seed=seed, cost_usd=cost_usd, as_json=as_json)
    if cost_usd is not None:
        raise click.UsageError("--cost-usd goes with --judge; critics cost nothing")
    subject = find_subject(target, specimens=specimens, cases=cases)
    known = Audits.load(save) if save is not None and save.exists() else Audits()
    if save is not None:
        _save(known, save)  # before the audit, which would be lost if nothing could be written there
    report = anyio.run(lambda: run_audit(subject, n=n or DEFAULT_DOCUMENTS, seed=seed))
    if save is not None:
        _save(known.with_records(report.records()), save)
    if as_json:
        print_json(report.to_json())
    else:
        _show(report)
    return 0 if report.is_sound else NOT_CERTIFIED


def _save(audits: Audits, file: Path) -> None:
    try:
        audits.save(file)
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be written: {error.strerror}") from error


def _show(report: AuditReport) -> None:
    """A table on a terminal, else lines with tabs; then everything that was found, in words."""
    rows = [_row(family) for family in report.families]
    console = Console()
    if console.is_terminal:
        console.print(_table(rows), markup=False)
    else:
        click.echo("\n".join("\t".join(row) for row in (_TITLES, *rows)))
    for repeat in report.repeats:
        if not repeat.skipped:
            click.echo(f"judged again by {repeat.way}: {len(repeat.differing)} of {repeat.documents} differ")
    told = sum(failure.is_told for failure in report.failures)
    click.echo(f"failures of critics: {told} of {len(report.failures)} came out as errors")
    click.echo(
        f"exceptions within critics: {len(report.swallowed)} of {report.interrupted} led to an acceptance"
    )
    for remark in report.remarks():
        click.echo(printable(f"note: {remark}"))
    for complaint in report.complaints():
        click.echo(printable(f"FAULT: {complaint}"))
    click.echo(printable(report.summary()))


def _table(rows: list[tuple[str, ...]]) -> Table:
    table = Table()
    for title in _TITLES:
        table.add_column(title, justify="left" if title == _TITLES[0] else "right")
    for row in rows:
        table.add_row(*row)
    return table


def _row(family: FamilyCount) -> tuple[str, ...]:
    counts = (
        family.documents,
        family.right,
        family.accepted,
        family.rejected,
        family.unseen,
        family.undecided,
        family.errors,
        family.false_accepts + family.false_rejects,
    )
    return (printable(family.family), *map(str, counts))
