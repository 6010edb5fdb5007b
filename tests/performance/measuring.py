"""What every benchmark here shares: rows of the table, a stopwatch for wall and CPU time, fresh processes."""

from __future__ import annotations

import gc
import multiprocessing
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ParamSpec, TypeVar

__all__ = ["MICRO", "MILLI", "Row", "Times", "in_fresh_process", "laps"]

MICRO = 1e6
MILLI = 1e3

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table.

    Attributes:
        what: What was measured.
        unit: Unit of ``values``, ``cpu`` and ``reach``.
        values: One measured value (wall time where it is a time) for each repeat.
        cpu: The same in CPU time of the process, where that says something.
        reach: The figure to reach; None where a row is for comparison only.
        at_least: Whether the figure is a lower bound; by default it is an upper one.
        note: How it was measured, where that is not plain.
    """

    what: str
    unit: str
    values: Sequence[float]
    cpu: Sequence[float] = ()
    reach: float | None = None
    at_least: bool = False
    note: str = ""

    @property
    def median(self) -> float:
        """The middle of the repeats."""
        return statistics.median(self.values)

    @property
    def is_reached(self) -> bool | None:
        """Whether the median reaches the figure; None if there is no figure."""
        return None if self.reach is None else self._reaches(self.median)

    @property
    def is_reached_in_cpu_time(self) -> bool | None:
        """The same judged by CPU time, which other programs on the machine distort less."""
        if self.reach is None or not self.cpu:
            return None
        return self._reaches(statistics.median(self.cpu))

    def _reaches(self, value: float) -> bool:
        assert self.reach is not None
        return value >= self.reach if self.at_least else value <= self.reach


@dataclass(slots=True)
class Times:
    """Seconds of each lap."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    @contextmanager
    def lap(self) -> Iterator[None]:
        """Time a block. Garbage of earlier blocks is collected before, not during it."""
        gc.collect()
        cpu, wall = time.process_time(), time.perf_counter()
        try:
            yield
        finally:
            self._add(time.perf_counter() - wall, time.process_time() - cpu)

    def of_call(self, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Time a call of microseconds, with nothing else in the time, such as leaving a block."""
        gc.disable()
        cpu = time.process_time()
        wall = time.perf_counter()
        result = function(*args, **kwargs)
        wall_after = time.perf_counter()
        self._add(wall_after - wall, time.process_time() - cpu)
        gc.enable()
        return result

    def _add(self, wall: float, cpu: float) -> None:
        self.wall.append(wall)
        self.cpu.append(cpu)

    def per(self, count: int, factor: float) -> tuple[list[float], list[float]]:
        """Wall and CPU time of one of ``count`` things done in a lap, in seconds times ``factor``."""
        return [s / count * factor for s in self.wall], [s / count * factor for s in self.cpu]


def laps(function: Callable[[], object], repeats: int) -> Times:
    """Call a function some times and time each call."""
    times = Times()
    for _ in range(repeats):
        with times.lap():
            function()
    return times


def in_fresh_process(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Call an importable function in a new interpreter, so that no measurement inherits another's heap."""
    context: Any = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(function, *args, **kwargs).result()
