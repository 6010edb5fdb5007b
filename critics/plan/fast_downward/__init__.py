"""Fast Downward as a subprocess: plans, plans of least cost, and proofs that there is no plan.

The planner of Helmert, "The Fast Downward Planning System" (2006). It comes with the extra ``planners``.
"""

from modulo.critics.plan.fast_downward.asking import FastDownwardQuestion
from modulo.critics.plan.fast_downward.critic import FastDownwardCritic
from modulo.critics.plan.fast_downward.installation import (
    FastDownwardInstallation,
    fast_downward_is_installed,
    find_fast_downward,
)
from modulo.critics.plan.fast_downward.planning import Search
from modulo.critics.plan.fast_downward.results import NoPlan, PlanFound, PlannerAnswer, Unknown, WhyUnknown

__all__ = [
    "FastDownwardCritic",
    "FastDownwardInstallation",
    "FastDownwardQuestion",
    "NoPlan",
    "PlanFound",
    "PlannerAnswer",
    "Search",
    "Unknown",
    "WhyUnknown",
    "fast_downward_is_installed",
    "find_fast_downward",
]
