"""Plans against PDDL: a parser, a validator that is never wrong, and the critics built on it."""

from modulo.critics.plan.critic import PlanValidator
from modulo.critics.plan.problem import PddlProblem

__all__ = ["PddlProblem", "PlanValidator"]
