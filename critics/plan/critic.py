"""The sound critic of plans."""

from __future__ import annotations


from modulo.critics.plan.problem import PddlProblem
from modulo.critique import Critique
from modulo.protocols import Critic

__all__ = ["PlanValidator"]


class PlanValidator(Critic[PddlProblem, str]):
    """Judges whether a text is a valid plan of a PDDL problem."""

    proves = "valid plan of this PDDL problem"
    version = "1"

    def critique(self, problem: PddlProblem, candidate: str) -> Critique:
        """Nothing is decided yet."""
        return Critique.undecided("the validator is not there yet")
