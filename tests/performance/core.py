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
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cancelling
import growth
import importing
import peers
import rounds
import throughput
from measuring import Row, in_fresh_process
from reporting import describe_machine, document, print_table


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
    machine = describe_machine()
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
        print(json.dumps({"machine": machine, "rows": [document(row) for row in rows]}, indent=2))
    else:
        print_table(machine, rows)
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


if __name__ == "__main__":
    main()
