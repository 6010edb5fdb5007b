"""The sound critic of colourings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from modulo.critique import Violation
from modulo.domains.graph_coloring.problem import Coloring, ColoringProblem
from modulo.protocols import Critic

__all__ = ["ProperColoring"]


class ProperColoring(Critic[ColoringProblem, Coloring]):
    """Judges whether a colouring is proper.

    **Sound for:** every node of the problem, and nothing else, has exactly one of the allowed colours, and no
    edge joins two nodes of the same colour.

    **Does not check:** that few colours are used.
    """

    proves = "proper colouring of this graph with the allowed colours"
    version = "1"

    def critique(self, problem: ColoringProblem, candidate: Coloring) -> Iterator[Violation]:
        """Every node without a colour, unknown node or colour, and every conflicting edge."""
        if not isinstance(candidate, Mapping):
            yield Violation("malformed", "The answer is not an object that maps nodes to colours.")
            return
        yield from self._faulty_entries(problem, candidate)
        yield from self._conflicts(problem, candidate)

    def _faulty_entries(self, problem: ColoringProblem, candidate: Coloring) -> Iterator[Violation]:
        allowed = ", ".join(problem.colors)
        known = frozenset(problem.nodes)
        for node in problem.nodes:
            if node not in candidate:
                yield Violation("missing_node", f"Node {node} has no color.", location=f"node {node}")
        for node, color in candidate.items():
            if node not in known:
                yield Violation(
                    "unknown_node", f"There is no node {node!s:.80}.", location=f"node {node!s:.80}"
                )
            elif color not in problem.colors:
                message = f"Node {node} has the color {color!s:.80}, which is not one of {allowed}."
                yield Violation("unknown_color", message, location=f"node {node}")

    def _conflicts(self, problem: ColoringProblem, candidate: Coloring) -> Iterator[Violation]:
        neighbours = problem.neighbours()
        for one, other in problem.edges:
            if one in candidate and other in candidate and candidate[one] == candidate[other]:
                yield Violation(
                    "conflict",
                    f"{one} and {other} are both {candidate[one]!s:.80}, but an edge joins them.",
                    location=f"edge {one}-{other}",
                    hint=_hint(problem, candidate, neighbours, one, other),
                )


def _hint(
    problem: ColoringProblem, candidate: Coloring, neighbours: Mapping[str, list[str]], one: str, other: str
) -> str:
    """Which end can be recoloured without a new conflict, and how."""
    for node in (other, one):
        free = [c for c in problem.colors if all(candidate.get(near) != c for near in neighbours[node])]
        if free:
            return f"{node} can be {' or '.join(free)}."
    return f"neither {one} nor {other} can be recolored alone; change one of their neighbors too."
