"""Constructive backprompts for models of any size, down to the embedded one with its 135 million parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from modulo.backprompt import ChatBackprompter, render_violation
from modulo.canonical import JsonValue
from modulo.critique import Verdict
from modulo.domains.graph_coloring.problem import Coloring, ColoringProblem
from modulo.protocols import Backprompter, Conversation, Message, Rendered, Reveals

__all__ = ["ColoringBackprompter", "recoloring"]

# For answers that are no colouring at all.
_MALFORMED = ChatBackprompter(granularity="constructive", history=0)


class ColoringBackprompter(Backprompter):
    """Asks anew, with what was wrong with the latest answer and, node by node, what to keep and what to try.

    A chat in which its wrong answers stand leads a small model to repeat them: measured with SmolLM2-135M, one
    line for each node after the bare problem certifies where chats of critiques do not (docs/design/0006).
    """

    @property
    def needs_all_critiques(self) -> bool:
        """Everything that critics say is shown."""
        return True

    def render(self, conversation: Conversation) -> Rendered:
        """The prompt, every violation of the latest answer, and a line for each node."""
        if not conversation.turns or conversation.turns[-1].attempt.candidate is None:
            return _MALFORMED.render(conversation)
        latest = conversation.turns[-1]
        assert latest.attempt.candidate is not None
        problem: ColoringProblem = conversation.problem.value
        violations = [v for c in latest.critiques if c.verdict is Verdict.REJECT for v in c.violations]
        lines = [
            "",
            *(f"- {render_violation(violation)}" for violation in violations),
            *_node_lines(problem, latest.attempt.candidate.value(), len(conversation.turns)),
        ]
        *before, last = conversation.prompt
        return Rendered(
            messages=(*before, Message(last.role, "\n".join([last.content, *lines]))),
            reveals=Reveals.HINTS,
            violations_shown=len(violations),
            violations_known=len(violations),
        )

    def describe(self) -> Mapping[str, JsonValue]:
        """It has no settings."""
        return {}


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
