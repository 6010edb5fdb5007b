"""What a model costs."""

from __future__ import annotations

from dataclasses import dataclass

from modulo.errors import ConfigurationError
from modulo.numeric import is_number

__all__ = ["FREE", "Price"]

_TOKENS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """The price of a model in US dollars per million tokens, as price lists print it.

    Attributes:
        input_usd_per_million: Prompt tokens.
        output_usd_per_million: Completion tokens, reasoning included.
        cached_input_usd_per_million: Prompt tokens that the provider had in its cache; None: no discount.
        source: Where the figures come from, for the trace.

    Raises:
        ConfigurationError: A price is negative or not a number.
    """

    input_usd_per_million: float
    output_usd_per_million: float
    cached_input_usd_per_million: float | None = None
    source: str = "given by the user"

    def __post_init__(self) -> None:
        cached = self.cached_input_usd_per_million
        for usd in (self.input_usd_per_million, self.output_usd_per_million, 0.0 if cached is None else cached):
            if not (is_number(usd) and usd >= 0):
                raise ConfigurationError(f"price: {usd!r} is no price in US dollars")

    def cost_usd(self, *, prompt_tokens: int, completion_tokens: int, cached_tokens: int = 0) -> float:
        """What so many tokens cost; the cached ones are part of the prompt."""
        cached_price = self.cached_input_usd_per_million
        if cached_price is None:
            cached_price = self.input_usd_per_million
        dollars = (prompt_tokens - cached_tokens) * self.input_usd_per_million
        dollars += cached_tokens * cached_price
        dollars += completion_tokens * self.output_usd_per_million
        return dollars / _TOKENS


FREE = Price(input_usd_per_million=0.0, output_usd_per_million=0.0, source="runs on this machine")
