"""Symbolic algebra: whether two expressions of real variables are equivalent, by SymPy."""

from modulo.critics.symbolic.critic import EquivalentExpression
from modulo.critics.symbolic.problem import SymbolicProblem

__all__ = ["EquivalentExpression", "SymbolicProblem"]
