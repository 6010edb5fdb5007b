"""``modulo check``: judge candidates, one or many, without a model."""

from __future__ import annotations

from pathlib import Path

import anyio
import click

from modulo.batch import check_lines, check_one
from modulo.cli import BAD_INPUT, NOT_CERTIFIED
from modulo.cli.output import critique_lines, print_json, read_document, read_problem
from modulo.critique import critique_json
from modulo.domain import find_domain
from modulo.generators.transcript import json_lines


@click.command()
@click.argument("domain", required=False)
@click.option("--problem", type=click.Path(path_type=Path), metavar="FILE", help="The problem.")
@click.option("--candidate", type=click.Path(path_type=Path), metavar="FILE", help="The candidate.")
@click.option(
    "--batch", type=click.Path(path_type=Path), metavar="FILE", help="Rows to check, as JSON lines (.gz)."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def check(
    domain: str | None, problem: Path | None, candidate: Path | None, batch: Path | None, as_json: bool
) -> int:
    """Run the critics of DOMAIN on one candidate, or those of each row's domain on every row of a file.

    Rows are {"id", "domain", "problem", "candidate"}; for each, a line {"id", "verdict", "violations",
    "seconds"} is printed, in order. A candidate that is rejected is an answer: the exit code of a batch is 0 if
    every row could be read.
    """
    if batch is not None:
        if domain or problem or candidate:
            raise click.UsageError("--batch takes the domain, problem and candidate of each row from the file")
        return anyio.run(_check_batch, batch)
    if domain is None or problem is None or candidate is None:
        raise click.UsageError("give DOMAIN, --problem FILE and --candidate FILE, or --batch FILE")
    return anyio.run(_check_one, domain, problem, candidate, as_json)


async def _check_one(name: str, problem: Path, candidate: Path, as_json: bool) -> int:
    domain = find_domain(name)
    checked = await check_one(domain, read_problem(domain, problem), read_document(candidate))
    if as_json:
        critiques = [critique_json(critique) for critique in checked.critiques]
        print_json({"verdict": checked.verdict, "critiques": critiques})
    else:
        click.echo("\n".join([*critique_lines(checked.critiques), checked.verdict]))
    return 0 if checked.verdict == "accept" else NOT_CERTIFIED


async def _check_batch(path: Path) -> int:
    all_read = True
    async for row in check_lines(json_lines(path)):
        all_read = all_read and row.is_read
        print_json(row.document)
    return 0 if all_read else BAD_INPUT
