"""Calls beyond a limit wait for their turn, and no others do."""

from __future__ import annotations

from typing import Any

import anyio
import pytest
from anyio import wait_all_tasks_blocked

from modulo.errors import ConfigurationError
from modulo.generators.model_limits import ModelLimits
from modulo.testing import ManualClock

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "limits",
    [
        {"concurrency": 0},
        {"concurrency": -1},
        {"concurrency": 1.5},
        {"concurrency": "2"},
        {"requests_per_minute": 0.0},
        {"requests_per_minute": float("nan")},
        {"requests_per_minute": "60"},
    ],
)
def test_limits_that_let_nothing_through_are_refused(limits: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="above 0"):
        ModelLimits(**limits)


async def test_without_limits_nothing_waits() -> None:
    limits = ModelLimits()
    async with limits.turn(), limits.turn(), limits.turn():
        pass


async def test_calls_beyond_the_seats_wait_in_the_order_in_which_they_came() -> None:
    limits, order = ModelLimits(concurrency=1), []
    leave = anyio.Event()

    async def call(name: str) -> None:
        async with limits.turn():
            order.append(name)
            await leave.wait()

    async with anyio.create_task_group() as tasks:
        for name in "abc":
            tasks.start_soon(call, name)
            await wait_all_tasks_blocked()
        assert order == ["a"]
        leave.set()
    assert order == ["a", "b", "c"]


async def test_a_call_that_is_cancelled_gives_its_seat_back() -> None:
    limits = ModelLimits(concurrency=1)
    async with anyio.create_task_group() as tasks:

        async def hold() -> None:
            async with limits.turn():
                await anyio.sleep_forever()

        tasks.start_soon(hold)
        await wait_all_tasks_blocked()
        tasks.cancel_scope.cancel()
    async with limits.turn():
        pass


async def test_calls_per_minute_are_spread_evenly() -> None:
    clock = ManualClock()
    limits, started = ModelLimits(requests_per_minute=6, clock=clock), []

    async def call() -> None:
        async with limits.turn():
            started.append(clock.now())

    async with anyio.create_task_group() as tasks:
        for _ in range(4):
            tasks.start_soon(call)
        for _ in range(30):
            await wait_all_tasks_blocked()
            clock.advance(1)
    assert started == [0.0, 10.0, 20.0, 30.0]


async def test_after_a_quiet_time_there_is_no_burst() -> None:
    clock = ManualClock()
    limits, started = ModelLimits(requests_per_minute=60, clock=clock), []

    async def call() -> None:
        async with limits.turn():
            started.append(clock.now())

    await call()
    clock.advance(100)
    async with anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(call)
        for _ in range(2):
            await wait_all_tasks_blocked()
            clock.advance(1)
    assert started == [0.0, 100.0, 101.0, 102.0]
