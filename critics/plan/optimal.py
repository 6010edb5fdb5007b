"""The critic that proves that no plan is cheaper."""

from __future__ import annotations

import anyio.to_thread

from modulo.critics.plan.fast_downward import FastDownwardCritic, NoPlan, PlanFound, Unknown
from modulo.critics.plan.measuring import plan_cost
from modulo.critics.plan.pddl.printing import number_text
from modulo.critics.plan.problem import PddlProblem
from modulo.critics.plan.task import Task
from modulo.critics.plan.undetermined import Meaningless, TooMuchWork
from modulo.critics.plan.validation import Validation, malformed_plan, validate
from modulo.critique import Critique, Violation

__all__ = ["OptimalPlan"]


class OptimalPlan(FastDownwardCritic[str]):
    """Judges whether a text is a plan of least cost, with Fast Downward.

    Cost is the metric of the problem, where that is to minimize ``total-cost``; without a metric it is the number of
    steps. Both plans, the candidate and Fast Downward's, are carried out and measured by our own validator.

    **Sound for:** the text is a valid plan, and costs what a plan costs that Fast Downward's A* search with an
    admissible heuristic (LM-cut, or blind where there are conditional effects or derived predicates) found, which is
    one of least cost as far as Fast Downward itself is right.

    **Does not check:** problems with time, conditions on numbers, other metrics, or costs that depend on the state;
    those stay UNDECIDED, as does whatever Fast Downward does not finish within the limits.

    Args:
        max_seconds: Most wall-clock time for one problem, once one of as many places as there are cores is free.
        max_memory_mb: Most memory, in units of 1024² bytes; held on Linux.

    Raises:
        ConfigurationError: A limit makes no sense.
    """

    proves = "plan of least cost: Fast Downward found none that is cheaper"
    version = "1"
    search = "optimal"
    cost = 1000.0

    async def critique(self, problem: PddlProblem, candidate: str) -> Critique:
        """Carry the plan out, ask for one of least cost, and compare."""
        if not isinstance(candidate, str):
            return Critique.reject(malformed_plan(candidate))
        task = problem.task()
        given = await anyio.to_thread.run_sync(validate, task, candidate)
        if given.undecided is not None:
            return Critique.undecided(given.undecided)
        if given.violations:
            return Critique.reject(*given.violations)
        match await self._question.ask(problem):
            case PlanFound(plan=plan):
                best = await anyio.to_thread.run_sync(validate, task, plan)
                # The certificate will ask for them; made there, they would hold up the event loop.
                await anyio.to_thread.run_sync(self.digests)
                return _compared(task, given, best)
            case NoPlan():
                return Critique.undecided(
                    "Fast Downward finds no plan, but this one is valid by our own validator"
                )
            case Unknown() as unknown:
                return Critique.undecided(f"Fast Downward cannot tell: {unknown.detail}")


def _compared(task: Task, given: Validation, best: Validation) -> Critique:
    if not best.is_valid:
        return Critique.undecided("Fast Downward's plan is not valid by our own validator")
    try:
        cost, least = plan_cost(task, given), plan_cost(task, best)
    except Meaningless as error:
        return Critique.undecided(f"the plan has no cost: {error.message}")
    except TooMuchWork as error:
        return Critique.undecided(str(error))
    if cost < least:
        return Critique.undecided("the plan is cheaper than the cheapest that Fast Downward found")
    if cost == least:
        return Critique.accept()
    what = "has more steps than needed" if task.metric is None else "costs more than needed"
    message = f"The plan {what}: {number_text(cost)}, where {number_text(least)} will do."
    return Critique.reject(
        Violation("not_optimal", message, expected=number_text(least), actual=number_text(cost))
    )
