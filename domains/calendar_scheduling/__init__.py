"""Calendar scheduling: find a time for a meeting that works for everyone's schedule and constraints.

A domain of NATURAL PLAN: Zheng et al., "NATURAL PLAN: Benchmarking LLMs on Natural Language Planning" (2024),
arXiv 2406.04520. What its sentences are taken to mean stands in docs/design/0016-natural-plan.md.
"""

from modulo.domains.calendar_scheduling.backprompter import CalendarBackprompter
from modulo.domains.calendar_scheduling.constraints import fitting_meeting, wished_for
from modulo.domains.calendar_scheduling.domain import DOMAIN, CalendarDomain, graph
from modulo.domains.calendar_scheduling.instances import generate
from modulo.domains.calendar_scheduling.problem import (
    CalendarProblem,
    Participant,
    Phrase,
    Slot,
    Wish,
    free_stretches,
)
from modulo.domains.calendar_scheduling.specimens import CalendarSpecimens
from modulo.domains.calendar_scheduling.statement import read_statement, write_statement
from modulo.domains.calendar_scheduling.text import (
    answer_schema,
    parse_meeting,
    prompt,
    read_meeting,
    write_meeting,
)

__all__ = [
    "DOMAIN",
    "CalendarBackprompter",
    "CalendarDomain",
    "CalendarProblem",
    "CalendarSpecimens",
    "Participant",
    "Phrase",
    "Slot",
    "Wish",
    "answer_schema",
    "fitting_meeting",
    "free_stretches",
    "generate",
    "graph",
    "parse_meeting",
    "prompt",
    "read_meeting",
    "read_statement",
    "wished_for",
    "write_meeting",
    "write_statement",
]
