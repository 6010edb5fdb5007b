"""Mystery Blocksworld: Blocksworld under other names. Planners do not mind; language models do.

Source: Valmeekam et al., "PlanBench" (2023), after a domain of the planning competition of 1998.
"""

from modulo.domains.mystery_blocksworld.domain import DOMAIN, MYSTERY, MysteryBlocksworldDomain, generate

__all__ = ["DOMAIN", "MYSTERY", "MysteryBlocksworldDomain", "generate"]
