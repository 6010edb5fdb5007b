"""Running things together without groups of exceptions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

import anyio

__all__ = ["run_together"]


async def run_together(functions: Iterable[Callable[[], Awaitable[None]]]) -> None:
    """Run async functions at the same time.

    The first one that raises cancels the others, and its exception comes out as it is, not in a group.
    """
    errors: list[BaseException] = []

    async def run(function: Callable[[], Awaitable[None]]) -> None:
        try:
            await function()
        except anyio.get_cancelled_exc_class():
            raise
        except BaseException as error:
            errors.append(error)
            tasks.cancel_scope.cancel()

    async with anyio.create_task_group() as tasks:
        for function in functions:
            tasks.start_soon(run, function)
    if errors:
        raise errors[0]
