"""``modulo bench``: what many runs come to."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import anyio
import click
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from modulo.bench.recordings import read_recordings
from modulo.bench.replay import GroupResult, replay_recordings
from modulo.bench.table import TITLES, document_of, rows_of
from modulo.cli import NOT_CERTIFIED
from modulo.cli.output import print_json, printable
from modulo.domain import find_domain

_MOST_ROUNDS = 1000


@click.command()
@click.argument("domain")
@click.option(
    "--replay",
    "recordings",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE",
    help="Transcripts of runs to run again: JSON lines (.gz).",
)
@click.option(
    "--rounds",
    type=click.IntRange(1, _MOST_ROUNDS),
    default=15,
    show_default=True,
    metavar="N",
    help="Most rounds of a run; solved_after has N numbers.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def bench(domain: str, recordings: Path, rounds: int, as_json: bool) -> int:
    """Run every recorded run in FILE again through the loop of DOMAIN, without a model.

    Each answer is read and judged anew by today's reformulator and critics; what the file says of success is not
    looked at. Prints for each suite and model {"suite", "model", "problems", "calls", "prompt_tokens",
    "completion_tokens", "solved_after"}, where solved_after holds, for each of the N rounds, how many problems
    were solved after it. The exit code is 0 if every run came to its end.
    """
    found = find_domain(domain)
    runs = read_recordings(recordings, found)
    with _progress(len(runs), quiet=as_json) as on_finished:
        groups = anyio.run(partial(replay_recordings, found, runs, rounds=rounds, on_finished=on_finished))
    if as_json:
        print_json(document_of(groups))
    else:
        _show(groups)
    errors = [error for group in groups for error in group.errors]
    for error in errors:
        click.echo(f"modulo: a run ended before its time: {printable(error)}", err=True)
    return NOT_CERTIFIED if errors else 0


@contextmanager
def _progress(total: int, *, quiet: bool) -> Iterator[Callable[[], None]]:
    """Counts finished runs on a terminal; gives what to call for each."""
    console = Console(file=sys.stderr)
    columns = (TextColumn("replaying"), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(
        *columns, console=console, disable=quiet or not console.is_terminal, transient=True
    ) as progress:
        task = progress.add_task("", total=total)
        yield lambda: progress.advance(task)


def _show(groups: Sequence[GroupResult]) -> None:
    """A table on a terminal, else lines with tabs."""
    rows = [tuple(map(printable, row)) for row in rows_of(groups)]
    console = Console()
    if not console.is_terminal:
        click.echo("\n".join("\t".join(row) for row in (TITLES, *rows)))
        return
    table = Table()
    for title in TITLES:
        table.add_column(title, justify="left" if title in TITLES[:2] else "right")
    for row in rows:
        table.add_row(*row)
    console.print(table, markup=False)
