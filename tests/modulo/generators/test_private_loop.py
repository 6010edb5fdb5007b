"""Callers of any back end run work in litellm's loop, and nothing of it shows in their own."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import threading
from functools import partial

import anyio
import anyio.to_thread
import pytest

from modulo.errors import RateLimited
from modulo.generators.private_loop import PrivateLoop
from tests.llm_calls import llm_of, request_of
from tests.scripted_server import Bill, ScriptedServer
from tests.scripted_steps import Reply, Stall, Status


@pytest.fixture(scope="module")
def loop() -> PrivateLoop:
    return PrivateLoop("test-private-loop")


async def loop_id() -> int:
    return id(asyncio.get_running_loop())


@pytest.mark.anyio
async def test_a_result_comes_back(loop: PrivateLoop) -> None:
    async def double() -> int:
        await asyncio.sleep(0)
        return 2 * 21

    assert await loop.run(double) == 42


@pytest.mark.anyio
async def test_an_exception_comes_back(loop: PrivateLoop) -> None:
    async def fail() -> None:
        raise KeyError("lost")

    with pytest.raises(KeyError, match="lost"):
        await loop.run(fail)


@pytest.mark.anyio
async def test_work_that_cancels_itself_is_an_error_and_does_not_cancel_the_caller(loop: PrivateLoop) -> None:
    async def give_up() -> None:
        raise asyncio.CancelledError

    with pytest.raises(RuntimeError, match="cancelled from within"):
        await loop.run(give_up)


@pytest.mark.anyio
async def test_work_has_ended_when_its_cancelled_caller_goes_on(loop: PrivateLoop) -> None:
    ended = []

    async def wait() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.append(True)

    with anyio.move_on_after(0.01) as scope:
        await loop.run(wait)

    assert scope.cancelled_caught
    assert ended == [True]


@pytest.mark.anyio
async def test_a_cancelled_caller_starts_no_work_that_outlives_it(loop: PrivateLoop) -> None:
    with anyio.CancelScope() as scope:
        scope.cancel()
        await loop.run(asyncio.Event().wait)

    async def others() -> int:
        return len(asyncio.all_tasks() - {asyncio.current_task()})

    assert scope.cancelled_caught
    assert await loop.run(others) == 0


@pytest.mark.anyio
async def test_a_coroutine_made_in_the_executor_and_dropped_gives_no_warning(loop: PrivateLoop) -> None:
    started, may_end = threading.Event(), threading.Event()

    async def never_awaited() -> None: ...

    def make() -> object:
        started.set()
        may_end.wait()
        return never_awaited()

    async def work() -> None:
        await asyncio.get_running_loop().run_in_executor(None, make)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(loop.run, work)
        await anyio.to_thread.run_sync(started.wait)
        tasks.cancel_scope.cancel()
    may_end.set()
    await loop.run(lambda: asyncio.to_thread(lambda: None))
    gc.collect()


@pytest.mark.anyio
async def test_a_coroutine_made_in_the_executor_can_be_awaited(loop: PrivateLoop) -> None:
    async def answer() -> int:
        return 42

    async def work() -> int:
        return await (await asyncio.get_running_loop().run_in_executor(None, lambda: answer()))

    assert await loop.run(work) == 42


def test_loops_and_back_ends_share_one_private_loop(loop: PrivateLoop) -> None:
    ids = {anyio.run(loop.run, loop_id, backend=backend) for backend in ("asyncio", "trio", "asyncio")}

    assert len(ids) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_child_gets_a_loop_of_its_own() -> None:
    program = """
import asyncio, os, anyio
from modulo.generators.private_loop import PrivateLoop
loop = PrivateLoop("forked")
async def answer():
    return 42
assert anyio.run(loop.run, answer) == 42
child = os.fork()
if child == 0:
    os._exit(0 if anyio.run(loop.run, answer) == 42 else 1)
assert os.waitpid(child, 0)[1] == 0
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_at_exit_work_ends_and_the_closing_function_runs() -> None:
    program = """
import asyncio, anyio
from modulo.generators.private_loop import PrivateLoop
async def close():
    print("closed", flush=True)
left = []
async def leave_a_task():
    left.append(asyncio.get_running_loop().create_task(asyncio.Event().wait()))
loop = PrivateLoop("ending", at_exit=close)
anyio.run(loop.run, leave_a_task)
"""
    command = [sys.executable, "-X", "dev", "-W", "error", "-c", program]
    done = subprocess.run(command, check=True, timeout=60, capture_output=True, text=True)

    assert done.stdout == "closed\n"
    assert "Task was destroyed" not in done.stderr


@pytest.mark.anyio
@pytest.mark.usefixtures("warm_litellm")
async def test_both_back_ends_get_answers_and_errors_of_a_model() -> None:
    with ScriptedServer([Reply("hello"), Status(429, retry_after=2)]) as server:
        model = llm_of(server)
        assert (await model.generate(request_of("hi"))).text == "hello"
        with pytest.raises(RateLimited):
            await model.generate(request_of("hi"))


@pytest.mark.anyio
@pytest.mark.usefixtures("warm_litellm")
async def test_both_back_ends_cancel_a_model() -> None:
    with ScriptedServer([Stall()]) as server:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(llm_of(server).generate, request_of("hi"))
            await anyio.to_thread.run_sync(server.wait_until, lambda it: len(it.requests) == 1)
            tasks.cancel_scope.cancel()
        await anyio.to_thread.run_sync(server.wait_until, lambda it: it.clients_left == 1)


@pytest.mark.usefixtures("warm_litellm")
def test_many_event_loops_use_a_model_and_leave_no_warning() -> None:
    with ScriptedServer(lambda _: Reply()) as server:
        model = llm_of(server)
        for _ in range(5):
            anyio.run(model.generate, request_of("hi"))
    gc.collect()

    names = [thread.name for thread in threading.enumerate()]
    assert names.count("modulo-litellm") == 1
    assert server.billed == Bill(calls=5, prompt_tokens=55, completion_tokens=35)


@pytest.mark.usefixtures("warm_litellm")
def test_the_callers_loop_gets_no_tasks_of_litellms() -> None:
    async def tasks_left(server: ScriptedServer) -> set[asyncio.Task[object]]:
        await llm_of(server).generate(request_of("hi"))
        return asyncio.all_tasks() - {asyncio.current_task()}

    with ScriptedServer([Reply()]) as server:
        assert anyio.run(tasks_left, server) == set()


@pytest.mark.anyio
async def test_work_that_queued_behind_cancelled_work_sees_its_own_cancellation_first(
    loop: PrivateLoop,
) -> None:
    begun: list[int] = []

    async def one_at_a_time(number: int, seat: asyncio.Lock) -> None:
        has_to_wait = seat.locked()
        async with seat:
            if has_to_wait:
                await loop.hear_caller()
            begun.append(number)
            await asyncio.Event().wait()

    for _ in range(50):
        begun.clear()
        seat = asyncio.Lock()
        async with anyio.create_task_group() as tasks:
            for number in range(4):
                tasks.start_soon(loop.run, partial(one_at_a_time, number, seat))
            while not begun:
                await anyio.sleep(0)
            tasks.cancel_scope.cancel()
        assert len(begun) == 1


@pytest.mark.anyio
async def test_work_whose_caller_is_still_there_goes_on(loop: PrivateLoop) -> None:
    async def work() -> str:
        await loop.hear_caller()
        return "done"

    with anyio.fail_after(5):
        assert await loop.run(work) == "done"
