"""Running things together without groups of exceptions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

import anyio
import anyio.lowlevel

from modulo.running.cancelling import cancellation_is_under_way, let_cancellation_arrive, waiting_for_tasks

__all__ = ["run_together"]


async def run_together(functions: Iterable[Callable[[], Awaitable[None]]]) -> None:
    """Run async functions at the same time.

    They begin in order, on trio too, so that it is not chance who comes first where not all can be served. The
    first one that raises cancels the others, and its exception comes out as it is, not in a group.
    """
    errors: list[BaseException] = []

    async def run(function: Callable[[], Awaitable[None]]) -> None:
        try:
            # On asyncio, a task begins even if it was cancelled before that.
            await anyio.lowlevel.checkpoint_if_cancelled()
            if cancellation_is_under_way():
                await let_cancellation_arrive()
            await function()
        except anyio.get_cancelled_exc_class():
            raise
        except BaseException as error:  # noqa: BLE001  raised below
            errors.append(error)
            tasks.cancel_scope.cancel()

    await anyio.lowlevel.checkpoint()  # a cancellation from before comes out here
    with waiting_for_tasks():
        async with anyio.create_task_group() as tasks:
            for function in functions:
                tasks.start_soon(run, function)
                await anyio.lowlevel.checkpoint()
    if errors:
        raise errors[0]
