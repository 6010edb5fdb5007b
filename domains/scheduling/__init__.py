"""Job-shop scheduling: when each operation of each job starts, with machines of limited capacity.

The classical problem of Fisher and Thompson (1963), with releases, deadlines, capacities, and either a bound on the
makespan or the demand that it be least, which CP-SAT (OR-tools, extra ``solvers``) proves.
"""

from modulo.domains.scheduling.critic import FeasibleSchedule
from modulo.domains.scheduling.domain import DOMAIN, SchedulingDomain, graph
from modulo.domains.scheduling.instances import FT06, generate
from modulo.domains.scheduling.optimal import NoScheduleExists, OptimalSchedule
from modulo.domains.scheduling.problem import JobShop, Starts, read_job_shop, read_jsp
from modulo.domains.scheduling.text import answer_schema, parse_starts, prompt, read_starts

__all__ = [
    "DOMAIN",
    "FT06",
    "FeasibleSchedule",
    "JobShop",
    "NoScheduleExists",
    "OptimalSchedule",
    "SchedulingDomain",
    "Starts",
    "answer_schema",
    "generate",
    "graph",
    "parse_starts",
    "prompt",
    "read_job_shop",
    "read_jsp",
    "read_starts",
]
