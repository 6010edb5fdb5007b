"""A combination lock: a problem with steps, of which models know each with given odds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import modulo
from modulo import Beginning, Steps, Violation
from modulo.domains.simulated.problem import chance
from modulo.protocols import Generation, Generator, Request

DIGITS = 8


@modulo.critic(proves="it opens the lock", runs_in="loop")
def opens(problem: str, candidate: str) -> Iterator[Violation]:
    """One violation for each digit that is wrong."""
    digits = candidate.replace("|", "")
    if digits != problem:
        wrong = sum(a != b for a, b in zip(digits, problem, strict=False)) + abs(len(problem) - len(digits))
        for _ in range(max(1, wrong)):
            yield Violation("wrong_digit", "A digit is wrong.")


class LockSteps(Steps[str, str]):
    """Whoever turns the right digit hears a click."""

    def beginnings(self, problem: str, candidate: str) -> Sequence[Beginning]:
        digits = candidate.replace("|", "")
        found = []
        for length in range(1, len(problem) + 1):
            if digits[:length] != problem[:length]:
                break
            found.append(Beginning(text=problem[:length] + "|", state=str(length), score=length / len(problem)))
        return found

    def prompt(self, problem: str, beginning: Beginning) -> str:
        return f"It begins with {beginning.text}. Go on."


class KnowsDigits(Generator):
    """Gets each digit right with a probability; told of a beginning, it answers what follows."""

    def __init__(self, skill: float, seed: int = 0) -> None:
        self._skill, self._seed = skill, seed

    async def generate(self, request: Request) -> Generation:
        problem: Any = request.problem.value
        begun = len(request.prefix.replace("|", ""))
        return Generation(text="".join(self._digit(request, at) for at in range(begun, len(problem))))

    def _digit(self, request: Request, at: int) -> str:
        right: str = request.problem.value[at]
        is_right = chance(self._seed, request.turn, at) < self._skill
        return (
            right
            if is_right
            else str((int(right) + 1 + int(8 * chance(self._seed, "wrong", request.turn, at))) % 10)
        )


def lock(generator: Generator, *, by_steps: bool = True) -> modulo.Graph[Any]:
    """A lock, with or without clicks."""
    graph: modulo.Graph[Any] = modulo.Graph("lock")
    digits = graph.generator("digits", generator, steps=LockSteps() if by_steps else None)
    graph.critic("opens", opens, reads=digits)
    return graph
