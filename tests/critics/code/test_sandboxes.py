"""Sandboxes: when they start and when not, and that nothing of them outlives whom they work for."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import anyio
import pytest

from modulo.critics.code import CodeProblem, PassesTests, SandboxUnusable, bubblewrap, close_sandboxes
from modulo.critics.code.limits import Limits
from modulo.critics.code.pool import Kind, sandboxes
from modulo.critics.code.sandbox import SandboxDied
from modulo.errors import MissingDependencyError
from tests.critics.code.problems import critic, needs_linux, problem

pytestmark = [pytest.mark.anyio, needs_linux]

ABOUT = problem("candidate(2) == 4")
HONEST = "def f(n): return 2 * n"
CANDIDATE = Kind("candidate", Limits(max_cpu_seconds=1), "bubblewrap")


async def until_gone(pids: set[int]) -> None:
    with anyio.fail_after(10):
        while any(Path(f"/proc/{pid}").exists() for pid in pids):
            await anyio.sleep(0.01)


def below(parent: int) -> set[int]:
    """All descendants of a process."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = stat.read_text()
        except OSError:
            continue
        children.setdefault(int(text.rpartition(")")[2].split()[1]), []).append(int(text.split()[0]))
    found: set[int] = set()
    front = [parent]
    while front:
        new = children.get(front.pop(), [])
        found.update(new)
        front += new
    return found


async def test_a_cancelled_check_is_killed_and_its_sandbox_serves_the_next() -> None:
    await critic().prepare()
    before = below(os.getpid())
    with anyio.move_on_after(0.3) as scope:
        await critic().critique(ABOUT, "import os\ndef f(n):\n    os.fork()\n    while True: pass")
    assert scope.cancelled_caught
    await until_gone(below(os.getpid()) - before)
    assert (await critic().critique(ABOUT, HONEST)).accepts


async def test_a_sandbox_that_was_killed_meanwhile_is_replaced() -> None:
    await critic().critique(ABOUT, HONEST)
    for pid in below(os.getpid()):
        if "bwrap" in Path(f"/proc/{pid}/cmdline").read_text():
            os.kill(pid, signal.SIGKILL)
    assert (await critic().critique(ABOUT, HONEST)).accepts


async def test_a_sandbox_that_dies_in_the_middle_is_no_verdict() -> None:
    async with sandboxes(CANDIDATE) as (sandbox,):
        os.kill(sandbox.zygote, signal.SIGKILL)
        with pytest.raises(SandboxDied):
            sandbox.run((0,))
            await sandbox.ended()


async def test_closing_leaves_no_process() -> None:
    await critic().critique(ABOUT, HONEST)
    close_sandboxes()
    assert not [pid for pid in below(os.getpid()) if "bwrap" in Path(f"/proc/{pid}/cmdline").read_text()]
    assert (await critic().critique(ABOUT, HONEST)).accepts


async def test_everything_ends_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    program = tmp_path / "parent.py"
    program.write_text(
        "import asyncio\n"
        "from modulo.critics.code import CodeProblem, PassesTests\n"
        "about = CodeProblem(prompt='', entry_point='f', test='assert f(1) == 2')\n"
        "async def main():\n"
        "    print('ready', flush=True)\n"
        "    await PassesTests().critique(about, 'import os\\nos.fork()\\nwhile True: pass')\n"
        "asyncio.run(main())\n"
    )
    with subprocess.Popen([sys.executable, str(program)], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        with anyio.fail_after(20):
            while (
                len(below(parent.pid)) < 7
            ):  # bubblewrap, zygote, check and its child; bubblewrap, zygote, tests
                await anyio.sleep(0.02)
        started = below(parent.pid)
        parent.kill()
    await until_gone(started)


async def test_without_bubblewrap_it_is_said_before_anything_is_paid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bubblewrap, "find_spec", lambda name: None)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MissingDependencyError, match=r"llm-modulo\[code\]"):
        await PassesTests(limits=Limits(max_tmp_mb=3)).prepare()


async def test_where_namespaces_are_forbidden_it_is_said_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = tmp_path / "bwrap"
    fake.write_text("#!/bin/sh\necho 'bwrap: No permissions to create a new namespace' >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SandboxUnusable, match=r"No permissions to create .*llm-modulo\[code\]"):
        await PassesTests(limits=Limits(max_tmp_mb=4)).prepare()


async def test_checks_of_several_event_loops_share_the_sandboxes() -> None:
    def in_a_thread() -> bool:
        async def check() -> bool:
            return (await critic().critique(ABOUT, HONEST)).accepts

        return anyio.run(check)

    assert [await anyio.to_thread.run_sync(in_a_thread) for _ in range(3)] == [True, True, True]
    assert (await critic().critique(ABOUT, HONEST)).accepts


async def test_the_clock_alone_decides_nothing() -> None:
    hurried = PassesTests(limits=Limits(max_wall_seconds=1, max_idle_seconds=50, max_cpu_seconds=50))
    started = time.monotonic()
    critique = await hurried.critique(ABOUT, "import time\ndef f(n): time.sleep(100)")
    assert critique.reason == "nothing was decided within 1 s; the machine is too busy"
    assert time.monotonic() - started > 2  # it was tried once more


async def test_checks_of_an_ordinary_problem_use_no_descriptor_for_good() -> None:
    await critic().critique(ABOUT, HONEST)
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        await critic().critique(CodeProblem(prompt="", entry_point="f", test="assert f(1) == 2"), HONEST)
    assert len(os.listdir("/proc/self/fd")) <= before
