"""The domain and its graph."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import modulo
from modulo.canonical import JsonValue
from modulo.domain import Domain, generated, read_file
from modulo.domains.graph_coloring.backprompter import ColoringBackprompter
from modulo.domains.graph_coloring.critic import ProperColoring
from modulo.domains.graph_coloring.instances import generate
from modulo.domains.graph_coloring.problem import Coloring, ColoringProblem, read_dimacs
from modulo.domains.graph_coloring.specimens import ColoringSpecimens
from modulo.domains.graph_coloring.text import answer_schema, parse_coloring, prompt, read_coloring
from modulo.errors import ProblemError

__all__ = ["DOMAIN", "GraphColoringDomain", "graph"]


def graph(generator: modulo.Generator) -> modulo.Graph:
    """Generator, parser and ``ProperColoring``."""
    result = modulo.Graph("graph_coloring", problem_type=ColoringProblem)
    painter = result.generator("painter", generator, prompt=prompt)
    coloring = result.reformulator("coloring", parse_coloring, reads=painter)
    result.critic("proper_coloring", ProperColoring(), reads=coloring, backprompts=painter)
    return result


class GraphColoringDomain(Domain[ColoringProblem]):
    """Problems are JSON (``nodes``, ``edges``, ``colors``) or DIMACS ``.col`` files; answers JSON objects."""

    name = "graph_coloring"
    summary = "give every node a colour so that no edge joins two of the same colour"
    problem_type = ColoringProblem
    local_temperature = 0.5

    def graph(self, generator: modulo.Generator) -> modulo.Graph:
        """The domain's graph around a generator."""
        return graph(generator)

    def example(self) -> ColoringProblem:
        """Six nodes, three colours."""
        return generate(nodes=6, colors=3, density=0.75, seed=1)[0]

    def generate(self, seed: int, **difficulty: Any) -> ColoringProblem:
        """See ``instances.generate``: ``nodes``, ``colors``, ``density``."""
        return generated(generate, seed, difficulty)[0]

    def read_problem_file(self, path: Path) -> ColoringProblem:
        """A DIMACS file if it is called ``*.col``, else JSON."""
        if path.suffix != ".col":
            return super().read_problem_file(path)
        try:
            return read_dimacs(read_file(path).decode("utf-8"))
        except UnicodeDecodeError as error:
            raise ProblemError(f"{path} is not a text file") from error

    def read_candidate(self, document: JsonValue, problem: ColoringProblem) -> Coloring:
        """A colouring as a JSON object, or as a text that is one."""
        return read_coloring(document)

    def answer_schema(self, problem: ColoringProblem) -> Mapping[str, JsonValue]:
        """One allowed colour for each node."""
        return answer_schema(problem)

    def strategy(self) -> modulo.Strategy:
        """Refine for as long as the budget lasts: a small model repeats itself before it gets there."""
        return modulo.Refine(patience=None)

    def backprompter(self) -> modulo.Backprompter:
        """All violations, and node by node what to keep and what to try."""
        return ColoringBackprompter()

    def specimens(self) -> ColoringSpecimens:
        """Instances with their planted colouring."""
        return ColoringSpecimens()


DOMAIN = GraphColoringDomain()
