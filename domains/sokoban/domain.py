"""The domain."""

from __future__ import annotations

import random
from typing import Any

from modulo.critics.plan import PddlProblem
from modulo.domain import generated
from modulo.domains.planning import PlanningDomain, check_actions, natural_prompt
from modulo.domains.planning.specimens import PlanSpecimens
from modulo.domains.sokoban.instances import generate
from modulo.domains.sokoban.wording import RULES, statement

__all__ = ["DOMAIN", "SokobanDomain"]


class SokobanDomain(PlanningDomain):
    """Sokoban with a goal for each box."""

    name = "sokoban"
    summary = "push boxes through a grid to where they belong"

    def example(self) -> PddlProblem:
        """One box in a grid of four by four cells."""
        return generate(size=4, boxes=1, walls=2, pulls=3, seed=1)[0]

    def generate(self, seed: int, **difficulty: Any) -> PddlProblem:
        """See ``instances.generate``: ``size``, ``boxes``, ``walls``, ``pulls``."""
        return generated(generate, seed, difficulty)[0]

    def natural_prompt(self, problem: PddlProblem) -> str:
        """The level as a picture, after another one with its plan.

        Raises:
            ProblemError: It has other actions, or is no grid.
        """
        check_actions(problem, {"move": 3, "push": 5})
        shown, plan = generate(size=3, boxes=1, walls=1, pulls=2, seed=0)
        return natural_prompt(RULES, statement(problem), example=(statement(shown), plan))

    def specimens(self) -> PlanSpecimens:
        """Small levels with one box or two."""
        return PlanSpecimens(_drawn)


def _drawn(rng: random.Random) -> tuple[PddlProblem, str]:
    return generate(
        size=4, boxes=rng.randint(1, 2), walls=2, pulls=rng.randint(1, 4), seed=rng.randrange(2**32)
    )


DOMAIN = SokobanDomain()
