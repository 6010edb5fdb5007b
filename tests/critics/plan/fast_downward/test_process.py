"""Running a program under limits: it ends in time, within its memory, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import anyio
import psutil
import pytest

from modulo.critics.plan.fast_downward.process import _LAUNCHER, run_limited
from tests.modulo.running.processes import descendants, pids_in, seconds_until_gone

pytestmark = pytest.mark.anyio

# Starts a child of its own, writes down both ids and waits for ever.
WAITS = """
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
with open("pids.new", "w") as file:
    file.write(f"{os.getpid()} {child.pid}")
os.rename("pids.new", "pids")
time.sleep(600)
"""


async def run(folder: Path, code: str, *, max_seconds: float = 60, max_bytes: int = 2**30) -> int | None:
    given = folder / "input"
    given.write_text("what it reads")
    return await run_limited(
        [sys.executable, "-c", code],
        folder=folder,
        stdin=given,
        log=folder / "log",
        environment={"GREETING": "hello"},
        max_seconds=max_seconds,
        max_bytes=max_bytes,
    )


async def test_a_program_reads_its_input_and_its_output_is_kept(tmp_path: Path) -> None:
    code = "import os, sys; print(sys.stdin.read(), os.environ['GREETING'], os.getcwd()); sys.exit(7)"
    assert await run(tmp_path, code) == 7
    assert (tmp_path / "log").read_text() == f"what it reads hello {tmp_path}\n"


async def test_a_program_that_is_killed_ends_with_128_and_the_signal(tmp_path: Path) -> None:
    assert await run(tmp_path, "import os; os.kill(os.getpid(), 9)") == 128 + signal.SIGKILL


async def test_a_program_that_cannot_be_started_ends_with_127(tmp_path: Path) -> None:
    code = await run_limited(
        ["/nowhere/at/all"],
        folder=tmp_path,
        stdin=Path(os.devnull),
        log=tmp_path / "log",
        environment={},
        max_seconds=60,
        max_bytes=2**30,
    )
    assert code == 127


async def test_a_program_that_is_late_is_killed(tmp_path: Path) -> None:
    before = descendants()
    assert await run(tmp_path, WAITS, max_seconds=1.0) is None
    assert descendants() <= before
    assert seconds_until_gone(await pids_in(tmp_path)) < 5.0


async def test_a_program_that_computes_too_long_is_told_so(tmp_path: Path) -> None:
    code = "import signal, sys\nsignal.signal(signal.SIGXCPU, lambda *_: sys.exit(23))\nwhile True: pass"
    # By the launcher alone, since the wall clock would usually be first.
    launcher = [sys.executable, "-I", "-S", str(_LAUNCHER), "1", str(2**30), os.devnull]
    process = await anyio.open_process([*launcher, sys.executable, "-c", code])
    with anyio.fail_after(60):
        assert await process.wait() == 23
    await process.aclose()


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited on Linux only")
async def test_a_program_cannot_use_more_memory_than_it_may(tmp_path: Path) -> None:
    assert await run(tmp_path, "x = bytearray(2**29)", max_bytes=2**28) == 1
    assert "MemoryError" in (tmp_path / "log").read_text()


async def test_a_program_cannot_fill_the_disk(tmp_path: Path) -> None:
    assert await run(tmp_path, "open('big', 'wb').truncate(2**40)") == 1
    assert "File too large" in (tmp_path / "log").read_text()


@pytest.mark.parametrize("how", ["cancelled", "failed beside it"])
async def test_nothing_is_left_of_a_program_whose_caller_is(tmp_path: Path, how: str) -> None:
    before = descendants()

    async def fail() -> None:
        await pids_in(tmp_path)
        raise RuntimeError(how)

    if how == "cancelled":
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(run, tmp_path, WAITS)
            await pids_in(tmp_path)
            tasks.cancel_scope.cancel()
    else:
        with pytest.raises(ExceptionGroup):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(run, tmp_path, WAITS)
                tasks.start_soon(fail)
    assert descendants() <= before
    program, its_child = await pids_in(tmp_path)
    assert not psutil.pid_exists(program)  # reaped, and no zombie that a container's first process would keep
    assert seconds_until_gone([its_child]) < 5.0


async def test_cancelled_before_it_started_a_program_is_not_left_running(tmp_path: Path) -> None:
    before = descendants()
    with anyio.CancelScope() as scope:
        scope.cancel()
        await run(tmp_path, WAITS)
    assert descendants() <= before


def test_a_program_ends_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path)], cwd=Path(__file__).parents[4], stdin=subprocess.DEVNULL
    )
    pid = anyio.run(partial(pids_in, tmp_path))[0]
    assert psutil.pid_exists(pid)
    parent.kill()
    parent.wait()
    assert seconds_until_gone([pid]) < 5.0


PARENT = f"""
import sys
from functools import partial
from pathlib import Path
import anyio
from tests.critics.plan.fast_downward.test_process import run
anyio.run(partial(run, Path(sys.argv[1]), {WAITS!r}))
"""
