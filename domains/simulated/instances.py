"""Sets of simulated problems."""

from __future__ import annotations

from collections.abc import Mapping

from modulo.domains.simulated.problem import SimulatedProblem
from modulo.errors import ConfigurationError

__all__ = ["generate"]


def generate(counts: Mapping[str, int]) -> list[SimulatedProblem]:
    """So many problems of each difficulty.

    Raises:
        ConfigurationError: A count is negative.
    """
    if any(count < 0 for count in counts.values()):
        raise ConfigurationError(f"there cannot be fewer than no problems: {dict(counts)!r}")
    return [SimulatedProblem(i, difficulty) for difficulty, count in counts.items() for i in range(count)]
