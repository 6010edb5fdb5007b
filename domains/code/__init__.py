"""Programming problems: write a Python function that passes the tests.

Problems are those of HumanEval and MBPP, or of the same form. Programs run in a sandbox (``modulo.critics.code``).
"""

from modulo.critics.code import CodeProblem
from modulo.domains.code.domain import DOMAIN, CodeDomain, graph
from modulo.domains.code.extracting import parse_program
from modulo.domains.code.instances import PROBLEMS
from modulo.domains.code.reading import read_problems
from modulo.domains.code.steps import CodeSteps
from modulo.domains.code.wording import prompt

__all__ = [
    "DOMAIN",
    "PROBLEMS",
    "CodeDomain",
    "CodeProblem",
    "CodeSteps",
    "graph",
    "parse_program",
    "prompt",
    "read_problems",
]
