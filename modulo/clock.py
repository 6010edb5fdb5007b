"""Time as the loop sees it. It is injected, so that tests turn the clock by hand and replays need none."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol

import anyio

__all__ = ["Clock", "SystemClock"]


class Clock(Protocol):
    """A source of time and of waiting."""

    def now(self) -> float:
        """Seconds since an arbitrary moment; never goes back."""
        ...

    def wall_time(self) -> datetime:
        """The date and time, in UTC."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...

    def move_on_after(self, seconds: float | None) -> anyio.CancelScope:
        """A cancel scope, to be entered with ``with``, that cancels itself after some seconds (None: never)."""
        ...


class SystemClock:
    """The machine's own clock."""

    __slots__ = ()

    now = staticmethod(time.monotonic)
    """Seconds of the monotonic clock."""

    def wall_time(self) -> datetime:
        """The date and time, in UTC."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """Wait for some seconds."""
        await anyio.sleep(seconds)

    def move_on_after(self, seconds: float | None) -> anyio.CancelScope:
        """A cancel scope with a deadline that many seconds from now."""
        return anyio.CancelScope() if seconds is None else anyio.move_on_after(seconds)
