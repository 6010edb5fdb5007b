"""The domain."""

from __future__ import annotations

from modulo.critics.plan import PddlProblem
from modulo.domains.blocksworld.wording import WORDING
from modulo.domains.planning import PlanningDomain, with_answer_form
from modulo.domains.planning.blocks import generate

__all__ = ["DOMAIN", "BlocksworldDomain"]


class BlocksworldDomain(PlanningDomain):
    """Blocksworld with four operators."""

    name = "blocksworld"
    summary = "move blocks with a hand until they are stacked as wanted"

    def example(self) -> PddlProblem:
        """Three blocks."""
        return generate(blocks=3, seed=3)[0]

    def natural_prompt(self, problem: PddlProblem) -> str:
        """The problem in English, and how to answer."""
        return with_answer_form(WORDING.describe(problem), "(unstack b c)")


DOMAIN = BlocksworldDomain()
