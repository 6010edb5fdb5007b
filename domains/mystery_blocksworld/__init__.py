"""Mystery Blocksworld: Blocksworld under other names. Planners do not mind; language models do.

Source: Valmeekam et al., "PlanBench" (2023), after a domain of the planning competition of 1998.
"""

from modulo.domains.mystery_blocksworld.domain import DOMAIN, MYSTERY, MysteryBlocksworldDomain, generate
from modulo.domains.planning import parse_plan

__all__ = ["DOMAIN", "MYSTERY", "MysteryBlocksworldDomain", "generate", "graph", "parse_plan", "prompt"]

graph = DOMAIN.graph
"""The domain's graph around a generator."""
prompt = DOMAIN.natural_prompt
"""A problem in English, and how to answer."""
