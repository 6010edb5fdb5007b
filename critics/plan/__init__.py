"""Plans against PDDL: a parser, a validator that is never wrong, and the critics built on it."""

from modulo.critics.plan.bounds import PlanCostBound, PlanLengthBound, WellFormedPlan
from modulo.critics.plan.critic import PlanValidator
from modulo.critics.plan.optimal import OptimalPlan
from modulo.critics.plan.pddl.errors import PddlError, UnsupportedPddlError
from modulo.critics.plan.pddl.reading_domain import read_domain
from modulo.critics.plan.pddl.reading_problem import read_problem
from modulo.critics.plan.pddl.writing import domain_text, problem_text
from modulo.critics.plan.problem import PddlProblem
from modulo.critics.plan.tracing import TracedMoment
from modulo.critics.plan.unsolvable import NoPlanExists

__all__ = [
    "NoPlanExists",
    "OptimalPlan",
    "PddlError",
    "PddlProblem",
    "PlanCostBound",
    "PlanLengthBound",
    "PlanValidator",
    "TracedMoment",
    "UnsupportedPddlError",
    "WellFormedPlan",
    "domain_text",
    "problem_text",
    "read_domain",
    "read_problem",
]
