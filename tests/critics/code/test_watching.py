"""What a watch sees of processes, and which limit it finds exceeded."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from modulo.critics.code.limits import Limits
from modulo.critics.code.watching import Excess, Watch
from tests.critics.code.problems import needs_linux

pytestmark = needs_linux

COMPUTES = "import time\nwhile time.process_time() < 1.2: pass"


@contextmanager
def child_of_a_zygote(program: str) -> Iterator[int]:
    """A process with a child that runs a program and then waits; the process's id."""
    code = (
        "import os, sys\n"
        "if os.fork() == 0:\n"
        f"    exec({program!r})\n"
        "    print('done', flush=True)\n"
        "    sys.stdin.read()\n"
        "    os._exit(0)\n"
        "os.wait()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process.pid
        process.communicate()


@pytest.mark.parametrize(
    ("program", "limits", "elapsed", "excess"),
    [
        ("pass", Limits(), 0.0, None),
        (COMPUTES, Limits(max_cpu_seconds=1), 0.0, "cpu"),
        ("pass", Limits(max_idle_seconds=1), 1.5, "idle"),
        ("pass", Limits(max_idle_seconds=10, max_wall_seconds=1), 1.5, "wall"),
        ("data = b'x' * 10**8", Limits(max_memory_mb=50), 0.0, "memory"),
    ],
)
def test_each_limit_is_seen(program: str, limits: Limits, elapsed: float, excess: Excess | None) -> None:
    started = time.monotonic()
    with child_of_a_zygote(program) as zygote:
        watch = Watch((zygote,), limits, started)
        active = time.monotonic() - started
        now = started + (elapsed if elapsed else min(active, 0.5))
        assert watch.excess(now) == excess


def test_time_spent_computing_is_not_idle() -> None:
    started = time.monotonic()
    with child_of_a_zygote(COMPUTES) as zygote:
        watch = Watch((zygote,), Limits(max_idle_seconds=1, max_cpu_seconds=100), started)
        assert watch.excess(started + 1.1) is None


def test_processes_that_are_gone_exceed_nothing_but_the_clock() -> None:
    assert Watch((2**22 + 1,), Limits(), 0.0).excess(50.0) is None
    assert Watch((2**22 + 1,), Limits(), 0.0).excess(61.0) == "wall"
