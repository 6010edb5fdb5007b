"""Several models as one generator, of which a strategy chooses one for each call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from modulo.budget import Usage
from modulo.canonical import JsonValue
from modulo.errors import ConfigurationError
from modulo.protocols import Generation, Generator, Request

__all__ = ["Models"]


class Models(Generator):
    """Asks the model that ``Sampling.model`` names; the first one where a strategy names none.

    ``Cascade``, ``Router`` and ``ABMCTS`` choose among them, from cheap to dear as they stand here.

    Args:
        models: Generators by the names that strategies, and the trace, call them.

    Raises:
        ConfigurationError: There are none, or one is no generator.
    """

    def __init__(self, models: Mapping[str, Generator]) -> None:
        if not models:
            raise ConfigurationError("Models needs at least one model")
        for name, generator in models.items():
            if not isinstance(name, str) or not name or not isinstance(generator, Generator):
                raise ConfigurationError(
                    f"Models takes generators by name, not {type(generator).__name__} {name!r}"
                )
        self._models = dict(models)

    @property
    def models(self) -> Sequence[str]:
        """Their names, in the given order."""
        return tuple(self._models)

    @property
    def takes_prefill(self) -> bool:
        """Whether all of them do."""
        return all(model.takes_prefill for model in self._models.values())

    async def generate(self, request: Request) -> Generation:
        """Ask the chosen model.

        Raises:
            GenerationError: As that model.
        """
        return await self._chosen(request).generate(request)

    async def generate_samples(self, request: Request, samples: int) -> Sequence[Generation]:
        """Ask the chosen model for several answers.

        Raises:
            GenerationError: As that model.
        """
        return await self._chosen(request).generate_samples(request, samples)

    def samples_per_call(self, request: Request) -> int:
        """As the chosen model."""
        return self._chosen(request).samples_per_call(request)

    def worst_case(self, request: Request, samples: int = 1) -> Usage:
        """As the chosen model."""
        return self._chosen(request).worst_case(request, samples)

    async def prepare(self, limits: Callable[[str], bool]) -> None:
        """Get all of them ready.

        Raises:
            ModuloError: Something that one of them needs is missing.
        """
        for model in self._models.values():
            await model.prepare(limits)

    def describe(self) -> Mapping[str, JsonValue]:
        """Their settings, by name."""
        return {
            "generator": type(self).__qualname__,
            "models": {name: dict(model.describe()) for name, model in self._models.items()},
        }

    def _chosen(self, request: Request) -> Generator:
        name = request.sampling.model
        return self._models[next(iter(self._models)) if name is None else name]
