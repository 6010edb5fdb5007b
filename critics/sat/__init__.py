"""Propositional satisfiability: problems in DIMACS CNF, and the critic of assignments."""

from modulo.critics.sat.assignment import Assignment, SatisfyingAssignment, parse_assignment
from modulo.critics.sat.problem import CnfProblem, read_dimacs_cnf

__all__ = ["Assignment", "CnfProblem", "SatisfyingAssignment", "parse_assignment", "read_dimacs_cnf"]
