"""What the domains of NATURAL PLAN share: its files, times of day, and strict reading of its statements. No domain.

The benchmark is that of Zheng et al., "NATURAL PLAN: Benchmarking LLMs on Natural Language Planning" (2024),
arXiv 2406.04520. Its problems are texts made from a few templates; a text that holds anything else is refused, never
half understood.
"""

from modulo.domains.natural_plan.clock import Minute, in_12_hours, in_24_hours, read_12_hours, read_24_hours
from modulo.domains.natural_plan.documents import read_entry, statement_in
from modulo.domains.natural_plan.domain import NaturalPlanDomain
from modulo.domains.natural_plan.scanner import Scanner

__all__ = [
    "Minute",
    "NaturalPlanDomain",
    "Scanner",
    "in_12_hours",
    "in_24_hours",
    "read_12_hours",
    "read_24_hours",
    "read_entry",
    "statement_in",
]
