"""Measures the core against the figures it is to reach, and prints a table; no test, it asserts no times.

    python tests/performance/core.py [--peers [--peers-dir FOLDER]] [--json] [--quick]

Times are given as the median of the repeats with their spread, in wall time and in CPU time of the process.
On a machine with other work to do, the CPU time is the better one. Each benchmark runs in a process of its own.
The exit code tells whether all of them ran, not what they measured.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import platform
import statistics
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import cancelling
import growth
import importing
import peers
import rounds
import throughput
from measuring import Row, in_fresh_process
from rich.console import Console
from rich.table import Table

import modulo


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How much is measured."""

    loops: int
    repeats: int
    problems: int
    throughput_repeats: int
    heap_problems: int
    races: int
    imports: int
    growth_rounds: int
    peer_repeats: int
    peer_repeats_on_disk: int
    peer_growth_rounds: int


_FULL = Scale(
    loops=300,
    repeats=9,
    problems=10_000,
    throughput_repeats=3,
    heap_problems=2_000,
    races=15,
    imports=15,
    growth_rounds=500,
    peer_repeats=5,
    peer_repeats_on_disk=3,
    peer_growth_rounds=50,
)
_QUICK = Scale(
    loops=100,
    repeats=3,
    problems=1_000,
    throughput_repeats=1,
    heap_problems=500,
    races=3,
    imports=3,
    growth_rounds=100,
    peer_repeats=1,
    peer_repeats_on_disk=1,
    peer_growth_rounds=10,
)


def main() -> None:
    """Measure and print."""
    arguments = _arguments()
    scale = _QUICK if arguments.quick else _FULL
    machine = _machine()
    rows: list[Row] = []
    failures = 0
    for measure in itertools.chain(_own(scale), _of_peers(arguments, scale)):
        try:
            rows += measure()
        except Exception:  # the others are worth having all the same
            failures += 1
            traceback.print_exc()
        print(f"{len(rows)} rows measured", file=sys.stderr)
    machine["load_after"] = os.getloadavg()
    if arguments.json:
        print(json.dumps({"machine": machine, "rows": [_document(row) for row in rows]}, indent=2))
    else:
        _print_table(machine, rows)
    sys.exit(1 if failures else 0)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--peers", action="store_true", help="measure LangGraph and other imports as well")
    parser.add_argument("--peers-dir", type=Path, help="folder in which their environment is kept for reuse")
    parser.add_argument("--json", action="store_true", help="print one JSON document instead of a table")
    parser.add_argument("--quick", action="store_true", help="smaller numbers, for a first look")
    return parser.parse_args()


def _own(scale: Scale) -> Iterator[Callable[[], list[Row]]]:
    """Our own benchmarks; the sums of memory come from processes in which nothing else has run."""
    fresh = partial(partial, in_fresh_process)
    yield fresh(rounds.measure_memory, loops=scale.loops, repeats=scale.repeats)
    yield fresh(rounds.measure_disk, loops=scale.loops, repeats=scale.repeats)
    for raises_gc_thresholds in (False, True):
        yield fresh(
            throughput.measure_throughput,
            problems=scale.problems,
            repeats=scale.throughput_repeats,
            keeps_trace=False,
            raises_gc_thresholds=raises_gc_thresholds,
        )
    for keeps_trace in (False, True):
        yield fresh(throughput.measure_resident, problems=scale.problems, keeps_trace=keeps_trace)
        yield fresh(throughput.measure_heap, problems=scale.heap_problems, keeps_trace=keeps_trace)
    yield fresh(cancelling.measure_cancelling, repeats=scale.races)
    yield partial(importing.measure_import, repeats=scale.imports)
    yield fresh(growth.measure_growth, rounds=scale.growth_rounds)


def _of_peers(arguments: argparse.Namespace, scale: Scale) -> Iterator[Callable[[], list[Row]]]:
    if not arguments.peers:
        return
    settings = {
        "loops": scale.loops,
        "repeats": scale.peer_repeats,
        "repeats_on_disk": scale.peer_repeats_on_disk,
        "prompt_bytes": growth.PROMPT_BYTES,
        "rounds_measured": scale.peer_growth_rounds,
        "rounds": scale.growth_rounds,
    }
    measure = partial(peers.measure_peers, settings=settings, imports=scale.imports)
    if arguments.peers_dir:
        yield lambda: measure(arguments.peers_dir.resolve())
        return
    with tempfile.TemporaryDirectory() as folder:
        yield lambda: measure(Path(folder))


def _machine() -> dict[str, Any]:
    return {
        "modulo": modulo.__version__,
        "python": platform.python_version(),
        "system": platform.platform(),
        "cores": os.cpu_count(),
        "load_before": os.getloadavg(),
    }


def _document(row: Row) -> dict[str, Any]:
    return {**asdict(row), "median": row.median, "reached": row.is_reached}


def _print_table(machine: dict[str, Any], rows: Sequence[Row]) -> None:
    table = Table(title=_title(machine), title_justify="left", show_lines=False)
    table.add_column("what", overflow="fold", min_width=40)
    table.add_column("median (least to most)", justify="right")
    table.add_column("CPU time", justify="right")
    table.add_column("to reach", justify="right")
    table.add_column("reached")
    table.add_column("how", overflow="fold")
    for row in rows:
        table.add_row(
            row.what, _measured(row.values, row.unit), _measured(row.cpu), _figure(row), _reached(row), row.note
        )
    console = Console()
    # A pipe has no width; a table folded to 80 columns is hard to read.
    console.print(table) if console.is_terminal else Console(width=200).print(table)


def _title(machine: dict[str, Any]) -> str:
    before, after = machine["load_before"][0], machine["load_after"][0]
    return (
        f"modulo {machine['modulo']}, Python {machine['python']}, {machine['cores']} cores, "
        f"load {before:.1f} before and {after:.1f} after"
    )


def _measured(values: Sequence[float], unit: str = "") -> str:
    if not values:
        return ""
    spread = f" ({_number(min(values))} to {_number(max(values))})" if len(values) > 1 else ""
    return f"{_number(statistics.median(values))} {unit}".rstrip() + spread


def _figure(row: Row) -> str:
    if row.reach is None:
        return ""
    return f"{'≥' if row.at_least else '≤'} {_number(row.reach)} {row.unit}"


def _reached(row: Row) -> str:
    if row.is_reached is None:
        return ""
    if row.is_reached_in_cpu_time and not row.is_reached:
        return "no (in CPU time, yes)"
    return "yes" if row.is_reached else "no"


def _number(value: float) -> str:
    """Three digits that matter."""
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


if __name__ == "__main__":
    main()
