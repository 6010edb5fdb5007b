"""Blocksworld: a hand moves blocks, one at a time, until they are stacked as wanted.

The domain of most studies of planning with language models: Valmeekam et al., "PlanBench" (2023).
"""

from modulo.domains.blocksworld.domain import DOMAIN, BlocksworldDomain
from modulo.domains.blocksworld.wording import WORDING
from modulo.domains.planning.blocks import DOMAIN_PDDL, MAX_BLOCKS, generate

__all__ = ["DOMAIN", "DOMAIN_PDDL", "MAX_BLOCKS", "WORDING", "BlocksworldDomain", "generate"]
