"""Plain functions run in the event loop while they are quick and on a thread otherwise."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import anyio
import pytest

from modulo.protocols import RunsIn
from modulo.running.placement import QUICK_SECONDS, SURELY_SLOW_SECONDS, pace_of, run_placed


def where() -> int:
    return threading.get_ident()


def here() -> int:
    return threading.get_ident()


def busy(seconds: float) -> None:
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


@dataclass
class Paced:
    """A function that says where it runs, and how long it is to take."""

    seconds: float = 0.0

    def __call__(self) -> int:
        busy(self.seconds)
        return threading.get_ident()

    __hash__ = object.__hash__


async def runs_here(function: Callable[[], int], *, size: int = 10, runs_in: RunsIn = "auto") -> bool:
    return (
        await run_placed(function, pace=pace_of(function), size=size, runs_in=runs_in) == threading.get_ident()
    )


async def settles_here(function: Callable[[], int], *, size: int = 10) -> bool:
    """Whether it runs in the event loop sooner or later; on a busy machine a quick call may look slow."""
    for _ in range(50):
        if await runs_here(function, size=size):
            return True
    return False


@pytest.mark.anyio
async def test_the_first_call_goes_to_a_thread_because_nobody_knows_how_quick_it_is() -> None:
    function = Paced()
    assert not await runs_here(function)
    assert await settles_here(function)


@pytest.mark.anyio
async def test_a_slow_call_sends_the_next_one_to_a_thread_until_it_is_quick_again() -> None:
    function = Paced()
    assert await settles_here(function)
    function.seconds = 1.5 * SURELY_SLOW_SECONDS
    assert await runs_here(function)
    assert not await runs_here(function)
    assert not await runs_here(function)
    function.seconds = 0.0
    assert not await runs_here(function)
    assert await settles_here(function)


@pytest.mark.anyio
async def test_two_calls_in_a_row_that_are_no_longer_quick_send_the_next_one_to_a_thread() -> None:
    function = Paced()
    assert await settles_here(function)
    function.seconds = 2 * QUICK_SECONDS
    await runs_here(function)
    await runs_here(function)
    assert not await runs_here(function)


@pytest.mark.anyio
async def test_an_input_much_larger_than_it_was_quick_on_goes_to_a_thread() -> None:
    function = Paced()
    assert await settles_here(function, size=10)
    assert await settles_here(function, size=4_000)
    assert not await runs_here(function, size=1_000_000)
    assert await settles_here(function, size=1_000_000)
    assert await settles_here(function, size=10)


@pytest.mark.anyio
async def test_it_runs_where_it_says() -> None:
    slow = Paced(2 * SURELY_SLOW_SECONDS)
    assert await runs_here(slow, runs_in="loop")
    assert await runs_here(slow, runs_in="loop")
    quick = Paced()
    assert not await runs_here(quick, runs_in="thread")
    assert not await runs_here(quick, runs_in="thread")


@pytest.mark.anyio
async def test_an_owner_without_weak_references_or_hash_is_slow_every_time() -> None:
    for owner in ((), [], "text"):
        for _ in range(2):
            found = await run_placed(where, pace=pace_of(owner), size=1)
            assert found != here()


@pytest.mark.anyio
@pytest.mark.parametrize("runs_in", ["auto", "loop", "thread"])
async def test_what_it_raises_comes_out_as_it_is(runs_in: RunsIn) -> None:
    def fails() -> None:
        raise ZeroDivisionError

    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            await run_placed(fails, pace=pace_of(fails), size=1, runs_in=runs_in)


@pytest.mark.anyio
async def test_a_call_on_a_thread_is_left_alone_when_cancelled() -> None:
    started, may_end = threading.Event(), threading.Event()

    def waits() -> None:
        started.set()
        may_end.wait(30)

    async def call() -> None:
        await run_placed(waits, pace=pace_of(waits), size=1)

    try:
        with anyio.fail_after(10):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(call)
                await anyio.to_thread.run_sync(started.wait, 10)
                tasks.cancel_scope.cancel()
    finally:
        may_end.set()


@pytest.mark.anyio
async def test_a_call_on_a_thread_blocks_nobody() -> None:
    met = threading.Event()

    def waits() -> bool:
        return met.wait(30)

    found: list[bool] = []

    async def call() -> None:
        found.append(await run_placed(waits, pace=pace_of(waits), size=1))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(call)
        await anyio.lowlevel.checkpoint()
        met.set()
    assert found == [True]
