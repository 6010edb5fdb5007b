"""What colourings' critics are audited on: instances with their planted colouring, and faults in one node or edge."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator

from modulo.canonical import JsonValue, parse_json
from modulo.domains.graph_coloring.instances import generate
from modulo.domains.graph_coloring.problem import Coloring, ColoringProblem
from modulo.errors import ProblemError
from modulo.specimens import Specimen, Specimens, Variant

__all__ = ["ColoringSpecimens"]


class ColoringSpecimens(Specimens[ColoringProblem]):
    """Graphs of 3 to 9 nodes whose colouring was there before their edges."""

    def draw(self, rng: random.Random) -> Specimen[ColoringProblem]:
        """An instance with its planted colouring."""
        colors = rng.randint(2, 4)
        problem, coloring = generate(
            nodes=rng.randint(3, 9), colors=colors, density=rng.uniform(0.3, 1), seed=rng.randrange(2**32)
        )
        return Specimen(problem, (coloring,))

    def damaged(self, specimen: Specimen[ColoringProblem], rng: random.Random) -> Iterator[Variant]:
        """Nodes left out, added, misnamed or recoloured, and edges in conflict, the last of them too."""
        problem, coloring = specimen.problem, _coloring(specimen)
        for edge in problem.edges:
            yield Variant("conflict", {**coloring, edge[1]: coloring[edge[0]]})
        if problem.edges:
            one, other = problem.edges[-1]
            yield Variant("last_edge_in_conflict", {**coloring, one: coloring[other]})
        for node, color in coloring.items():
            yield Variant("missing_node", {name: it for name, it in coloring.items() if name != node})
            yield Variant("unknown_color", {**coloring, node: f"{color}ish"})
            yield Variant("color_of_other_case", {**coloring, node: color.upper()})
        yield Variant("unknown_node", {**coloring, "nowhere": problem.colors[0]})
        yield Variant("one_node", dict([rng.choice(list(coloring.items()))]))
        yield Variant("one_color", dict.fromkeys(problem.nodes, problem.colors[0]))
        yield Variant("fresh_colors", {node: f"color of {node}" for node in problem.nodes})

    def rewritten(self, specimen: Specimen[ColoringProblem], rng: random.Random) -> Iterator[Variant]:
        """Nodes in another order, and the colouring as text."""
        coloring = _coloring(specimen)
        items = list(coloring.items())
        rng.shuffle(items)
        yield Variant("other_order", dict(items))
        yield Variant("as_text", json.dumps(dict(items)))
        yield Variant("indented_text", f"\n{json.dumps(coloring, indent=4)}\n")

    def is_right(self, problem: ColoringProblem, document: JsonValue) -> bool:
        """By sets: the pairs of equal colour and the edges have nothing in common."""
        if isinstance(document, str):
            try:
                document = parse_json(document)
            except ProblemError:
                return False
        if not isinstance(document, dict) or document.keys() != set(problem.nodes):
            return False
        if not all(isinstance(color, str) for color in document.values()):
            return False
        edges = {frozenset(edge) for edge in problem.edges}
        classes = [{node for node in document if document[node] == color} for color in problem.colors]
        return sum(map(len, classes)) == len(problem.nodes) and not any(
            edge <= same for edge in edges for same in classes
        )


def _coloring(specimen: Specimen[ColoringProblem]) -> Coloring:
    answer = specimen.answers[0]
    assert isinstance(answer, dict)
    return {node: str(color) for node, color in answer.items()}
