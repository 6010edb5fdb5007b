"""Worker processes: whatever a critic does there, it gives a judgement or none, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import anyio.to_thread
import psutil
import pytest

from modulo.clock import SystemClock
from modulo.critique import Critique, Verdict, Violation
from modulo.running.workers import WorkerDied, WorkerPool, worker_pool
from modulo.testing import ManualClock
from tests.modulo.running import process_critics as critics
from tests.modulo.running.process_critics import Does
from tests.modulo.running.processes import descendants, is_running, pids_in, seconds_until_gone


async def judged(pool: WorkerPool, function: Any, *args: Any, max_seconds: float | None = None) -> Critique:
    critic = function if isinstance(function, Does) else Does(function)
    return await pool.critique(critic, args or ("p", "c"), clock=SystemClock(), max_seconds=max_seconds)


@asynccontextmanager
async def pool_that_leaves_nothing() -> AsyncIterator[WorkerPool]:
    """A pool, and the assertion that its processes and theirs are gone when it is closed."""
    before = descendants()
    async with worker_pool() as pool:
        yield pool
        family = descendants() - before
    assert descendants() <= before
    assert seconds_until_gone(family) < 1


@pytest.mark.anyio
async def test_violations_come_back_as_they_were_given() -> None:
    async with pool_that_leaves_nothing() as pool:
        assert await judged(pool, critics.equals_ok, "p", "ok") == Critique.accept()
        rejection = await judged(pool, critics.equals_ok, "p", "ko")
        assert rejection == Critique.reject(
            Violation("not_ok", "'ko' is not 'ok'.", location="here", hint="say ok")
        )
        assert await judged(pool, critics.undecided) == Critique.undecided("I cannot tell.")


@pytest.mark.anyio
async def test_a_worker_is_used_again() -> None:
    async with pool_that_leaves_nothing() as pool:
        first = await judged(pool, critics.says_what_it_proves)
        assert first.proves is not None
        assert first.proves != f"ran in process {os.getpid()}"
        assert await judged(pool, critics.says_what_it_proves) == first


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (critics.raises, "ZeroDivisionError: by zero"),
        (critics.recurses, "RecursionError"),
        (critics.exhausts_memory, "MemoryError"),
        (critics.exits_by_system_exit, "SystemExit"),
        (critics.none, "TypeError: it returned a NoneType"),
        (critics.later, "cannot be done in a worker process"),
    ],
)
async def test_what_a_critic_raises_comes_back_in_words_and_its_worker_goes_on(
    function: Any, reason: str
) -> None:
    async with pool_that_leaves_nothing() as pool:
        before = await judged(pool, critics.says_what_it_proves)
        with pytest.raises(RuntimeError, match=reason):
            await judged(pool, function)
        assert await judged(pool, critics.says_what_it_proves) == before


@pytest.mark.anyio
@pytest.mark.parametrize(
    "function",
    [
        critics.exits_at_once,
        critics.kills_itself,
        critics.segfaults,
        critics.interrupts_itself,
    ],
)
async def test_a_dead_worker_is_no_judgement_and_is_replaced(function: Any) -> None:
    async with pool_that_leaves_nothing() as pool:
        with pytest.raises(WorkerDied):
            await judged(pool, function)
        assert (await judged(pool, critics.equals_ok, "p", "ok")).accepts


@pytest.mark.anyio
async def test_a_verdict_that_does_not_name_its_call_is_none() -> None:
    async with pool_that_leaves_nothing() as pool:
        with pytest.raises(WorkerDied, match="nonsense"):
            await judged(pool, critics.writes_a_verdict_to_every_descriptor)
        assert (await judged(pool, critics.equals_ok, "p", "ok")).accepts


@pytest.mark.anyio
async def test_a_critic_that_cannot_be_loaded_is_no_judgement() -> None:
    async with pool_that_leaves_nothing() as pool:
        with pytest.raises(RuntimeError, match="no such module over here"):
            await judged(pool, critics.RefusesToLoad(critics.equals_ok), "p", "ok")


@pytest.mark.anyio
@pytest.mark.parametrize(
    "function",
    [
        critics.prints,
        critics.writes_garbage,
        critics.forks_a_forger,
        critics.forks_a_forger_in_c,
        critics.forks_and_writes_to_every_descriptor,
    ],
)
async def test_what_a_critic_or_its_children_write_is_never_taken_for_the_answer(function: Any) -> None:
    async with pool_that_leaves_nothing() as pool:
        for _ in range(2):
            assert (await judged(pool, function)).violations == (Violation("wrong", "It is wrong."),)


@pytest.mark.anyio
async def test_a_critic_reads_nothing_from_standard_input() -> None:
    async with pool_that_leaves_nothing() as pool:
        assert (await judged(pool, critics.reads_its_input)).violations == (Violation("read", "''"),)


@pytest.mark.anyio
async def test_long_calls_and_long_answers_arrive_whole() -> None:
    text = "x" * 3_000_000
    async with pool_that_leaves_nothing() as pool:
        assert (await judged(pool, critics.length_of, "p", text)).violations[0].message == "3000000"
        assert (await judged(pool, critics.answers_at_length, "p", text)).violations[0].message == text


@pytest.mark.anyio
@pytest.mark.parametrize("function", [critics.loops, critics.loops_in_c, critics.spawns_and_loops])
async def test_a_critic_past_its_deadline_is_gone_with_everything_it_started(
    function: Any, tmp_path: Path
) -> None:
    async with pool_that_leaves_nothing() as pool:
        with pytest.raises(TimeoutError, match=r"no verdict within 0\.3 s"):
            await judged(pool, function, str(tmp_path), "c", max_seconds=0.3)
        assert seconds_until_gone(await pids_in(tmp_path)) < 1
        assert (await judged(pool, critics.equals_ok, "p", "ok")).accepts


@pytest.mark.anyio
@pytest.mark.parametrize("function", [critics.loops, critics.loops_in_c, critics.spawns_and_loops])
async def test_a_cancelled_critic_is_gone_with_everything_it_started(function: Any, tmp_path: Path) -> None:
    async with pool_that_leaves_nothing() as pool:
        with anyio.CancelScope() as scope:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(judged, pool, function, str(tmp_path), "c")
                pids = await pids_in(tmp_path)
                assert all(map(is_running, pids))
                scope.cancel()
        assert seconds_until_gone(pids) < 1


@pytest.mark.anyio
@pytest.mark.parametrize("function", [critics.spawns_and_dies, critics.forks_and_dies])
async def test_children_of_a_dead_worker_are_gone_with_it(function: Any, tmp_path: Path) -> None:
    async with pool_that_leaves_nothing() as pool:
        with pytest.raises(WorkerDied), anyio.fail_after(30):
            await judged(pool, function, str(tmp_path), "c")
        assert seconds_until_gone(await pids_in(tmp_path)) < 1


@pytest.mark.anyio
async def test_children_of_a_critic_that_judged_are_gone_with_the_pool(tmp_path: Path) -> None:
    async with pool_that_leaves_nothing() as pool:
        assert (await judged(pool, critics.spawns_and_accepts, str(tmp_path), "c")).accepts
        pids = await pids_in(tmp_path)
    assert seconds_until_gone(pids) < 1


@pytest.mark.anyio
async def test_a_worker_that_died_while_nobody_used_it_is_no_fault_of_the_next_critic(tmp_path: Path) -> None:
    async with pool_that_leaves_nothing() as pool:
        assert (await judged(pool, critics.dies_later, str(tmp_path), "c")).accepts
        (worker,) = await pids_in(tmp_path)
        (tmp_path / "die").touch()
        with anyio.fail_after(10):
            while is_running(worker) or pool._idle[0].is_alive:  # the event loop hears of it a little later
                await anyio.sleep(0.001)
        assert (await judged(pool, critics.equals_ok, "p", "ok")).accepts


@pytest.mark.anyio
async def test_more_calls_than_cores_wait_without_losing_their_deadline() -> None:
    """Twenty calls of 0.1 s on a few cores: each is quick enough, though all of them together are not."""
    found: list[Critique] = []

    async def judge_one(pool: WorkerPool) -> None:
        found.append(await judged(pool, critics.takes_a_tenth, max_seconds=0.9))

    async with pool_that_leaves_nothing() as pool:
        async with anyio.create_task_group() as tasks:
            for _ in range(20):
                tasks.start_soon(judge_one, pool)
        workers = [p for p in psutil.Process().children() if "worker_main" in " ".join(p.cmdline())]
        assert len(workers) <= (os.cpu_count() or 1)
    assert found == [Critique.accept()] * 20


@pytest.mark.anyio
async def test_a_deadline_of_the_injected_clock_holds(tmp_path: Path) -> None:
    clock = ManualClock()
    failures: list[BaseException] = []

    async def judge() -> None:
        with pytest.raises(TimeoutError) as raised:
            await pool.critique(Does(critics.loops), (str(tmp_path), "c"), clock=clock, max_seconds=3600)
        failures.append(raised.value)

    async with pool_that_leaves_nothing() as pool, anyio.create_task_group() as tasks:
        tasks.start_soon(judge)
        await pids_in(tmp_path)
        with anyio.fail_after(10):
            while not clock.sleepers:
                await anyio.sleep(0.001)
        clock.advance(3600)
    assert len(failures) == 1


@pytest.mark.anyio
async def test_what_cannot_be_pickled_is_no_judgement_and_costs_no_worker() -> None:
    async with pool_that_leaves_nothing() as pool:
        with pytest.raises(Exception, match="pickle"):
            await judged(pool, critics.equals_ok, lambda: None, "ok")
        assert (await judged(pool, critics.equals_ok, "p", "ok")).accepts


@pytest.mark.anyio
async def test_a_critic_in_a_worker_changes_nothing_over_here() -> None:
    problem, candidate = {"a": 1}, ["b"]
    async with pool_that_leaves_nothing() as pool:
        assert (await judged(pool, critics.changes_what_it_reads, problem, candidate)).accepts
    assert (problem, candidate) == ({"a": 1}, ["b"])


@pytest.mark.anyio
async def test_a_pool_is_shared_by_its_users_and_closed_by_the_last_of_them() -> None:
    before = descendants()
    async with worker_pool() as outer:
        async with worker_pool() as inner:
            assert inner is outer
            await judged(inner, critics.equals_ok, "p", "ok")
        assert descendants() > before
        assert (await judged(outer, critics.equals_ok, "p", "ok")).accepts
    assert descendants() <= before
    async with worker_pool() as another:
        assert another is not outer


@pytest.mark.anyio
async def test_a_pool_is_closed_when_its_user_is_cancelled_while_a_worker_starts() -> None:
    before = descendants()
    with anyio.CancelScope() as scope:
        async with worker_pool() as pool, anyio.create_task_group() as tasks:
            for _ in range(4):
                tasks.start_soon(judged, pool, critics.takes_a_tenth)
            await anyio.lowlevel.checkpoint()
            scope.cancel()
    assert descendants() <= before


def test_event_loops_one_after_another_have_pools_of_their_own(anyio_backend: str) -> None:
    async def judge_once() -> Verdict:
        async with pool_that_leaves_nothing() as pool:
            return (await judged(pool, critics.equals_ok, "p", "ok")).verdict

    for _ in range(3):
        assert anyio.run(judge_once, backend=anyio_backend) is Verdict.ACCEPT


def test_event_loops_in_two_threads_have_pools_of_their_own(anyio_backend: str) -> None:
    async def judge_once() -> int:
        async with worker_pool() as pool:
            await judged(pool, critics.equals_ok, "p", "ok")
            return id(pool)

    async def judge_here_and_there() -> set[int]:
        async with worker_pool() as pool:
            await judged(pool, critics.equals_ok, "p", "ok")
            there = await anyio.to_thread.run_sync(partial(anyio.run, judge_once, backend=anyio_backend))
            assert (await judged(pool, critics.equals_ok, "p", "ok")).accepts
            return {id(pool), there}

    before = descendants()
    assert len(anyio.run(judge_here_and_there, backend=anyio_backend)) == 2
    assert descendants() <= before


PARENT = """
    import sys
    import modulo
    from modulo.testing import ScriptedGenerator
    from tests.modulo.running.process_critics import Does, {critic}

    if __name__ == "__main__":
        modulo.solve_sync({folder!r}, generator=ScriptedGenerator(["c"]), critics=[Does({critic})])
