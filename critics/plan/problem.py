"""The problem value: a PDDL domain and a PDDL problem, as texts."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["PddlProblem"]


@dataclass(frozen=True, slots=True)
class PddlProblem:
    """A planning problem. As JSON: ``{"domain_pddl", "problem_pddl"}``.

    Attributes:
        domain_pddl: The text of the domain.
        problem_pddl: The text of the problem.

    Raises:
        PddlError: The texts are no PDDL that can be judged; the message gives line and column.
    """

    domain_pddl: str
    problem_pddl: str
