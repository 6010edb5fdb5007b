"""``modulo bench STUDY``: run a study, and say what came of it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import anyio
import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from modulo.bench.folder import StudyFolder
from modulo.bench.rows import RunRow
from modulo.bench.running import StudyResult, run_study, runs_of
from modulo.bench.study import Study
from modulo.budget import Usage
from modulo.cli import NOT_CERTIFIED

__all__ = ["bench_study"]


def bench_study(study: Study, folder: Path, *, base: Path, quiet: bool) -> tuple[StudyResult, int]:
    """Make the runs of a study that its folder does not have yet.

    Args:
        study: The study.
        folder: Where results are, and go.
        base: The folder that the study's files are relative to.
        quiet: Whether to show no progress.

    Returns:
        What came of it, and the exit code: 0 if every run came to its end.

    Raises:
        ModuloError: As ``run_study``.
    """
    total = len(runs_of(study, base=base))
    results = StudyFolder(folder)
    with _progress(results, total, quiet=quiet) as on_finished:
        result = anyio.run(partial(run_study, study, results, base=base, on_finished=on_finished))
    if result.starved:
        click.echo(
            f"modulo: {result.starved} runs did not fit the study's budget; "
            f"run it again with a larger total, and {folder} goes on from here",
            err=True,
        )
    return result, NOT_CERTIFIED if result.starved else 0


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
