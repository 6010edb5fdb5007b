from __future__ import annotations

from datetime import UTC, datetime

import anyio
import pytest
from anyio.lowlevel import checkpoint

from modulo.clock import SystemClock


@pytest.mark.anyio
async def test_the_machines_own_clock_goes_forward_and_knows_the_date() -> None:
    clock = SystemClock()
    before = clock.now()
    await clock.sleep(0)
    assert clock.now() >= before
    assert abs((clock.wall_time() - datetime.now(UTC)).total_seconds()) < 60


@pytest.mark.parametrize("seconds", [0, -1])
@pytest.mark.anyio
async def test_a_deadline_in_the_past_cancels_at_once(seconds: float) -> None:
    with anyio.fail_after(5):
        with SystemClock().move_on_after(seconds) as scope:
            await anyio.sleep_forever()
    assert scope.cancelled_caught


@pytest.mark.anyio
async def test_a_deadline_ahead_or_none_cancels_nothing() -> None:
    for seconds in (None, 60.0):
        with SystemClock().move_on_after(seconds) as scope:
            await checkpoint()
        assert not scope.cancel_called
