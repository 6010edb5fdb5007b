"""The problem value: a PDDL domain and a PDDL problem, as texts."""

from __future__ import annotations

from dataclasses import dataclass

from modulo.critics.plan.loading import load
from modulo.critics.plan.task import Task
from modulo.errors import ProblemError

__all__ = ["PddlProblem"]


@dataclass(frozen=True, slots=True)
class PddlProblem:
    """A planning problem. As JSON: ``{"domain_pddl", "problem_pddl"}``.

    Its texts are read when it is made, so that there is none that cannot be judged.

    Attributes:
        domain_pddl: The text of the domain.
        problem_pddl: The text of the problem.

    Raises:
        PddlError: The texts are no PDDL that can be judged; the message gives line and column.
        ProblemError: They are no texts.
    """

    domain_pddl: str
    problem_pddl: str

    def __post_init__(self) -> None:
        if not isinstance(self.domain_pddl, str) or not isinstance(self.problem_pddl, str):
            raise ProblemError("a planning problem is made of two texts: domain_pddl and problem_pddl")
        self.task()

    def task(self) -> Task:
        """The problem, read and compiled; kept for a while, so that asking again costs nothing."""
        return load(self.domain_pddl, self.problem_pddl)
