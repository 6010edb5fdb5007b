"""Trips of three, five or seven days within a budget, after TravelPlanner.

Source: Xie et al., "TravelPlanner: A Benchmark for Real-World Planning with Language Agents" (2024); as an LLM-Modulo
program: Gundawar et al., "Robust Planning with LLM-Modulo Framework: Case Study in Travel Planning" (2024). Where the
benchmark's evaluation is looser than its constraints, the critics are not: ``docs/design/0018-travel.md``.
"""

from modulo.domains.travel.cheapest import Cheapest
from modulo.domains.travel.domain import COMMONSENSE, DOMAIN, HARD, TravelDomain, graph
from modulo.domains.travel.instances import CITY_COUNTS, generate
from modulo.domains.travel.plan import DayPlan, Plan, read_plan
from modulo.domains.travel.problem import LocalConstraints, Reference, TravelProblem
from modulo.domains.travel.specimens import TravelSpecimens
from modulo.domains.travel.text import answer_schema, parse_plan, prompt

__all__ = [
    "CITY_COUNTS",
    "COMMONSENSE",
    "DOMAIN",
    "HARD",
    "Cheapest",
    "DayPlan",
    "LocalConstraints",
    "Plan",
    "Reference",
    "TravelDomain",
    "TravelProblem",
    "TravelSpecimens",
    "answer_schema",
    "generate",
    "graph",
    "parse_plan",
    "prompt",
    "read_plan",
]
