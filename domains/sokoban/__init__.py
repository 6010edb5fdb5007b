"""Sokoban: a robot pushes boxes through a grid. The PDDL is that of the recorded runs in the PlanBench repository."""

from modulo.domains.planning import parse_plan
from modulo.domains.sokoban.domain import DOMAIN, SokobanDomain
from modulo.domains.sokoban.instances import DOMAIN_PDDL, MAX_SIZE, generate

__all__ = ["DOMAIN", "DOMAIN_PDDL", "MAX_SIZE", "SokobanDomain", "generate", "graph", "parse_plan", "prompt"]

graph = DOMAIN.graph
"""The domain's graph around a generator."""
prompt = DOMAIN.natural_prompt
"""A problem in English, and how to answer."""
