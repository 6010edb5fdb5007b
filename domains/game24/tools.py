"""A calculator for models that can call tools: exact, so that they need not guess what their expressions come to."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Final

from modulo.critics.arithmetic import Expression, Number, read_expression, shown, value_of
from modulo.domains.game24.problem import Game24Problem
from modulo.tool import Tool

__all__ = ["calculator"]

_LONGEST: Final = 500


def calculator() -> Tool:
    """A tool ``calculate`` that tells the exact value of an expression, and which numbers of the puzzle it leaves.

    It judges nothing: the critics of the domain do.
    """
    return Tool(
        _calculate,
        name="calculate",
        description=(
            "The exact value of an arithmetic expression such as (10 - 4) * (13 - 9), "
            "and which of the puzzle's numbers it does not use yet."
        ),
        parameters={
            "properties": {"expression": {"type": "string", "maxLength": _LONGEST}},
            "required": ["expression"],
        },
        max_characters=1000,
    )


def _calculate(problem: Game24Problem, expression: str) -> dict[str, object]:
    read = read_expression(expression)
    left, foreign = _compared(problem, read)
    return {"value": shown(value_of(read)), "numbers_left": left, "not_in_the_puzzle": foreign}


def _compared(problem: Game24Problem, expression: Expression) -> tuple[list[int], list[str]]:
    """The puzzle's numbers that an expression leaves, and the numbers in it that the puzzle does not have."""
    left, foreign = list(problem.numbers), list[str]()
    for value in _numbers(expression):
        if value in left:
            left.remove(int(value))
        else:
            foreign.append(str(value))
    return left, foreign


def _numbers(expression: Expression) -> Iterator[Fraction]:
    return (item.value for item in expression if isinstance(item, Number))
