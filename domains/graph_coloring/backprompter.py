"""Constructive backprompts for models of any size, down to the embedded one with its 135 million parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from modulo.advising import AdvisingBackprompter
from modulo.domains.graph_coloring.problem import Coloring, ColoringProblem
from modulo.protocols import Conversation

__all__ = ["ColoringBackprompter", "recoloring"]


class ColoringBackprompter(AdvisingBackprompter):
    """Shows what was wrong with the latest answer and, node by node, what to keep and what to try.

    Measured with SmolLM2-135M, one line for each node after the bare problem certifies where chats of critiques do
    not (docs/design/0006).
    """

    def advice(self, conversation: Conversation) -> Sequence[str] | None:
        """A line for each node; None of answers that are no colouring at all."""
        candidate = conversation.turns[-1].attempt.candidate
        if candidate is None:
            return None
        return _node_lines(conversation.problem.value, candidate.value(), len(conversation.turns))


def recoloring(problem: ColoringProblem, coloring: Coloring, *, variant: int = 0) -> Coloring:
    """New colours for some nodes that remove conflicts, found edge by edge without looking back.

    Args:
        problem: The problem.
        coloring: A colouring, perhaps incomplete or with colours that are not allowed.
        variant: Which of several equally good changes to prefer. Another one in each round keeps a model
            that does as it is told from going round in a circle.

    Returns:
        The nodes to change with their new colours. It need not lead to a proper colouring.
    """
    neighbours = problem.neighbours()
    shift = variant % len(problem.colors)
    palette = problem.colors[shift:] + problem.colors[:shift]
    current = {node: color for node, color in coloring.items() if color in problem.colors}
    changed: Coloring = {}
    for node in problem.nodes:
        if node not in current:
            changed[node] = current[node] = _least_conflicts(palette, current, neighbours, [node])[1]
    for one, other in problem.edges:
        if current[one] == current[other]:
            ends = [one, other] if variant % 2 else [other, one]
            node, color = _least_conflicts(palette, current, neighbours, ends)
            changed[node] = current[node] = color
    return changed


def _least_conflicts(
    palette: Sequence[str], current: Coloring, neighbours: Mapping[str, list[str]], nodes: list[str]
) -> tuple[str, str]:
    options = [(node, color) for node in nodes for color in palette if current.get(node) != color]
    if not options:  # one colour only
        return nodes[0], palette[0]
    return min(
        options, key=lambda option: sum(current.get(near) == option[1] for near in neighbours[option[0]])
    )


def _node_lines(problem: ColoringProblem, coloring: Coloring, variant: int) -> list[str]:
    change = recoloring(problem, coloring, variant=variant)
    return [
        f'"{node}": "{change[node]}" is free.' if node in change else f'"{node}": "{coloring[node]}" is fine.'
        for node in problem.nodes
    ]
