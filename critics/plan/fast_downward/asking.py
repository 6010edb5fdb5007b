"""Asks Fast Downward about a PDDL problem, each question once in a process."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final, get_args

import anyio.to_thread

from modulo.canonical import JsonValue
from modulo.critics.plan.fast_downward.installation import find_fast_downward
from modulo.critics.plan.fast_downward.planning import SEARCHES, Search, run_fast_downward
from modulo.critics.plan.fast_downward.results import PlannerAnswer, Unknown, UnsupportedByPlanner, WhyUnknown
from modulo.critics.plan.fast_downward.task import PlannerTask, planner_task
from modulo.critics.plan.problem import PddlProblem
from modulo.errors import ConfigurationError
from modulo.numeric import is_number, is_whole_number

__all__ = ["FastDownwardQuestion"]

_MOST_ANSWERS: Final = 256
_MOST_SECONDS: Final = 10**6
_LEAST_MB: Final = 64
_MOST_MB: Final = 2**20
_answers: OrderedDict[tuple[PddlProblem, FastDownwardQuestion], PlannerAnswer] = OrderedDict()


@dataclass(frozen=True, slots=True, kw_only=True)
class FastDownwardQuestion:
    """What Fast Downward is asked of problems.

    Attributes:
        search: ``satisficing`` for any plan, ``optimal`` for one of least cost (or least length, where a problem
            has no metric), ``exhaustive`` to find out that there is none.
        max_seconds: Most wall-clock time for one problem.
        max_memory_mb: Most memory of one program, in units of 1024² bytes; held on Linux.

    Raises:
        ConfigurationError: There is no such search, or a limit makes no sense.
    """

    search: Search
    max_seconds: float = 60.0
    max_memory_mb: int = 2048

    def __post_init__(self) -> None:
        if self.search not in get_args(Search):
            raise ConfigurationError(
                f"Fast Downward: search is one of {', '.join(get_args(Search))}, not {self.search!r}"
            )
        if not is_number(self.max_seconds) or not 0 < self.max_seconds <= _MOST_SECONDS:
            raise ConfigurationError(
                f"Fast Downward: max_seconds must be above 0 and at most {_MOST_SECONDS:,}, not {self.max_seconds!r}"
            )
        if not is_whole_number(self.max_memory_mb) or not _LEAST_MB <= self.max_memory_mb <= _MOST_MB:
            raise ConfigurationError(
                f"Fast Downward: max_memory_mb must be a whole number from {_LEAST_MB} to {_MOST_MB:,}, "
                f"not {self.max_memory_mb!r}"
            )

    def options(self) -> Mapping[str, JsonValue]:
        """Every setting that an answer can depend on."""
        return {
            "search": SEARCHES[self.search],
            "max_seconds": self.max_seconds,
            "max_memory_mb": self.max_memory_mb,
        }

    async def ask(self, problem: PddlProblem) -> PlannerAnswer:
        """The answer for a problem.

        Answers are kept, so asking again costs nothing; only what may turn out otherwise another time is asked
        anew: where time or memory ran out, or the planner crashed.

        Raises:
            MissingDependencyError: Fast Downward is not installed.
        """
        key = (problem, self)
        if key not in _answers:
            answer = await self._ask(problem)
            if isinstance(answer, Unknown) and answer.why is not WhyUnknown.UNSUPPORTED:
                return answer
            _answers[key] = answer
            if len(_answers) > _MOST_ANSWERS:
                _answers.popitem(last=False)
        return _answers[key]

    async def _ask(self, problem: PddlProblem) -> PlannerAnswer:
        installation = find_fast_downward()
        try:
            task = await anyio.to_thread.run_sync(partial(_written, problem, optimal=self.search == "optimal"))
        except UnsupportedByPlanner as error:
            return Unknown(WhyUnknown.UNSUPPORTED, f"it cannot be asked about this problem: {error}")
        return await run_fast_downward(
            task,
            installation,
            search=self.search,
            max_seconds=self.max_seconds,
            max_memory_mb=self.max_memory_mb,
        )


def _written(problem: PddlProblem, *, optimal: bool) -> PlannerTask:
    task = problem.task()
    return planner_task(task.domain, task.problem, has_costs=optimal and task.problem.metric is not None)
