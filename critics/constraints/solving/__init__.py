"""Constraints that a solver understands: declared once, evaluated exactly, explained and mended by CP-SAT."""

from modulo.critics.constraints.solving.asking import Found, Impossible, SolverFailed, Unknown
from modulo.critics.constraints.solving.critic import SolvesSystem
from modulo.critics.constraints.solving.explaining import Explanation, explain, minimal_conflict, solution_of
from modulo.critics.constraints.solving.system import (
    ConstraintSystem,
    all_different,
    both,
    count,
    either,
    total,
)
from modulo.critics.constraints.solving.unsolvable import NoSolutionExists

__all__ = [
    "ConstraintSystem",
    "Explanation",
    "Found",
    "Impossible",
    "NoSolutionExists",
    "SolverFailed",
    "SolvesSystem",
    "Unknown",
    "all_different",
    "both",
    "count",
    "either",
    "explain",
    "minimal_conflict",
    "solution_of",
    "total",
]
