"""Waiting in tests: for what must happen, or long enough to see that nothing does. The clock has no part in it."""

from __future__ import annotations

from collections.abc import Callable

import anyio
import anyio.lowlevel


async def until(condition: Callable[[], object]) -> None:
    """Give way until a condition holds; a test in which it never does fails."""
    with anyio.fail_after(30):
        while not condition():
            await anyio.lowlevel.checkpoint()


async def a_while() -> None:
    """Give way as often as everything that can go on in the event loop could need."""
    for _ in range(200):
        await anyio.lowlevel.checkpoint()
