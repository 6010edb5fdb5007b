"""The domain."""

from __future__ import annotations

import random
from typing import Any

from modulo.critics.plan import PddlProblem
from modulo.domain import generated
from modulo.domains.blocksworld.wording import WORDING
from modulo.domains.planning import PlanningDomain, check_actions, natural_prompt
from modulo.domains.planning.blocks import generate
from modulo.domains.planning.specimens import PlanSpecimens

__all__ = ["DOMAIN", "BlocksworldDomain"]

_ACTIONS = {"pick-up": 1, "put-down": 1, "stack": 2, "unstack": 2}


class BlocksworldDomain(PlanningDomain):
    """Blocksworld with four operators."""

    name = "blocksworld"
    summary = "move blocks with a hand until they are stacked as wanted"

    def example(self) -> PddlProblem:
        """Three blocks, four steps."""
        return generate(blocks=3, seed=0)[0]

    def generate(self, seed: int, **difficulty: Any) -> PddlProblem:
        """See ``planning.blocks.generate``: ``blocks``."""
        return generated(generate, seed, difficulty)[0]

    def natural_prompt(self, problem: PddlProblem) -> str:
        """The problem in English, after another one with its plan.

        Raises:
            ProblemError: It has other actions.
        """
        check_actions(problem, _ACTIONS)
        shown, plan = generate(blocks=3, seed=1)
        example = (WORDING.statement(shown), plan)
        return natural_prompt(WORDING.rules, WORDING.statement(problem), example=example)

    def specimens(self) -> PlanSpecimens:
        """Instances of two to five blocks."""
        return PlanSpecimens(_drawn)


def _drawn(rng: random.Random) -> tuple[PddlProblem, str]:
    return generate(blocks=rng.randint(2, 5), seed=rng.randrange(2**32))


DOMAIN = BlocksworldDomain()
