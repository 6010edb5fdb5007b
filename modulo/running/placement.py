"""Where plain functions run: in the event loop while they are quick, on a worker thread otherwise.

A thread hop costs about 100 µs, most critics and reformulators a few; so a function earns its place in the
loop by being quick. A call that is surely slow, or two in a row that may have been, send it back to threads, and
so does input much larger than it was quick on (docs/design/0004).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final, TypeVar
from weakref import WeakKeyDictionary

import anyio.to_thread

from modulo.protocols import RunsIn

__all__ = ["Pace", "pace_of", "run_here", "run_placed"]

T = TypeVar("T")

QUICK_SECONDS: Final = 0.002
"""Longest call that may stay in the event loop."""
SURELY_SLOW_SECONDS: Final = 0.02
"""A call that took this long is slow; one between the two may have had to wait for the processor."""
_GROWTH: Final = 4
"""How much larger an input may be than the largest one that was quick."""
_MIN_SIZE: Final = 4096
"""Sizes up to this one, in bytes, count as equal."""


class Pace:
    """How quick a function has been, and so the largest input that it may get in the event loop."""

    __slots__ = ("_largest_quick_size", "_was_slow")

    def __init__(self) -> None:
        self._largest_quick_size = -1
        self._was_slow = False

    def is_quick_for(self, size: int) -> bool:
        """Whether input of that many bytes is not much larger than what it was quick on."""
        return size <= self._largest_quick_size * _GROWTH

    def note(self, seconds: float, size: int) -> None:
        """Learn from one call."""
        if seconds <= QUICK_SECONDS:
            self._was_slow = False
            if size > self._largest_quick_size:
                self._largest_quick_size = max(size, _MIN_SIZE)
        elif self._was_slow or seconds > SURELY_SLOW_SECONDS:
            self._largest_quick_size = -1
        else:
            self._was_slow = True


_PACES: WeakKeyDictionary[object, Pace] = WeakKeyDictionary()


async def run_placed(
    function: Callable[..., T], *args: Any, pace: Pace, size: int, runs_in: RunsIn = "auto"
) -> T:
    """Call a plain function where it blocks nobody.

    Args:
        function: What to call.
        *args: Its arguments.
        pace: The function's pace.
        size: Size of the input in bytes.
        runs_in: ``auto``, ``loop`` or ``thread``.
    """
    if runs_in == "loop":
        return function(*args)
    if runs_in == "auto" and pace.is_quick_for(size):
        return run_here(function, *args, pace=pace, size=size)
    result, seconds = await anyio.to_thread.run_sync(_timed, function, args, abandon_on_cancel=True)
    pace.note(seconds, size)
    return result


def run_here(function: Callable[..., T], *args: Any, pace: Pace, size: int) -> T:
    """Call a plain function in the event loop that is quick for input of that size, and see whether it still is."""
    started = time.perf_counter()
    result = function(*args)
    pace.note(time.perf_counter() - started, size)
    return result


def _timed(function: Callable[..., T], args: tuple[Any, ...]) -> tuple[T, float]:
    started = time.perf_counter()
    result = function(*args)
    return result, time.perf_counter() - started


def pace_of(owner: object) -> Pace:
    """The pace of a function, or of the object that it belongs to; kept by weak reference."""
    try:
        pace = _PACES.get(owner)
        if pace is None:
            pace = _PACES[owner] = Pace()
        return pace
    except TypeError:  # no weak references to it: it is slow until proven quick, every time
        return Pace()