"""


@pytest.mark.parametrize("critic", ["loops", "loops_in_c", "spawns_and_loops"])
def test_workers_end_with_a_parent_that_is_killed(critic: str, tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(textwrap.dedent(PARENT.format(critic=critic, folder=str(tmp_path))))
    with subprocess.Popen([sys.executable, str(script)], env=with_path_of_tests()) as parent:
        pids = anyio.run(pids_in, tmp_path)
        family = {child.pid for child in psutil.Process(parent.pid).children(recursive=True)}
        assert set(pids) <= family
        assert len(family) > len(pids)  # the watchdog
        parent.send_signal(signal.SIGKILL)
    assert seconds_until_gone(family) < 5


def test_workers_end_with_a_parent_that_is_interrupted(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(textwrap.dedent(PARENT.format(critic="loops_in_c", folder=str(tmp_path))))
    with subprocess.Popen(
        [sys.executable, str(script)], env=with_path_of_tests(), stderr=subprocess.PIPE, text=True
    ) as parent:
        anyio.run(pids_in, tmp_path)
        family = {child.pid for child in psutil.Process(parent.pid).children(recursive=True)}
        parent.send_signal(signal.SIGINT)
        _, errors = parent.communicate(timeout=20)
    assert seconds_until_gone(family) < 1
    assert "KeyboardInterrupt" in errors
    assert "ExceptionGroup" not in errors


MAIN = """
    import sys
    from collections.abc import Iterator
    import modulo
    from modulo.testing import ScriptedGenerator

    print("loaded as", __name__, file=sys.stderr)

    @modulo.critic(proves="it is ok", max_seconds=20)
    def is_ok(problem: str, candidate: str) -> Iterator[modulo.Violation]:
        if candidate != "ok":
            yield modulo.Violation("wrong", "It is not ok.")

    class Polite(modulo.Critic):
        proves = "it is polite"
        runs_in = "process"

        def critique(self, problem, candidate):
            return []

    if __name__ == "__main__":
        generator = ScriptedGenerator(["ko", "ok"])
        outcome = modulo.solve_sync("p", generator=generator, critics=[is_ok, Polite()])
        print(outcome.stop_reason, len(outcome.attempts), outcome.attempts[0].critiques[0].violations)
"""


@pytest.mark.parametrize("how", ["script", "module"])
def test_critics_defined_in_the_main_program_run_in_workers(how: str, tmp_path: Path) -> None:
    (tmp_path / "main_program.py").write_text(textwrap.dedent(MAIN))
    command = ["main_program.py"] if how == "script" else ["-m", "main_program"]
    done = subprocess.run(
        [sys.executable, *command], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.startswith("certified 2 (Violation(code='wrong'"), done.stderr
    assert done.stderr.splitlines() == ["loaded as __main__", "loaded as __mp_main__"]


def with_path_of_tests() -> dict[str, str]:
    here = Path(__file__).resolve().parents[3]
    return {**os.environ, "PYTHONPATH": str(here)}


@pytest.mark.anyio
async def test_killing_a_worker_is_quick(tmp_path: Path) -> None:
    async with pool_that_leaves_nothing() as pool:
        with anyio.CancelScope() as scope:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(judged, pool, critics.spawns_and_loops, str(tmp_path), "c")
                await pids_in(tmp_path)
                started = time.monotonic()
                scope.cancel()
        assert time.monotonic() - started < 1  # 0.05 s on an idle machine; see tests/performance
