"""The soft critic of trips: cheaper is better."""

from __future__ import annotations

from modulo.critique import Remark
from modulo.domains.travel.cost import items
from modulo.domains.travel.plan import Plan
from modulo.domains.travel.problem import TravelProblem, dollars
from modulo.protocols import SoftCritic

__all__ = ["Cheapest"]


class Cheapest(SoftCritic[TravelProblem, Plan]):
    """Ranks plans by what they leave of the budget, in dollars. It can neither certify nor veto."""

    def remark(self, problem: TravelProblem, candidate: Plan) -> Remark:
        """What is left of the budget."""
        total = sum(item.cents or 0 for item in items(problem, candidate))
        return Remark(score=(problem.budget_cents - total) / 100, text=f"The plan costs {dollars(total)}.")
