"""The problem: a number, and how difficult it is."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from modulo.errors import ProblemError

__all__ = ["RIGHT", "SimulatedProblem", "chance"]

RIGHT: Final = "right"
"""The one right answer to every problem."""


@dataclass(frozen=True, slots=True)
class SimulatedProblem:
    """A simulated problem.

    Attributes:
        number: Tells it from others of the same difficulty.
        difficulty: Name of the difficulty; models have a skill for each.

    Raises:
        ProblemError: The difficulty has no name.
    """

    number: int
    difficulty: str

    def __post_init__(self) -> None:
        if not self.difficulty:
            raise ProblemError("a simulated problem needs a difficulty")


def chance(*about: object) -> float:
    """A number from [0, 1) that depends on these things alone, as if drawn at random."""
    digest = hashlib.blake2b(repr(about).encode(), digest_size=8).digest()
    return int.from_bytes(digest) / 2**64
