"""What counts as a failure of the user's code that we call, and what ends a run."""

from __future__ import annotations

import asyncio

__all__ = ["is_failure"]


def is_failure(error: BaseException) -> bool:
    """Whether an exception says that the code we called failed.

    ``sys.exit`` in a critic is a crash of the critic. So is a ``CancelledError`` of asyncio that nobody asked
    for, as it comes out of futures that were cancelled elsewhere; a task group would swallow it. Ctrl-C and
    real cancellation are none.
    """
    if isinstance(error, asyncio.CancelledError):
        return not _is_being_cancelled()
    return isinstance(error, (Exception, SystemExit))


def _is_being_cancelled() -> bool:
    try:
        task = asyncio.current_task()
    except RuntimeError:  # not on asyncio, where that exception has no meaning
        return False
    return task is None or task.cancelling() > 0
