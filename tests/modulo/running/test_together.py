"""Running things together: in order, one plain error, and nothing begins once it is cancelled."""

from __future__ import annotations

from functools import partial

import anyio
import anyio.lowlevel
import pytest

from modulo.running.together import run_together

pytestmark = pytest.mark.anyio


async def test_they_begin_in_order() -> None:
    begun: list[int] = []

    async def begin(i: int) -> None:
        begun.append(i)
        await anyio.lowlevel.checkpoint()

    await run_together(partial(begin, i) for i in range(9))
    assert begun == list(range(9))


async def test_the_first_error_comes_out_alone_and_cancels_the_others() -> None:
    async def fail() -> None:
        raise ZeroDivisionError

    with anyio.fail_after(5), pytest.raises(ZeroDivisionError):
        await run_together([anyio.sleep_forever, fail])


async def test_nothing_begins_once_all_of_it_is_cancelled() -> None:
    began_cancelled: list[bool] = []
    async with anyio.create_task_group() as tasks:
        with anyio.CancelScope() as scope:

            async def cancel() -> None:
                scope.cancel()

            async def begin() -> None:
                began_cancelled.append(scope.cancel_called)

            tasks.start_soon(cancel)
            await run_together([begin])
    assert True not in began_cancelled  # trio may let it begin first
