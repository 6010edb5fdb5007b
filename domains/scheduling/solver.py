"""What CP-SAT says of job shops: a schedule that ends early enough, or that there is none."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from hashlib import file_digest, sha256
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import anyio.to_thread

from modulo.domains.scheduling.problem import JobShop, Starts
from modulo.errors import MissingDependencyError

__all__ = ["CpSat", "CpSatUnsure", "cp_sat_digests", "cp_sat_is_installed", "cp_sat_version"]

_PACKAGE: Final = "ortools"


class CpSatUnsure(Exception):
    """CP-SAT could not tell within its limits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CpSat:
    """CP-SAT, and how long it may work.

    Attributes:
        max_work: Its own deterministic measure, about one a second, so that verdicts do not depend on the machine.
        max_seconds: Most wall-clock time, should the measure be far from that.
    """

    max_work: float
    max_seconds: float

    async def schedule(self, problem: JobShop, *, before: int | None = None) -> Starts | None:
        """A schedule that keeps all demands; None if CP-SAT proves that there is none.

        It searches in a thread, and stops when the caller is cancelled.

        Args:
            problem: The problem.
            before: Most makespan; None for what the problem itself allows.

        Raises:
            CpSatUnsure: It cannot tell within its limits.
            MissingDependencyError: OR-tools is not installed.
        """
        _require_ortools()
        end = _horizon(problem) if before is None else min(_horizon(problem), before)
        if end < 0:
            return None
        search = _Search(problem, end, self)
        try:
            return await anyio.to_thread.run_sync(search.run, abandon_on_cancel=True)
        finally:
            search.stop()


class _Search:
    """One search, which another thread can stop."""

    def __init__(self, problem: JobShop, end: int, limits: CpSat) -> None:
        self._problem, self._end, self._limits = problem, end, limits
        self._solver: Any = None
        self._is_stopped = False

    def run(self) -> Starts | None:
        """Search to the end.

        Raises:
            CpSatUnsure: The limits, or somebody, ended it before.
        """
        from ortools.sat.python import cp_model

        model = cp_model.CpModel()
        starts = _variables(model, self._problem, self._end)
        _add_capacities(model, self._problem, starts)
        self._solver = solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1  # more of them race each other, and what they find depends on it
        solver.parameters.max_deterministic_time = self._limits.max_work
        solver.parameters.max_time_in_seconds = 0.0 if self._is_stopped else self._limits.max_seconds
        status = solver.solve(model)
        if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return [[solver.value(start) for start in times] for times in starts]
        if status == cp_model.INFEASIBLE:
            return None
        raise CpSatUnsure(f"CP-SAT cannot tell within its limits ({solver.status_name(status)})")

    def stop(self) -> None:
        """End it soon, if it is still running."""
        self._is_stopped = True
        if self._solver is not None:
            self._solver.stop_search()


def cp_sat_is_installed() -> bool:
    """Whether OR-tools is here."""
    return find_spec(_PACKAGE) is not None


def cp_sat_version() -> str | None:
    """The version of OR-tools; None if it is not installed."""
    try:
        return metadata.version(_PACKAGE)
    except metadata.PackageNotFoundError:
        return None


@cache
def cp_sat_digests() -> dict[str, str]:
    """One digest of all compiled files of OR-tools.

    Raises:
        MissingDependencyError: It is not installed.
    """
    _require_ortools()
    digest = sha256()
    for file in sorted(metadata.files(_PACKAGE) or ()):
        if file.suffix in (".so", ".dylib", ".pyd", ".dll") or ".so." in file.name:
            with Path(file.locate()).open("rb") as opened:
                digest.update(f"{file.as_posix()} {file_digest(opened, 'sha256').hexdigest()}\n".encode())
    return {_PACKAGE: digest.hexdigest()}


def _require_ortools() -> None:
    if not cp_sat_is_installed():
        raise MissingDependencyError("proofs by CP-SAT need OR-tools: pip install 'llm-modulo[solvers]'")


def _horizon(problem: JobShop) -> int:
    """By when everything can be done if it can be done at all: nothing waits while no machine works."""
    enough = max((*problem.releases, 0)) + sum(duration for job in problem.jobs for _, duration in job)
    return enough if problem.max_makespan is None else min(enough, problem.max_makespan)


def _variables(model: Any, problem: JobShop, end: int) -> list[list[Any]]:
    """A variable for each start, held to order, release and deadline."""
    starts = []
    for job, operations in enumerate(problem.jobs):
        times = [model.new_int_var(0, end, "") for _ in operations]
        deadline = problem.deadline(job)
        model.add(times[0] >= problem.release(job))
        for place, (_, duration) in enumerate(operations[:-1]):
            model.add(times[place + 1] >= times[place] + duration)
        model.add(times[-1] + operations[-1][1] <= (end if deadline is None else min(end, deadline)))
        starts.append(times)
    return starts


def _add_capacities(model: Any, problem: JobShop, starts: list[list[Any]]) -> None:
    intervals: dict[int, list[Any]] = {}
    for operations, times in zip(problem.jobs, starts, strict=True):
        for (machine, duration), start in zip(operations, times, strict=True):
            if duration:
                interval = model.new_fixed_size_interval_var(start, duration, "")
                intervals.setdefault(machine, []).append(interval)
    for machine, busy in intervals.items():
        if problem.capacity(machine) == 1:
            model.add_no_overlap(busy)
        else:
            model.add_cumulative(busy, [1] * len(busy), problem.capacity(machine))
