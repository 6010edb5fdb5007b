"""Runs Fast Downward on a problem: translate once, then search in steps."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias

import anyio
import anyio.to_thread
from anyio.lowlevel import RunVar

from modulo.critics.plan.fast_downward.installation import FastDownwardInstallation
from modulo.critics.plan.fast_downward.process import run_limited
from modulo.critics.plan.fast_downward.results import NoPlan, PlanFound, PlannerAnswer, Unknown, WhyUnknown
from modulo.critics.plan.fast_downward.task import PlannerTask

__all__ = ["SEARCHES", "Search", "run_fast_downward"]

Search: TypeAlias = Literal["satisficing", "optimal", "exhaustive"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """One run of the search program.

    Attributes:
        search: What it does, in Fast Downward's language.
        share: Part of the time left that it may use.
        is_complete: Whether it reaches every reachable state unless it finds a plan. Only blind search is taken at
            its word: it prunes nothing, under axioms and conditional effects too.
    """

    search: str
    share: float = 1.0
    is_complete: bool = False


# Fast Downward's own alias "lama-first".
_LAMA: Final = (
    "let(hlm,eval_modify_costs(landmark_sum(lm_factory=lm_reasonable_orders_hps(lm_rhw()),pref=false),cost_type=one),"
    "let(hff,eval_modify_costs(ff(),cost_type=one),"
    "lazy_greedy([hff,hlm],preferred=[hff,hlm],cost_type=one,reopen_closed=false)))"
)
_BLIND: Final = _Step(search="astar(blind())", is_complete=True)
_STEPS: Final[Mapping[Search, tuple[_Step, ...]]] = {
    "satisficing": (_Step(search=_LAMA, share=0.75), _BLIND),
    # Where there are axioms or conditional effects, LM-cut says that it does not support them.
    "optimal": (_Step(search="astar(lmcut())"), _BLIND),
    # Most wrong claims that there is no plan are refuted at once by a search that looks for one.
    "exhaustive": (_Step(search=_LAMA, share=0.2), _BLIND),
}

SEARCHES: Final[Mapping[Search, str]] = {
    name: " then ".join(step.search for step in steps) for name, steps in _STEPS.items()
}
"""What each search is, in Fast Downward's words."""

_MOST_COST: Final = 2**30
"""It adds costs up in 32 bits. Up to here, no sum that decided anything can have overflowed."""
_SUCCESS: Final = 0
_UNSOLVABLE: Final = 11
_OUT_OF_TIME: Final = 128 + 24  # SIGXCPU, from a program that did not handle it any more
_WHY: Final[Mapping[int, tuple[WhyUnknown, str]]] = {
    12: (WhyUnknown.INCOMPLETE, "its search ended without a plan, but is not complete"),
    20: (WhyUnknown.MEMORY, "its translator ran out of memory"),
    21: (WhyUnknown.TIME, "its translator ran out of time"),
    22: (WhyUnknown.MEMORY, "its search ran out of memory"),
    23: (WhyUnknown.TIME, "its search ran out of time"),
    24: (WhyUnknown.MEMORY, "its search ran out of memory and time"),
    31: (WhyUnknown.UNSUPPORTED, "its translator does not take this problem"),
    34: (WhyUnknown.UNSUPPORTED, "its search does not support what this problem uses"),
    _OUT_OF_TIME: (WhyUnknown.TIME, "it ran out of time"),
}
"""Exit codes as in Fast Downward's ``driver/returncodes.py``."""

_SLOTS: RunVar[anyio.CapacityLimiter] = RunVar("modulo_fast_downward_slots")


async def run_fast_downward(
    task: PlannerTask,
    installation: FastDownwardInstallation,
    *,
    search: Search,
    max_seconds: float,
    max_memory_mb: int,
) -> PlannerAnswer:
    """Ask Fast Downward for a plan.

    At most one run a core works at the same time; waiting for the others costs none of the time. Cancelled or
    late, no process of it is left.

    Args:
        task: The problem, as Fast Downward reads it.
        installation: Which Fast Downward.
        search: ``satisficing`` for any plan; ``optimal`` for one of least cost; ``exhaustive`` to find out that
            there is none.
        max_seconds: Most wall-clock time for all of it.
        max_memory_mb: Most memory of each of its programs, in units of 1024² bytes.
    """
    async with _slots():
        with tempfile.TemporaryDirectory(prefix="modulo-fast-downward-") as name:
            run = _Run(Path(name), installation, time.monotonic() + max_seconds, max_memory_mb * 1024**2)
            return await run.answer(task, _STEPS[search])


