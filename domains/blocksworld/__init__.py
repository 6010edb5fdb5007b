"""Blocksworld: a hand moves blocks, one at a time, until they are stacked as wanted.

The domain of most studies of planning with language models: Valmeekam et al., "PlanBench" (2023).
"""

from modulo.domains.blocksworld.domain import DOMAIN, BlocksworldDomain
from modulo.domains.blocksworld.wording import WORDING
from modulo.domains.planning import parse_plan
from modulo.domains.planning.blocks import DOMAIN_PDDL, MAX_BLOCKS, generate

__all__ = [
    "DOMAIN",
    "DOMAIN_PDDL",
    "MAX_BLOCKS",
    "WORDING",
    "BlocksworldDomain",
    "generate",
    "graph",
    "parse_plan",
    "prompt",
]

graph = DOMAIN.graph
"""The domain's graph around a generator."""
prompt = DOMAIN.natural_prompt
"""A problem in English, and how to answer."""
