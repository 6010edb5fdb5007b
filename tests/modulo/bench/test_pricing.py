"""Models of which nobody knows the price: what is spent on them is in no dollars, and that is said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from modulo import Models, Tool, ToolLoop
from modulo.bench.pricing import Priced, unpriced_of
from modulo.bench.report.front import priced_in
from modulo.bench.rows import RunRow
from modulo.bench.statistics import summaries_of
from modulo.bench.study import study_of
from modulo.bench.study_table import summary_rows
from modulo.domains.simulated import SimulatedModel, Skill
from modulo.generators.llm import LLM
from modulo.generators.price import FREE, Price
from tests.llm_calls import KEY, request_of
from tests.modulo.bench.sample_rows import row
from tests.modulo.generators.conftest import no_keys, warm_litellm  # noqa: F401  fixtures

PRICE = Price(input_usd_per_million=1, output_usd_per_million=2)
LOOK = Tool(lambda problem: "nothing", name="look", description="Looks.", parameters={})


def model(name: str, **options: Any) -> LLM:
    made = LLM(f"openai/{name}", api_key=KEY, **options)
    assert made.samples_per_call(request_of()) == 8  # which looks the model up
    return made


@pytest.mark.usefixtures("warm_litellm", "no_keys")
@pytest.mark.parametrize(
    ("make", "asked", "unpriced"),
    [
        (lambda: model("nobody-knows"), {None}, ["openai/nobody-knows"]),
        (lambda: model("nobody-knows", price=FREE), {None}, []),
        (lambda: model("gpt-5-mini"), {None}, []),
        (lambda: Priced(model("nobody-knows"), PRICE), {None}, []),
        (lambda: ToolLoop(model("nobody-knows"), [LOOK]), {None}, ["openai/nobody-knows"]),
        (lambda: ToolLoop(Priced(model("nobody-knows"), PRICE), [LOOK]), {None}, []),
        (lambda: SimulatedModel({"easy": Skill(success=1.0)}), {None}, []),
        (lambda: Models({"a": model("one"), "b": model("two", price=PRICE)}), {"b"}, []),
        (lambda: Models({"a": model("one"), "b": model("two", price=PRICE)}), {"a", "b"}, ["openai/one"]),
        (lambda: Models({"a": model("one"), "b": model("two")}), {None, "b"}, ["openai/one", "openai/two"]),
        (lambda: Models({"a": model("one"), "b": model("two")}), set(), []),
    ],
)
def test_models_that_were_asked_without_a_price_are_named(make: Any, asked: Any, unpriced: list[str]) -> None:
    assert list(unpriced_of(make(), asked)) == unpriced


def rows(*unpriced: str) -> list[RunRow]:
    made = [row(n, "-+", strategy=name) for n in range(3) for name in ("p", "q")]
    priced = [replace(one, usage=one.usage + replace(one.usage, cost_usd=0.5)) for one in made]
    return [replace(one, unpriced=unpriced if one.strategy == "q" else ()) for one in priced]


def dollars(of: Sequence[RunRow]) -> list[str]:
    document = {"problems": [{"domain": "d", "count": 1}], "models": {"m": "x"}, "strategies": {"p": "refine"}}
    return [line[6] for line in summary_rows(study_of(document, where="here"), of)]


def test_dollars_that_are_not_all_say_so() -> None:
    assert dollars(rows()) == ["$0.5 ($0.5 to $0.5)"] * 2
    one, other = dollars(rows("openai/one", "openai/two"))
    assert one == "$0.5 ($0.5 to $0.5)"
    assert other == "$0.5 ($0.5 to $0.5), and openai/one, openai/two without a price"


def test_what_costs_are_compared_in_counts_everybody() -> None:
    assert priced_in(summaries_of(rows())) == "cost_usd"
    assert priced_in(summaries_of(rows("openai/one"))) == "tokens"
