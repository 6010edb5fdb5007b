"""Where plain functions run: in the event loop while they are quick, on a worker thread otherwise.

A thread hop costs about 100 µs, most critics and reformulators a few; so a function earns its place in the
loop by being quick, and loses it with its first slow call or on input much larger than it was quick on.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final, TypeVar
from weakref import WeakKeyDictionary

import anyio.to_thread

from modulo.protocols import RunsIn

__all__ = ["run_placed"]

T = TypeVar("T")

QUICK_SECONDS: Final = 0.002
"""Longest call that may stay in the event loop."""
SURELY_SLOW_SECONDS: Final = 0.02
"""A call that took this long is slow; one between the two may have had to wait for the processor."""
_GROWTH: Final = 4
"""How much larger an input may be than the largest one that was quick."""
_MIN_SIZE: Final = 4096
"""Sizes up to this one, in bytes, count as equal."""


class _Pace:
    """How quick a function has been: the largest input size that it may get in the event loop."""

    __slots__ = ("_was_slow", "largest_quick_size")

    def __init__(self) -> None:
        self.largest_quick_size = -1
        self._was_slow = False

    def note(self, seconds: float, size: int) -> None:
        if seconds <= QUICK_SECONDS:
            self._was_slow = False
            if size > self.largest_quick_size:
                self.largest_quick_size = max(size, _MIN_SIZE)
        elif self._was_slow or seconds > SURELY_SLOW_SECONDS:
            self.largest_quick_size = -1
        else:
            self._was_slow = True


_PACES: WeakKeyDictionary[object, _Pace] = WeakKeyDictionary()


async def run_placed(
    function: Callable[..., T], *args: Any, owner: object, size: int, runs_in: RunsIn = "auto"
) -> T:
    """Call a plain function where it blocks nobody.

    Args:
        function: What to call.
        *args: Its arguments.
        owner: Whose pace it is; kept by weak reference.
        size: Size of the input in bytes.
        runs_in: ``auto``, ``loop`` or ``thread``.
    """
    if runs_in == "loop":
        return function(*args)
    pace = _pace_of(owner)
    in_loop = runs_in == "auto" and size <= pace.largest_quick_size * _GROWTH
    started = time.perf_counter()
    if in_loop:
        result = function(*args)
        pace.note(time.perf_counter() - started, size)
        return result
    result, seconds = await anyio.to_thread.run_sync(_timed, function, args, abandon_on_cancel=True)
    pace.note(seconds, size)
    return result


def _timed(function: Callable[..., T], args: tuple[Any, ...]) -> tuple[T, float]:
    started = time.perf_counter()
    result = function(*args)
    return result, time.perf_counter() - started


def _pace_of(owner: object) -> _Pace:
    try:
        pace = _PACES.get(owner)
        if pace is None:
            pace = _PACES[owner] = _Pace()
        return pace
    except TypeError:  # no weak references to it: it is slow until proven quick, every time
        return _Pace()
