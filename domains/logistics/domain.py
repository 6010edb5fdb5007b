"""The domain."""

from __future__ import annotations

import random
from typing import Any

from modulo.critics.plan import PddlProblem
from modulo.domain import generated
from modulo.domains.logistics.instances import generate
from modulo.domains.logistics.wording import WORDING
from modulo.domains.planning import PlanningDomain, check_actions, natural_prompt
from modulo.domains.planning.specimens import PlanSpecimens

__all__ = ["DOMAIN", "LogisticsDomain"]

_ACTIONS = {
    "load-truck": 3,
    "unload-truck": 3,
    "load-airplane": 3,
    "unload-airplane": 3,
    "drive-truck": 4,
    "fly-airplane": 3,
}


class LogisticsDomain(PlanningDomain):
    """Logistics without types."""

    name = "logistics"
    summary = "bring packages to their places by truck and airplane"

    def example(self) -> PddlProblem:
        """One package that must go to another city."""
        return generate(cities=2, locations=2, packages=1, seed=5)[0]

    def generate(self, seed: int, **difficulty: Any) -> PddlProblem:
        """See ``instances.generate``: ``cities``, ``locations``, ``packages``, ``airplanes``."""
        return generated(generate, seed, difficulty)[0]

    def natural_prompt(self, problem: PddlProblem) -> str:
        """The problem in English, after another one with its plan.

        Raises:
            ProblemError: It has other actions.
        """
        check_actions(problem, _ACTIONS)
        shown, plan = generate(cities=2, locations=2, packages=1, seed=4)
        example = (WORDING.statement(shown), plan)
        return natural_prompt(WORDING.rules, WORDING.statement(problem), example=example)

    def specimens(self) -> PlanSpecimens:
        """Instances with one or two cities and packages."""
        return PlanSpecimens(_drawn)


def _drawn(rng: random.Random) -> tuple[PddlProblem, str]:
    return generate(
        cities=rng.randint(1, 2),
        locations=rng.randint(2, 3),
        packages=rng.randint(1, 2),
        airplanes=1,
        seed=rng.randrange(2**32),
    )


DOMAIN = LogisticsDomain()
