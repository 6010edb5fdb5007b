"""Meeting planning: meet as many friends as possible on a day, each where and while they are there.

A domain of NATURAL PLAN: Zheng et al., "NATURAL PLAN: Benchmarking LLMs on Natural Language Planning" (2024),
arXiv 2406.04520. How its answers are judged stands in docs/design/0016-natural-plan.md.
"""

from modulo.domains.meeting_planning.constraints import best_day
from modulo.domains.meeting_planning.domain import DOMAIN, MeetingDomain, graph
from modulo.domains.meeting_planning.instances import generate
from modulo.domains.meeting_planning.problem import Friend, MeetingProblem, Way, most_meetings
from modulo.domains.meeting_planning.schedule import Meet, Schedule, Start, Travel, Wait, write_schedule
from modulo.domains.meeting_planning.specimens import MeetingSpecimens
from modulo.domains.meeting_planning.statement import read_statement, write_statement
from modulo.domains.meeting_planning.text import answer_schema, parse_schedule, prompt, read_schedule

__all__ = [
    "DOMAIN",
    "Friend",
    "Meet",
    "MeetingDomain",
    "MeetingProblem",
    "MeetingSpecimens",
    "Schedule",
    "Start",
    "Travel",
    "Wait",
    "Way",
    "answer_schema",
    "best_day",
    "generate",
    "graph",
    "most_meetings",
    "parse_schedule",
    "prompt",
    "read_schedule",
    "read_statement",
    "write_schedule",
    "write_statement",
]
