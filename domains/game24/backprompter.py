"""Constructive backprompts for models of any size: what was wrong, and the next step towards a solution."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from modulo.advising import AdvisingBackprompter
from modulo.domains.game24.problem import Game24Problem
from modulo.domains.game24.solving import MAX_SEARCHED, Step, Tree, find_solution, steps_of, tree_text
from modulo.protocols import Conversation

__all__ = ["Game24Backprompter", "beginning"]

_TOKEN: Final = re.compile(r"[0-9]+|[-+*/()]")


class Game24Backprompter(AdvisingBackprompter):
    """Shows what was wrong with the latest answer and, round by round, one step more of a solution.

    A beginning of an expression is shown that leads to the target, and is longer each time, up to the last operator:
    a small model goes on with what has begun, while advice in words is lost on it (docs/design/0015).
    """

    def advice(self, conversation: Conversation) -> Sequence[str] | None:
        """How a solution begins; None if there is none, or none is looked for."""
        begun = beginning(conversation.problem.value, len(conversation.turns))
        return None if begun is None else [f'Complete this answer: {{"expression": "{begun} ...']


def beginning(problem: Game24Problem, steps: int) -> str | None:
    """How a solution begins, up to the number behind its first operators. The last number is never shown.

    Args:
        problem: The problem.
        steps: How many operators to show.

    Returns:
        The text; None if there is no solution, or none is looked for.
    """
    if not 2 <= len(problem.numbers) <= MAX_SEARCHED:
        return None
    solution = find_solution(problem.numbers, problem.target)
    if solution is None:
        return None
    tokens = _TOKEN.findall(tree_text(_heavy_first(solution)))
    operators = [place for place, one in enumerate(tokens) if one in "+-*/"]
    # Up to the operator that follows; in the end, the last one itself.
    end = operators[steps] if steps < len(operators) else operators[-1] + 1
    return " ".join(tokens[:end]).replace("( ", "(").replace(" )", ")")


def _heavy_first(tree: Tree) -> Tree:
    """The same with the larger part first wherever the order does not matter, so that a beginning says more."""
    if not isinstance(tree, Step):
        return tree
    left, right = _heavy_first(tree.left), _heavy_first(tree.right)
    if tree.symbol in "+*" and len(list(steps_of(right))) > len(list(steps_of(left))):
        left, right = right, left
    return Step(tree.symbol, left, right, tree.value)
