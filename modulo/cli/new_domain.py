"""``modulo new-domain``: a complete small domain to start from."""

from __future__ import annotations

from pathlib import Path

import click

from modulo.cli.output import print_json
from modulo.new_domain import write_domain

_NEXT_STEPS = """\
wrote {directory}: {count} files with a domain that works as it stands.

    cd {directory}
    pip install -e '.[dev]'
    pytest
    modulo solve {name} --model local
    modulo audit {name}

README.md says what is where. What is right is said in src/{name}/critic.py."""


@click.command("new-domain")
@click.argument("name")
@click.option(
    "--directory",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="A new folder to write to; by default, one called NAME.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def new_domain(name: str, directory: Path | None, as_json: bool) -> int:
    """Write a small complete domain called NAME as a package: problem, prompt, reformulator, critic, tests."""
    target = Path(name) if directory is None else directory
    written = write_domain(name, target)
    if as_json:
        document = {"name": name, "directory": str(target), "files": [path.as_posix() for path in written]}
        print_json(document)
    else:
        click.echo(_NEXT_STEPS.format(directory=target, name=name, count=len(written)))
    return 0
