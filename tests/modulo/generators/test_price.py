"""Prices, and what litellm's tables say of models."""

from __future__ import annotations

import math
from typing import Any

import pytest

from modulo.errors import ConfigurationError
from modulo.generators.llm import import_litellm
from modulo.generators.llm_model import Endpoint, ModelFacts, look_up
from modulo.generators.price import FREE, Price

KEY = "sk-never-show-this"


def facts_of(model: str, price: Price | None = None) -> ModelFacts:
    return look_up(import_litellm(), Endpoint(model=model, api_key=KEY), price=price, version="0")


def test_cached_tokens_are_part_of_the_prompt() -> None:
    price = Price(input_usd_per_million=4.0, output_usd_per_million=8.0, cached_input_usd_per_million=1.0)

    cost = price.cost_usd(prompt_tokens=1_000_000, completion_tokens=500_000, cached_tokens=250_000)

    assert cost == 3.0 + 0.25 + 4.0


def test_without_a_cache_price_cached_tokens_have_no_discount() -> None:
    price = Price(input_usd_per_million=4.0, output_usd_per_million=0.0)

    assert price.cost_usd(prompt_tokens=1_000_000, completion_tokens=0, cached_tokens=1_000_000) == 4.0


def test_what_runs_here_is_free() -> None:
    assert FREE.cost_usd(prompt_tokens=10**9, completion_tokens=10**9) == 0.0


@pytest.mark.parametrize("usd", [-1.0, math.nan, math.inf, 10**400, "0.1", None, True])
def test_what_is_no_price_is_refused(usd: Any) -> None:
    with pytest.raises(ConfigurationError, match="price"):
        Price(input_usd_per_million=usd, output_usd_per_million=1.0)


@pytest.mark.parametrize("usd", [-1.0, math.nan, "", False])
def test_what_is_no_price_of_the_cache_is_refused(usd: Any) -> None:
    with pytest.raises(ConfigurationError, match="price"):
        Price(input_usd_per_million=1.0, output_usd_per_million=1.0, cached_input_usd_per_million=usd)


def test_a_known_model_has_its_price_and_its_limits() -> None:
    facts = facts_of("openai/gpt-4o-mini")

    assert facts.provider == "openai"
    assert facts.price is not None
    assert facts.price.input_usd_per_million == pytest.approx(0.15)
    assert facts.price.output_usd_per_million == pytest.approx(0.60)
    assert facts.max_output_tokens == 16384


@pytest.mark.parametrize("model", ["openai/test", "hosted_vllm/any", "openai/o1-mini"])
def test_a_model_that_is_not_in_the_tables_has_no_price(model: str) -> None:
    # litellm makes up a price of zero for some of these.
    facts = facts_of(model)

    assert facts.price is None
    assert facts.worst_cost_usd(prompt_tokens=1000, completion_tokens=1000) == 0.0


def test_the_users_price_goes_before_the_tables() -> None:
    price = Price(input_usd_per_million=1.0, output_usd_per_million=2.0)

    facts = facts_of("openai/gpt-4o-mini", price)

    assert (facts.price, facts.ceiling, facts.is_own_price) == (price, price, True)


@pytest.mark.filterwarnings("ignore:.*`ReadOnly` qualifier")  # pytest undoes our own filter
def test_the_ceiling_of_every_priced_chat_model_is_at_least_its_price() -> None:
    litellm = import_litellm()
    models = [name for name, entry in litellm.model_cost.items() if entry.get("mode") == "chat" and "/" in name]

    checked = 0
    for model in models[:: max(1, len(models) // 200)]:
        try:
            facts = facts_of(model)
        except ConfigurationError:
            continue
        if facts.price and facts.ceiling:
            assert facts.ceiling.input_usd_per_million >= facts.price.input_usd_per_million
            assert facts.ceiling.output_usd_per_million >= facts.price.output_usd_per_million
            checked += 1
    assert checked > 50
