"""The critics that rest on proofs by CP-SAT: that no schedule is done earlier, and that there is none at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import anyio.to_thread

from modulo.canonical import JsonValue
from modulo.critique import Critique, Violation
from modulo.domains.scheduling.critic import faults
from modulo.domains.scheduling.problem import JobShop, Starts
from modulo.domains.scheduling.solver import CpSat, CpSatUnsure, cp_sat_digests, cp_sat_version
from modulo.errors import ConfigurationError
from modulo.problem import NO_SOLUTION
from modulo.protocols import Critic

__all__ = ["CpSatCritic", "NoScheduleExists", "OptimalSchedule"]

C = TypeVar("C")


class CpSatCritic(Critic[JobShop, C]):
    """A critic whose verdict rests on CP-SAT.

    Args:
        max_work: Most work for one problem, in CP-SAT's deterministic units of about a second.
        max_seconds: Most wall-clock time for one problem, should that be far from the work.

    Raises:
        ConfigurationError: A limit makes no sense.
    """

    cost = 1000.0

    def __init__(self, *, max_work: float = 30.0, max_seconds: float = 60.0) -> None:
        if not 0 < max_work <= 1e6 or not 0 < max_seconds <= 1e6:
            raise ConfigurationError(
                f"max_work and max_seconds must be above 0, not {max_work!r} and {max_seconds!r}"
            )
        self._cp_sat = CpSat(max_work=max_work, max_seconds=max_seconds)

    def options(self) -> Mapping[str, JsonValue]:
        """The limits, and the version of OR-tools."""
        limits = {"max_work": self._cp_sat.max_work, "max_seconds": self._cp_sat.max_seconds}
        return {**limits, "ortools": cp_sat_version()}

    def digests(self) -> Mapping[str, str]:
        """That of OR-tools' compiled files.

        Raises:
            MissingDependencyError: OR-tools is not installed.
        """
        return cp_sat_digests()

    async def prepare(self) -> None:
        """Look for OR-tools.

        Raises:
            MissingDependencyError: It is not installed.
        """
        await anyio.to_thread.run_sync(cp_sat_digests)


class OptimalSchedule(CpSatCritic[Starts]):
    """Judges whether a schedule is done as early as any; for problems that ask for that (``optimal``).

    **Sound for:** the schedule can be carried out, and CP-SAT proved that none is done earlier, as far as CP-SAT
    itself is right.

    **Does not check:** what CP-SAT does not prove within the limits; that stays UNDECIDED.

    Args:
        max_work: Most work for one problem, in CP-SAT's deterministic units of about a second.
        max_seconds: Most wall-clock time for one problem, should that be far from the work.
    """

    proves = "schedule of least makespan: CP-SAT proved that none is done earlier"
    version = "1"

    def applies_to(self, problem: JobShop) -> bool:
        """Whether the problem asks for the earliest end."""
        return problem.optimal

    async def critique(self, problem: JobShop, candidate: Starts) -> Critique:
        """Look for a schedule that is done earlier."""
        if violations := list(faults(problem, candidate)):
            return Critique.reject(*violations)
        makespan = problem.makespan(candidate)
        try:
            better = await self._cp_sat.schedule(problem, before=makespan - 1)
        except CpSatUnsure as error:
            return Critique.undecided(str(error))
        if better is None:
            return Critique.accept()
        if any(faults(problem, better)) or problem.makespan(better) >= makespan:
            return Critique.undecided("CP-SAT found a schedule that is not valid by our own critic")
        message = f"The last job ends at {makespan}, but that can be earlier."
        hint = f"all jobs can be done by {problem.makespan(better)}."
        return Critique.reject(Violation("not_optimal", message, actual=str(makespan), hint=hint))


class NoScheduleExists(CpSatCritic[object]):
    """Judges the claim that no schedule keeps all demands.

    **Sound for:** CP-SAT proved that there is none, as far as CP-SAT itself is right.

    **Does not check:** what CP-SAT does not prove within the limits; that stays UNDECIDED.

    Args:
        max_work: Most work for one problem, in CP-SAT's deterministic units of about a second.
        max_seconds: Most wall-clock time for one problem, should that be far from the work.
    """

    proves = "no schedule keeps the demands of this problem: CP-SAT ruled out every one"
    version = "1"
    judges = "unsolvability"

    async def critique(self, problem: JobShop, candidate: object) -> Critique:
        """Look for a schedule."""
        if candidate is not NO_SOLUTION:
            return Critique.reject(Violation("no_claim", "The answer does not say that there is no schedule."))
        try:
            found = await self._cp_sat.schedule(problem)
        except CpSatUnsure as error:
            return Critique.undecided(str(error))
        if found is None:
            return Critique.accept()
        if any(faults(problem, found)):
            return Critique.undecided("CP-SAT found a schedule that is not valid by our own critic")
        makespan = problem.makespan(found)
        return Critique.reject(Violation("schedule_exists", f"A schedule is done at {makespan}."))
