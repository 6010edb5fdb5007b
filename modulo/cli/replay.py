"""``modulo replay``: run a recorded run again without a model."""

from __future__ import annotations

from pathlib import Path

import anyio
import click

from modulo.cli import NOT_CERTIFIED
from modulo.cli.output import print_json
from modulo.replaying import replay as replay_trace


@click.command()
@click.argument("trace", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def replay(trace: Path, as_json: bool) -> int:
    """Run the recorded run in TRACE again, without a model, and report any decision that differs."""
    replayed = anyio.run(replay_trace, trace)
    reason = replayed.stop_reason.value if replayed.stop_reason else None
    if as_json:
        print_json(
            {
                "same": not replayed.differences,
                "differences": list(replayed.differences),
                "attempts": replayed.attempts,
                "stop_reason": reason,
            }
        )
    else:
        for difference in replayed.differences:
            click.echo(difference)
        verdict = (
            f"{len(replayed.differences)} decisions differ"
            if replayed.differences
            else "every decision is the same"
        )
        click.echo(f"{replayed.attempts} attempts replayed, recorded end {reason or 'missing'}: {verdict}")
    return NOT_CERTIFIED if replayed.differences else 0
