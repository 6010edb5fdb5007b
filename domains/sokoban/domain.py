"""The domain."""

from __future__ import annotations

from modulo.critics.plan import PddlProblem
from modulo.domains.planning import PlanningDomain, with_answer_form
from modulo.domains.sokoban.instances import generate
from modulo.domains.sokoban.wording import describe

__all__ = ["DOMAIN", "SokobanDomain"]


class SokobanDomain(PlanningDomain):
    """Sokoban with a goal for each box."""

    name = "sokoban"
    summary = "push boxes through a grid to where they belong"

    def example(self) -> PddlProblem:
        """One box in a grid of four by four cells."""
        return generate(size=4, boxes=1, walls=2, pulls=3, seed=1)[0]

    def natural_prompt(self, problem: PddlProblem) -> str:
        """The level as a picture, and how to answer.

        Raises:
            ProblemError: It is no grid.
        """
        return with_answer_form(describe(problem), "(move f0-0f f0-1f right)")


DOMAIN = SokobanDomain()
