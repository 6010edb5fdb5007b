"""Critics as third parties would register them, and what they might register by mistake."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import modulo
from modulo.critique import Violation
from modulo.protocols import Critic, Remark, SoftCritic


@modulo.critic(proves="the number is even", version="3", soundness=modulo.Soundness.TESTS)
def even(problem: list, number: int) -> Iterator[Violation]:
    if number % 2:
        yield Violation("odd", f"{number} is odd.")


class AtMost(Critic[dict[str, int], int]):
    """Judges whether a number is small enough."""

    def __init__(self, most: int) -> None:
        self.proves = f"at most {most}"

    def critique(self, problem: dict[str, int], candidate: int) -> Iterator[Violation]:
        yield from ()


class Abstract(Critic[Any, Any]):
    """Lacks its method."""


class Short(SoftCritic[Any, str]):
    """Likes short answers."""

    def remark(self, problem: Any, candidate: str) -> Remark:
        return Remark(score=-len(candidate))


class Nameless(AtMost):
    """Breaks where it is asked for its name."""

    @property
    def id(self) -> str:
        raise RuntimeError("no name")


def make() -> AtMost:
    return AtMost(3)


SHORT = Short()
NAMELESS = Nameless(3)
