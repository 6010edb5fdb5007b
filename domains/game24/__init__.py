"""Game of 24: make 24 of some numbers with the four operations, using every number exactly once.

The domain of Yao et al., "Tree of Thoughts: Deliberate Problem Solving with Large Language Models" (2023), whose file
of 1,362 puzzles is read, and one of those of Stechly et al., "On the self-verification limitations of large language
models on reasoning and planning tasks" (2024), where GPT-4 accepted 10 % of wrong expressions.
"""

from modulo.domains.game24.backprompter import Game24Backprompter
from modulo.domains.game24.critic import MakesTarget, NoExpressionExists
from modulo.domains.game24.domain import DOMAIN, Game24Domain, graph
from modulo.domains.game24.instances import generate
from modulo.domains.game24.problem import Game24Problem, read_puzzles
from modulo.domains.game24.solving import find_solution, is_solvable
from modulo.domains.game24.specimens import Game24Specimens
from modulo.domains.game24.steps import Game24Steps
from modulo.domains.game24.text import answer_schema, parse_expression, prompt
from modulo.domains.game24.tools import calculator

__all__ = [
    "DOMAIN",
    "Game24Backprompter",
    "Game24Domain",
    "Game24Problem",
    "Game24Specimens",
    "Game24Steps",
    "MakesTarget",
    "NoExpressionExists",
    "answer_schema",
    "calculator",
    "find_solution",
    "generate",
    "graph",
    "is_solvable",
    "parse_expression",
    "prompt",
    "read_puzzles",
]
