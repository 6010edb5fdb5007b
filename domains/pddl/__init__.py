"""The user's own planning problems, as PDDL files."""

from modulo.domains.pddl.domain import DOMAIN, PddlDomain
from modulo.domains.planning import parse_plan
from modulo.domains.planning import pddl_prompt as prompt

__all__ = ["DOMAIN", "PddlDomain", "graph", "parse_plan", "prompt"]

graph = DOMAIN.graph
"""The domain's graph around a generator."""
