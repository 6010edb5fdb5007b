"""Prices for models whose bills have none, such as local ones and recordings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec.structs import replace

from modulo.budget import Usage
from modulo.canonical import JsonValue
from modulo.generators.around import Around
from modulo.generators.price import Price
from modulo.protocols import Generation, Generator, Request

__all__ = ["Priced", "unpriced_of"]


class Priced(Around):
    """Puts a price on the tokens of a generator's bills, in place of whatever price they have.

    Args:
        generator: The generator.
        price: The price.
    """

    def __init__(self, generator: Generator, price: Price) -> None:
        super().__init__(generator)
        self._price = price

    async def generate(self, request: Request) -> Generation:
        """As the generator, at the price.

        Raises:
            GenerationError: As the generator.
        """
        return self._billed(await super().generate(request))

    async def generate_samples(self, request: Request, samples: int) -> Sequence[Generation]:
        """As the generator, at the price.

        Raises:
            GenerationError: As the generator.
        """
        return [self._billed(made) for made in await super().generate_samples(request, samples)]

    def worst_case(self, request: Request, samples: int = 1) -> Usage:
        """As the generator, at the price."""
        return self._priced(super().worst_case(request, samples))

    async def prepare(self, limits: Callable[[str], bool]) -> None:
        """As the generator, which need not know a price.

        Raises:
            ModuloError: As the generator.
        """
        await super().prepare(lambda resource: resource != "cost_usd" and limits(resource))

    def describe(self) -> Mapping[str, JsonValue]:
        """As the generator, with the price."""
        price: dict[str, JsonValue] = {
            "input_usd_per_million": self._price.input_usd_per_million,
            "output_usd_per_million": self._price.output_usd_per_million,
            "source": "study",
        }
        return {**super().describe(), "price": price}

    def _billed(self, generation: Generation) -> Generation:
        return (
            generation
            if generation.usage is None
            else replace(generation, usage=self._priced(generation.usage))
        )

    def _priced(self, usage: Usage) -> Usage:
        cost_usd = self._price.cost_usd(
            prompt_tokens=usage.prompt_tokens, completion_tokens=usage.completion_tokens
        )
        return replace(usage, cost_usd=cost_usd)


def unpriced_of(generator: Generator, asked: Iterable[str | None]) -> tuple[str, ...]:
    """The models that were asked of which nobody knows what they cost: whatever is spent on them is in no dollars.

    Args:
        generator: The generator, after it was asked.
        asked: The names by which it was asked for its models; None is the first of several, or the only one.
    """
    description = generator.describe()
    models = description.get("models")
    if not isinstance(models, Mapping):
        return _unpriced(description)
    names = {next(iter(models)) if name is None else name for name in asked}
    return tuple(dict.fromkeys(found for name in sorted(names) for found in _unpriced(models.get(name))))


def _unpriced(description: object) -> tuple[str, ...]:
    """The model of one description, if it has a field for its price and nothing in it."""
    if not isinstance(description, Mapping):
        return ()
    inner = description.get("model")
    if "price" in description:
        return (str(inner),) if description["price"] is None else ()
    return _unpriced(inner)
