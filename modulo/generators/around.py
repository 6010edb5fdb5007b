"""A generator around another one, which it asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from modulo.budget import Usage
from modulo.canonical import JsonValue
from modulo.protocols import Generation, Generator, Request

__all__ = ["Around"]


class Around(Generator):
    """Passes everything on; subclasses change what they are there for.

    Args:
        generator: The generator that is asked.
    """

    def __init__(self, generator: Generator) -> None:
        self._generator = generator

    async def generate(self, request: Request) -> Generation:
        """As the generator.

        Raises:
            GenerationError: As the generator.
        """
        return await self._generator.generate(request)

    async def generate_samples(self, request: Request, samples: int) -> Sequence[Generation]:
        """As the generator.

        Raises:
            GenerationError: As the generator.
        """
        return await self._generator.generate_samples(request, samples)

    def samples_per_call(self, request: Request) -> int:
        """As the generator."""
        return self._generator.samples_per_call(request)

    def worst_case(self, request: Request, samples: int = 1) -> Usage:
        """As the generator."""
        return self._generator.worst_case(request, samples)

    @property
    def models(self) -> Sequence[str]:
        """As the generator."""
        return self._generator.models

    @property
    def takes_prefill(self) -> bool:
        """As the generator."""
        return self._generator.takes_prefill

    async def prepare(self, limits: Callable[[str], bool]) -> None:
        """As the generator.

        Raises:
            ModuloError: As the generator.
        """
        await self._generator.prepare(limits)

    def describe(self) -> Mapping[str, JsonValue]:
        """As the generator."""
        return self._generator.describe()