def _slots() -> anyio.CapacityLimiter:
    try:
        return _SLOTS.get()
    except LookupError:
        limiter = anyio.CapacityLimiter(os.cpu_count() or 1)
        _SLOTS.set(limiter)
        return limiter


class _Run:
    """One problem in one private folder."""

    def __init__(
        self, folder: Path, installation: FastDownwardInstallation, deadline: float, max_bytes: int
    ) -> None:
        self._folder = folder
        self._installation = installation
        self._deadline = deadline
        self._max_bytes = max_bytes
        self._sas, self._plan, self._log = folder / "output.sas", folder / "plan", folder / "log"
        # Programs are told names only: they run in the folder, whatever stands in its path.

    async def answer(self, task: PlannerTask, steps: tuple[_Step, ...]) -> PlannerAnswer:
        answer: PlannerAnswer | None = await self._translate(task)
        if answer is not None:
            return answer
        for step in steps:
            if answer is not None and self._seconds_left <= 0:
                break
            answer = await self._search(step, task)
            if not isinstance(answer, Unknown):
                break
        assert answer is not None
        return answer

    @property
    def _seconds_left(self) -> float:
        return self._deadline - time.monotonic()

    async def _translate(self, task: PlannerTask) -> Unknown | None:
        """Write the task for the search program; None if that worked."""
        domain, problem = self._folder / "domain.pddl", self._folder / "problem.pddl"
        await anyio.to_thread.run_sync(domain.write_text, task.domain_text)
        await anyio.to_thread.run_sync(problem.write_text, task.problem_text)
        # -S and -P: only the standard library and this translator, whatever else is installed or lies around.
        python = [sys.executable, "-S", "-s", "-P", "-m", "fast_downward.translate"]
        code = await self._run(
            [*python, domain.name, problem.name, "--sas-file", self._sas.name], stdin=Path(os.devnull)
        )
        return None if code == _SUCCESS else self._unknown(code)

    async def _search(self, step: _Step, task: PlannerTask) -> PlannerAnswer:
        command = [str(self._installation.search), "--search", step.search]
        code = await self._run(
            [*command, "--internal-plan-file", self._plan.name], stdin=self._sas, share=step.share
        )
        if code == _SUCCESS:
            return await anyio.to_thread.run_sync(_plan_in, self._plan, task)
        if code == _UNSOLVABLE:
            return NoPlan() if step.is_complete else Unknown(*_WHY[12])
        return self._unknown(code)

    async def _run(self, command: list[str], *, stdin: Path, share: float = 1.0) -> int | None:
        seconds = self._seconds_left * share
        if seconds <= 0:
            return None
        return await run_limited(
            command,
            folder=self._folder,
            stdin=stdin,
            log=self._log,
            # The same order of sets in every run, so that the same task comes out.
            environment={
                "PYTHONPATH": str(self._installation.import_path),
                "PYTHONHASHSEED": "0",
                "LC_ALL": "C",
            },
            max_seconds=seconds,
            max_bytes=self._max_bytes,
        )

    def _unknown(self, code: int | None) -> Unknown:
        if code is None:
            return Unknown(WhyUnknown.TIME, "it ran out of time")
        if code in _WHY:
            return Unknown(*_WHY[code])
        return Unknown(WhyUnknown.CRASH, f"it ended with exit code {code}: {self._last_words()}")

    def _last_words(self) -> str:
        with self._log.open("rb") as file:
            file.seek(max(0, self._log.stat().st_size - 400))
            lines = file.read().decode("ascii", "replace").splitlines()
        return lines[-1].strip() if lines else "no word"


def _plan_in(path: Path, task: PlannerTask) -> PlannerAnswer:
    try:
        lines = path.read_text(encoding="ascii").splitlines()
        actions = [task.action(_words(line)) for line in lines if not line.startswith(";")]
    except (OSError, ValueError, KeyError) as error:
        return Unknown(WhyUnknown.CRASH, f"its plan cannot be read ({type(error).__name__}: {error})")
    if len(actions) * task.most_cost > _MOST_COST:
        return Unknown(WhyUnknown.UNSUPPORTED, "costs are so large that it may have added them up wrongly")
    return PlanFound(plan="\n".join(actions), steps=len(actions))


def _words(line: str) -> list[str]:
    if line[:1] != "(" or line[-1:] != ")":
        raise ValueError(f"{line[:80]!r} is no action")
    return line[1:-1].split()
