"""``modulo bench STUDY``: run a study, and say what came of it."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import anyio
import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from modulo.bench.cells import runs_of
from modulo.bench.folder import StudyFolder
from modulo.bench.rows import RunRow
from modulo.bench.running import StudyResult, run_study
from modulo.bench.study import Study
from modulo.bench.study_table import COMPARED, SUMMARIZED, comparison_rows, study_document, summary_rows
from modulo.budget import Usage
from modulo.cli import NOT_CERTIFIED
from modulo.cli.output import NO_ROOM, had_no_room, print_json, print_table, printable
from modulo.outcome import StopReason

__all__ = ["bench_study", "report_study"]


def bench_study(study: Study, folder: Path, *, base: Path, as_json: bool) -> int:
    """Make the runs of a study that its folder does not have yet, and print what came of all.

    Args:
        study: The study.
        folder: Where results are, and go.
        base: The folder that the study's files are relative to.
        as_json: Whether to print one JSON document, and show no progress.

    Returns:
        The exit code: 0 if every run came to its end.

    Raises:
        ModuloError: As ``run_study``.
    """
    expected = len(runs_of(study, base=base))
    results = StudyFolder(folder)
    with _progress(results, expected, quiet=as_json) as on_finished:
        result = anyio.run(partial(_run, study, results, base=base, on_finished=on_finished))
    if result is None:
        click.echo(
            f"modulo: interrupted; {len(results.rows()):,} of {expected:,} runs are finished, and what was paid for "
            f"is in {folder}. The same command goes on from there.",
            err=True,
        )
        return NOT_CERTIFIED
    if result.starved:
        click.echo(
            f"modulo: {result.starved:,} runs did not fit the study's budget; "
            f"run it again with a larger total, and {folder} goes on from here",
            err=True,
        )
    return _print(study, result.rows, expected=expected, as_json=as_json)


def report_study(folder: StudyFolder, *, as_json: bool) -> int:
    """Print what came of the study in a folder, and run nothing.

    Returns:
        The exit code: 0 if every run came to its end.

    Raises:
        ConfigurationError: The folder holds no study.
    """
    study = folder.study()
    rows, expected = folder.rows(), len(folder.problems()) * len(study.pairs) * study.repeats
    if len(rows) < expected:
        click.echo(f"modulo: {len(rows):,} of {expected:,} runs are finished", err=True)
    return _print(study, rows, expected=expected, as_json=as_json)


async def _run(
    study: Study, folder: StudyFolder, *, base: Path, on_finished: Callable[[RunRow], None]
) -> StudyResult | None:
    """What came of a study; None if it was interrupted, which ends its runs in good order."""
    result: StudyResult | None = None
    error: Exception | None = None
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_cancel_on_interrupt, tasks.cancel_scope)
        try:
            result = await run_study(study, folder, base=base, on_finished=on_finished)
        except Exception as caught:  # noqa: BLE001
            error = caught  # raised after the group, so that it is no group of errors
        tasks.cancel_scope.cancel()
    if error is not None:
        raise error
    return result


async def _cancel_on_interrupt(scope: anyio.CancelScope) -> None:
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async for _ in signals:
            scope.cancel()


def _print(study: Study, rows: Sequence[RunRow], *, expected: int, as_json: bool) -> int:
    if as_json:
        print_json(study_document(study, rows, expected=expected))
    else:
        print_table(SUMMARIZED, summary_rows(study, rows), names=3)
        compared = comparison_rows(study, rows)
        if compared:
            click.echo()
            print_table(COMPARED, compared, names=len(COMPARED))
    idle = sum(had_no_room(row.stop_reason, len(row.attempts)) for row in rows if row.shared_by == 1)
    if idle:
        click.echo(f"modulo: {idle:,} runs made no call: {NO_ROOM}", err=True)
    failed = [row for row in rows if row.stop_reason is StopReason.ERROR]
    if failed:
        click.echo(
            f"modulo: {len(failed):,} runs ended with an error; the first, {printable(failed[0].run)}: "
            f"{printable(failed[0].error or 'without a word')}",
            err=True,
        )
    return NOT_CERTIFIED if failed or len(rows) < expected else 0


@contextmanager
def _progress(folder: StudyFolder, total: int, *, quiet: bool) -> Iterator[Callable[[RunRow], None]]:
    """A bar on a terminal; gives what to call with each finished run."""
    console = Console(file=sys.stderr)
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    done = folder.rows()
    certified, spent = sum(row.certified for row in done), sum((row.usage for row in done), Usage())
    with Progress(*columns, console=console, disable=quiet or not console.is_terminal) as progress:
        task = progress.add_task(_words(certified, spent), total=total, completed=len(done))

        def on_finished(row: RunRow) -> None:
            nonlocal certified, spent
            certified, spent = certified + row.certified, spent + row.usage
            progress.update(task, advance=1, description=_words(certified, spent))

        yield on_finished


def _words(certified: int, spent: Usage) -> str:
    cost = f", ${spent.cost_usd:.4f}" if spent.cost_usd else ""
    return f"{certified} certified, {spent.calls:,} calls, {spent.tokens:,} tokens{cost}"
