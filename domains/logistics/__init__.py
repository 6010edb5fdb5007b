"""Logistics: trucks within cities and airplanes between them bring packages to their places.

The domain of the first international planning competitions (1998, 2000), and of PlanBench.
"""

from modulo.domains.logistics.domain import DOMAIN, LogisticsDomain
from modulo.domains.logistics.instances import DOMAIN_PDDL, MAX_OBJECTS, generate
from modulo.domains.logistics.wording import WORDING
from modulo.domains.planning import parse_plan

__all__ = [
    "DOMAIN",
    "DOMAIN_PDDL",
    "MAX_OBJECTS",
    "WORDING",
    "LogisticsDomain",
    "generate",
    "graph",
    "parse_plan",
    "prompt",
]

graph = DOMAIN.graph
"""The domain's graph around a generator."""
prompt = DOMAIN.natural_prompt
"""A problem in English, and how to answer."""
