"""The domain."""

from __future__ import annotations

from modulo.critics.plan import PddlProblem
from modulo.domains.logistics.instances import generate
from modulo.domains.logistics.wording import WORDING
from modulo.domains.planning import PlanningDomain, with_answer_form

__all__ = ["DOMAIN", "LogisticsDomain"]


class LogisticsDomain(PlanningDomain):
    """Logistics without types."""

    name = "logistics"
    summary = "bring packages to their places by truck and airplane"

    def example(self) -> PddlProblem:
        """One package that must go to another city."""
        return generate(cities=2, locations=2, packages=1, seed=2)[0]

    def natural_prompt(self, problem: PddlProblem) -> str:
        """The problem in English, and how to answer."""
        return with_answer_form(WORDING.describe(problem), "(load-truck p0 t0 l0-0)")


DOMAIN = LogisticsDomain()
