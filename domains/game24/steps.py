"""Expressions step by step, for searches over derivations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Final

from modulo.canonical import JsonValue
from modulo.critics.arithmetic import Expression, Number, Operation, read_equation
from modulo.domains.game24.derivation import Derivation, read_derivation
from modulo.domains.game24.problem import Game24Problem
from modulo.domains.game24.solving import is_solvable
from modulo.domains.game24.text import answer_schema, prompt
from modulo.errors import Malformed
from modulo.steps import Beginning, Steps

__all__ = ["Game24Steps"]

_MOST_SOLVED: Final = 4
"""Most numbers for which a solution is looked for: that takes up to 20 ms, and for five 0.2 s, which is too long."""
_LARGEST: Final = 1_000_000
"""Largest number of a problem, so that what is left is one."""


class Game24Steps(Steps[Game24Problem, str]):
    """Derivations: steps of an expression, each of which combines two numbers that are left.

    **Sound for:** a step to whole numbers up to a million is passed over only if an exhaustive search in exact
    arithmetic shows that no expression of what is left after it has the target's value. Derivations to the same
    numbers have the same state.

    **Does not check:** steps after which more than four numbers are left; all of them are kept. Derivations do not
    go through negative numbers, fractions and larger numbers: what needs one is given whole, from where that begins.
    """

    def beginnings(self, problem: Game24Problem, candidate: str) -> Sequence[Beginning]:
        """A beginning for each operation that can still lead to the target, in the order of evaluation."""
        try:
            expression = read_equation(candidate)[0]
        except Malformed:
            return ()
        found = _derivations(problem, expression)
        return [_beginning(problem, derivation) for _, derivation in pairwise(found)]

    def prompt(self, problem: Game24Problem, beginning: Beginning) -> str:
        """The prompt of the puzzle that is left."""
        return prompt(_left(problem, beginning))

    def schema(self, problem: Game24Problem, beginning: Beginning) -> Mapping[str, JsonValue]:
        """That of the puzzle that is left."""
        return answer_schema(_left(problem, beginning))


def _left(problem: Game24Problem, beginning: Beginning) -> Game24Problem:
    found = read_derivation(beginning.text, problem)
    assert found is not None, "its text is ours"
    return Game24Problem(numbers=found[0].numbers, target=problem.target)


def _derivations(problem: Game24Problem, expression: Expression) -> list[Derivation]:
    """Derivations of more and more steps, beginning with none; what cannot lead to the target is passed over."""
    found = [Derivation.start(problem)]
    stack: list[int | None] = []
    for item in expression:
        if isinstance(item, Number):
            stack.append(int(item.text) if item.text in map(str, problem.numbers) else None)
            continue
        assert isinstance(item, Operation), "an expression of numbers has no names"
        operands = stack[-item.operands :]
        del stack[-item.operands :]
        longer = _stepped(found[-1], item.symbol, operands)
        if longer is None or not _may_succeed(longer, problem):
            stack.append(None)
            continue
        stack.append(_result(longer))
        found.append(longer)
    return found


def _stepped(derivation: Derivation, symbol: str, operands: Sequence[int | None]) -> Derivation | None:
    match operands:
        case [int(left), int(right)]:
            return derivation.stepped(left, symbol, right)
    return None


def _result(derivation: Derivation) -> int:
    return int(derivation.lines[-1].split(" ")[4])


def _may_succeed(derivation: Derivation, problem: Game24Problem) -> bool:
    numbers = derivation.numbers
    if numbers[-1] > _LARGEST:
        return False
    return len(numbers) > _MOST_SOLVED or _is_solvable(numbers, problem.target)


@lru_cache(maxsize=4096)
def _is_solvable(numbers: tuple[int, ...], target: int) -> bool:
    return is_solvable(numbers, target)


def _beginning(problem: Game24Problem, derivation: Derivation) -> Beginning:
    numbers = derivation.numbers
    score = (len(problem.numbers) - len(numbers)) / max(len(problem.numbers) - 1, 1)
    return Beginning(text=derivation.text, state=" ".join(map(str, numbers)), score=score)
