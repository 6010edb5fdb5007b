"""Measures how fast model-written code is tested, and prints a table; no test, it asserts no times.

    python tests/performance/programs.py [--json]

It is not called ``code.py``, which would stand in for a module of the standard library.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial

import anyio
from measuring import MILLI, Row
from reporting import describe_machine, document, print_table

from modulo.critics.code import CodeProblem, PassesTests, bubblewrap, close_sandboxes

_WARM_CHECKS = 300
_TOGETHER = 400
_COLD_STARTS = 10
_PROBLEM = CodeProblem(
    prompt="""from typing import List


def has_close_elements(numbers: List[float], threshold: float) -> bool:
    \"\"\" Check if in given list of numbers, are any two numbers closer to each other than
    given threshold.
    \"\"\"
""",
    entry_point="has_close_elements",
    test="""
def check(candidate):
    assert candidate([1.0, 2.0, 3.9, 4.0, 5.0, 2.2], 0.3) == True
    assert candidate([1.0, 2.0, 3.9, 4.0, 5.0, 2.2], 0.05) == False
    assert candidate([1.0, 2.0, 5.9, 4.0, 5.0], 0.95) == True
    assert candidate([1.0, 2.0, 5.9, 4.0, 5.0], 0.8) == False
    assert candidate([1.0, 2.0, 3.0, 4.0, 5.0, 2.0], 0.1) == True
    assert candidate([1.1, 2.2, 3.1, 4.1, 5.1], 1.0) == True
    assert candidate([1.1, 2.2, 3.1, 4.1, 5.1], 0.5) == False
""",
)
_PROGRAM = (
    _PROBLEM.prompt
    + """
    numbers.sort()
    return any(b - a <= threshold for a, b in zip(numbers, numbers[1:]))
"""
)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--json", action="store_true", help="print one JSON document instead of a table")
    arguments = parser.parse_args()
    machine = describe_machine()
    rows = [_bare_bubblewrap(), _cold_start(), *anyio.run(_warm), anyio.run(_throughput)]
    machine["load_after"] = os.getloadavg()
    if arguments.json:
        print(json.dumps({"machine": machine, "rows": [document(row) for row in rows]}, indent=2))
    else:
        print_table(machine, rows)


def _bare_bubblewrap() -> Row:
    command = [
        *bubblewrap.sandbox_command(bubblewrap.find_bwrap()),
        bubblewrap.interpreter(),
        "-I",
        "-S",
        "-c",
        "",
    ]
    times = [_seconds(partial(subprocess.run, command, check=True)) for _ in range(20)]
    return Row(what="bubblewrap around a bare interpreter", unit="ms", values=_in_ms(times))


def _cold_start() -> Row:
    def prepare() -> None:
        anyio.run(PassesTests().prepare)

    times = []
    for _ in range(_COLD_STARTS):
        close_sandboxes()
        times.append(_seconds(prepare))
    return Row(what="cold start of the critic", unit="ms", values=_in_ms(times), reach=300)


async def _warm() -> list[Row]:
    critic = PassesTests()
    await critic.prepare()
    times, cpu = [], []
    for _ in range(_WARM_CHECKS):
        started, cpu_started = time.perf_counter(), time.process_time()
        critique = await critic.critique(_PROBLEM, _PROGRAM)
        times.append(time.perf_counter() - started)
        cpu.append(time.process_time() - cpu_started)
        assert critique.accepts, critique
    return [
        Row(what="one check, warm", unit="ms", values=_in_ms(times), reach=15),
        Row(what="the fastest of them", unit="ms", values=_in_ms([min(times)])),
        Row(what="CPU time of this process for one check", unit="ms", values=_in_ms(cpu)),
    ]


async def _throughput() -> Row:
    critic = PassesTests()
    await critic.prepare()
    rates = []
    for _ in range(3):
        started = time.perf_counter()
        async with anyio.create_task_group() as tasks:
            for _ in range(_TOGETHER):
                tasks.start_soon(critic.critique, _PROBLEM, _PROGRAM)
        rates.append(_TOGETHER / (time.perf_counter() - started))
    what = f"checks a second, {_TOGETHER} at once, {os.cpu_count()} cores"
    return Row(what=what, unit="1/s", values=rates, reach=100, at_least=True)


def _seconds(function: Callable[[], object]) -> float:
    started = time.perf_counter()
    function()
    return time.perf_counter() - started


def _in_ms(seconds: list[float]) -> list[float]:
    return [value * MILLI for value in seconds]


if __name__ == "__main__":
    sys.exit(main())
