"""Trip planning of NATURAL PLAN: visit every city for as long as wished, by direct flights, and keep appointments.

Source: Zheng et al., "NATURAL PLAN: Benchmarking LLMs on Natural Language Planning" (2024), arXiv:2406.04520. There,
answers are compared with one golden plan; here, constraints decide, so that a valid plan that differs from it is
accepted.
"""

from modulo.domains.trip_planning.critic import no_trip_exists, valid_trip
from modulo.domains.trip_planning.domain import DOMAIN, TripPlanningDomain, graph
from modulo.domains.trip_planning.instances import generate
from modulo.domains.trip_planning.problem import Appointment, Connection, TripProblem, Visit
from modulo.domains.trip_planning.statement import read_statement, statement
from modulo.domains.trip_planning.text import parse_trip, prompt, trip_text
from modulo.domains.trip_planning.trip import Flight, Stay, Trip

__all__ = [
    "DOMAIN",
    "Appointment",
    "Connection",
    "Flight",
    "Stay",
    "Trip",
    "TripPlanningDomain",
    "TripProblem",
    "Visit",
    "generate",
    "graph",
    "no_trip_exists",
    "parse_trip",
    "prompt",
    "read_statement",
    "statement",
    "trip_text",
    "valid_trip",
]
