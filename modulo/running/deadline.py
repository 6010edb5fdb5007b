"""Deadlines that hold: who is late is late, whatever it returns in the end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from modulo.clock import Clock

__all__ = ["within_deadline"]

T = TypeVar("T")


async def within_deadline(
    function: Callable[..., Awaitable[T]], *args: Any, clock: Clock, max_seconds: float | None
) -> T:
    """What an async function gives, if it gives it in time.

    Raises:
        TimeoutError: It does not, even if it goes on after its deadline and then returns something.
    """
    if max_seconds is None:
        return await function(*args)
    with clock.move_on_after(max_seconds) as deadline:
        result = await function(*args)
    if deadline.cancel_called:
        raise TimeoutError(f"no verdict within {max_seconds:g} s")
    return result
