"""Watches the processes of a check from outside: what they use, and whether they do anything at all.

Limits of the kernel hold for each process; these hold for all of a check's together. Nothing is measured before a
check has run for a while, so most cost nothing. Without Linux' /proc, only the clock is watched.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, TypeAlias

from modulo.critics.code.limits import Limits

__all__ = ["TICK_SECONDS", "Excess", "Watch", "child_of"]

Excess: TypeAlias = Literal["cpu", "idle", "memory", "tests", "wall"]
"""The limit that is exceeded; ``tests`` if the tests took too much CPU time or memory, whatever the candidate did."""

TICK_SECONDS: Final = 0.25
"""How often to look."""
_PROC: Final = Path("/proc")
_PAGE_MB: Final = os.sysconf("SC_PAGE_SIZE") / 2**20
_NANOSECOND: Final = 1e-9


@dataclass(slots=True)
class _Activity:
    """What the threads of a check's sandbox have done so far, in seconds, by thread."""

    running: dict[int, float] = field(default_factory=dict)
    ready: dict[int, float] = field(default_factory=dict)
    memory_mb: float = 0.0

    def measure(self, processes: Iterable[int]) -> None:
        """Add what can be seen now. What a thread did is kept when it is gone."""
        self.memory_mb = 0.0
        for process in processes:
            with suppress(OSError, ValueError, IndexError):  # it has just ended
                self.memory_mb += int((_PROC / f"{process}/statm").read_text().split()[1]) * _PAGE_MB
                for thread in os.listdir(_PROC / f"{process}/task"):
                    run, ready, _ = (_PROC / f"{process}/task/{thread}/schedstat").read_text().split()
                    self.running[int(thread)] = int(run) * _NANOSECOND
                    self.ready[int(thread)] = int(ready) * _NANOSECOND

    @property
    def cpu_seconds(self) -> float:
        """CPU time of all threads."""
        return sum(self.running.values())

    @property
    def seconds(self) -> float:
        """Time that threads ran or were ready to."""
        return self.cpu_seconds + sum(self.ready.values())


class Watch:
    """Watches one check.

    Args:
        zygotes: Process ids of its sandboxes' zygotes, the candidate's first.
        limits: What the candidate may use.
        started: The time when the check began.
    """

    def __init__(self, zygotes: tuple[int, ...], limits: Limits, started: float) -> None:
        self._limits = limits
        self._started = started
        self._activities = {zygote: _Activity() for zygote in zygotes}

    def excess(self, now: float) -> Excess | None:
        """The limit that is exceeded now; None if none is."""
        children = _children()
        for zygote, activity in self._activities.items():
            activity.measure(_descendants(zygote, children))
        candidate, *others = self._activities.values()
        elapsed = now - self._started
        if candidate.memory_mb > self._limits.max_memory_mb:
            return "memory"
        if candidate.cpu_seconds > self._limits.max_cpu_seconds:
            return "cpu"
        if any(self._is_too_much(other) for other in others):
            return "tests"
        active = sum(activity.seconds for activity in self._activities.values())
        # Where nothing was seen, nothing is known.
        if candidate.running and elapsed - active > self._limits.max_idle_seconds:
            return "idle"
        return "wall" if elapsed > self._limits.max_wall_seconds else None

    def _is_too_much(self, activity: _Activity) -> bool:
        return (
            activity.memory_mb > self._limits.max_memory_mb
            or activity.cpu_seconds > self._limits.max_cpu_seconds
        )


def child_of(process: int) -> int | None:
    """The one child of a process; None if it has none."""
    return next(iter(_children().get(process, ())), None)


def _children() -> Mapping[int, list[int]]:
    """Every process by its parent."""
    found: dict[int, list[int]] = {}
    for name in os.listdir(_PROC) if _PROC.is_dir() else ():
        if name.isdigit():
            with suppress(OSError, ValueError, IndexError):
                # The name of the program, in parentheses, may hold anything.
                stat = (_PROC / name / "stat").read_text(errors="replace").rpartition(")")[2].split()
                found.setdefault(int(stat[1]), []).append(int(name))
    return found


def _descendants(process: int, children: Mapping[int, list[int]]) -> Iterable[int]:
    for child in children.get(process, ()):
        yield child
        yield from _descendants(child, children)
