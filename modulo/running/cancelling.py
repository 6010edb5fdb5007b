"""Sees cancellations that are under way, so that nothing begins after them.

Cancelling a scope of anyio is seen everywhere inside of it at once. ``task.cancel()`` of asyncio is not: it reaches
a task that waits for others in the next turn of the loop and the others one turn later, and what runs until then
could begin calls that nobody wants any more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

import anyio.lowlevel

__all__ = ["cancellation_is_under_way", "let_cancellation_arrive", "waiting_for_tasks"]

_TURNS: Final = 3
"""Turns of the loop after which a cancellation has arrived; if it has not, somebody has swallowed it."""


class _Host:
    """A task of asyncio that waits for tasks it has begun."""

    __slots__ = ("_known", "_outer", "_task")

    def __init__(self, task: asyncio.Task[object], outer: _Host | None) -> None:
        self._task = task
        self._known = task.cancelling()
        self._outer = outer

    def is_being_cancelled(self) -> bool:
        """Whether it, or one that waits for it in turn, was cancelled since it began to wait."""
        host: _Host | None = self
        while host is not None:
            if host._task.cancelling() > host._known:
                return True
            host = host._outer
        return False


_HOST: Final[ContextVar[_Host | None]] = ContextVar("modulo_host", default=None)


@contextmanager
def waiting_for_tasks() -> Iterator[None]:
    """The tasks that are begun in this block see it when the one that begins them is cancelled."""
    task = _task_of_asyncio()
    if task is None:  # trio knows no other cancellation than that of scopes
        yield
        return
    token = _HOST.set(_Host(task, _HOST.get()))
    try:
        yield
    finally:
        _HOST.reset(token)


def cancellation_is_under_way() -> bool:
    """Whether a task that waits for this one was cancelled, and this one may not know yet."""
    host = _HOST.get()
    return host is not None and host.is_being_cancelled()


async def let_cancellation_arrive() -> None:
    """Give way until a cancellation that is under way has arrived here."""
    for _ in range(_TURNS):
        await anyio.lowlevel.checkpoint()


def _task_of_asyncio() -> asyncio.Task[object] | None:
    try:
        return asyncio.current_task()
    except RuntimeError:
        return None
