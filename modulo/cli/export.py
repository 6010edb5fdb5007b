"""``modulo export``: what a study found, as data."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import get_args

import click

from modulo.bench.export import Format, exported_rows
from modulo.bench.folder import StudyFolder
from modulo.errors import ConfigurationError


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--format", "form", type=click.Choice(get_args(Format)), required=True, help="What rows hold.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    default=Path("-"),
    metavar="FILE",
    help="Where to write them; standard output if not given.",
)
@click.option("--dedup", is_flag=True, help="Leave out what says the same as an earlier row about its problem.")
def export(folder: Path, form: Format, out: Path, dedup: bool) -> int:
    """Write what the study in FOLDER found as JSON lines, always in the same order.

    sft: certified solutions as {"messages": [..]}. preferences: {"prompt", "chosen", "rejected"}, chosen certified,
    rejected rejected. trajectories: every run with all attempts and critiques. statistics: what runs come to, in flat
    rows of several kinds.

    Rows can be judged again: `modulo check --batch` takes files of the first two (it accepts the solutions of the
    one and rejects the rejected answers of the other), and "certificate" holds a certificate as a text.
    """
    lines = (json.dumps(row) for row in exported_rows(StudyFolder(folder), form, dedup=dedup))
    count = _print(lines) if str(out) == "-" else _write(lines, out)
    click.echo(f"{count:,} rows", err=True)
    return 0


def _print(lines: Iterable[str]) -> int:
    count = 0
    for count, line in enumerate(lines, 1):  # noqa: B007  the last number is the count
        click.echo(line)
    return count


def _write(lines: Iterable[str], out: Path) -> int:
    """Write all lines, or else leave what is there as it is: a file that breaks off would look complete."""
    partial, count = out.with_name(f"{out.name}.partial"), 0
    try:
        with partial.open("w", encoding="utf-8") as file:
            for count, line in enumerate(lines, 1):  # noqa: B007
                file.write(line + "\n")
        partial.replace(out)
    except OSError as error:
        raise ConfigurationError(f"{out} cannot be written: {error.strerror}") from error
    finally:
        with suppress(OSError):  # on a name that is too long, say; then there is no such file
            partial.unlink()
    return count
