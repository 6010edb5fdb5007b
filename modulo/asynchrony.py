"""Whether a function is async, decided in one place."""

from __future__ import annotations

import inspect

__all__ = ["is_async"]


def is_async(function: object) -> bool:
    """Whether calling something surely gives a coroutine or an async generator.

    It says so of functions, of ``functools.partial`` of them, and of objects with such a ``__call__``. A plain
    function that returns an awaitable is not told apart: look at what it returns with ``inspect.isawaitable``.
    """
    return any(
        inspect.iscoroutinefunction(called) or inspect.isasyncgenfunction(called)
        for called in (function, getattr(type(function), "__call__", None))  # noqa: B004
    )
