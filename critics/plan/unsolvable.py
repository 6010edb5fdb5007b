"""The critic that proves that there is no plan."""

from __future__ import annotations

import anyio.to_thread

from modulo.critics.plan.fast_downward import FastDownwardCritic, NoPlan, PlanFound, Unknown
from modulo.critics.plan.problem import PddlProblem
from modulo.critics.plan.validation import validate
from modulo.critique import Critique, Violation
from modulo.problem import NO_SOLUTION

__all__ = ["NoPlanExists"]

_MOST_STEPS_SHOWN = 100


class NoPlanExists(FastDownwardCritic[object]):
    """Judges the claim that a PDDL problem has no plan, with Fast Downward.

    **Sound for:** a blind search of Fast Downward went through every state that can be reached, and the goal holds in
    none, as far as Fast Downward itself is right. It is given the problem as our reader reads it, never the user's
    text.

    **Does not check:** claims about problems with time or with conditions on numbers; those stay UNDECIDED, as does
    whatever Fast Downward does not finish within the limits.

    Args:
        max_seconds: Most wall-clock time for one problem, once one of as many places as there are cores is free.
        max_memory_mb: Most memory, in units of 1024² bytes; held on Linux.

    Raises:
        ConfigurationError: A limit makes no sense.
    """

    proves = "no plan of this PDDL problem exists: Fast Downward exhausted its reachable states"
    version = "1"
    search = "exhaustive"
    judges = "unsolvability"

    async def critique(self, problem: PddlProblem, candidate: object) -> Critique:
        """Search for a plan until there is one, or nowhere left to search."""
        if candidate is not NO_SOLUTION:
            return Critique.reject(Violation("no_claim", "The answer does not say that no plan exists."))
        match await self._question.ask(problem):
            case NoPlan():
                # The certificate will ask for them; made there, they would hold up the event loop.
                await anyio.to_thread.run_sync(self.digests)
                return Critique.accept()
            case PlanFound() as found:
                return await anyio.to_thread.run_sync(_refuted, problem, found)
            case Unknown() as unknown:
                return Critique.undecided(f"Fast Downward cannot tell: {unknown.detail}")


def _refuted(problem: PddlProblem, found: PlanFound) -> Critique:
    if not validate(problem.task(), found.plan).is_valid:
        return Critique.undecided("Fast Downward found a plan, but it is not valid by our own validator")
    steps = "1 step" if found.steps == 1 else f"{found.steps} steps"
    hint = found.plan if 0 < found.steps <= _MOST_STEPS_SHOWN else None
    return Critique.reject(
        Violation("plan_exists", f"There is a plan for this problem, of {steps}.", hint=hint)
    )
