"""Graph colouring: give every node a colour so that no edge joins two nodes of the same colour.

The domain of Stechly et al., "GPT-4 Doesn't Know It's Wrong" (2023), where a model judging its own colourings
rejected 96 % of the right ones.
"""

from modulo.domains.graph_coloring.backprompter import ColoringBackprompter
from modulo.domains.graph_coloring.critic import ProperColoring
from modulo.domains.graph_coloring.domain import DOMAIN, GraphColoringDomain, graph
from modulo.domains.graph_coloring.instances import generate
from modulo.domains.graph_coloring.problem import Coloring, ColoringProblem, read_dimacs
from modulo.domains.graph_coloring.text import answer_schema, parse_coloring, prompt

__all__ = [
    "DOMAIN",
    "Coloring",
    "ColoringBackprompter",
    "ColoringProblem",
    "GraphColoringDomain",
    "ProperColoring",
    "answer_schema",
    "generate",
    "graph",
    "parse_coloring",
    "prompt",
    "read_dimacs",
]
