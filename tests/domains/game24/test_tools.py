"""The calculator for models: exact values, and what goes wrong in words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from modulo.clock import SystemClock
from modulo.domains.game24 import Game24Problem
from modulo.domains.game24.tools import calculator

pytestmark = pytest.mark.anyio

PUZZLE = Game24Problem(numbers=(4, 4, 10, 13))


async def said(expression: str) -> Any:
    answer = await calculator().call(PUZZLE, json.dumps({"expression": expression}), SystemClock())
    return answer if answer.startswith("error") else json.loads(answer)


@pytest.mark.parametrize(
    ("expression", "value", "left", "foreign"),
    [
        ("10 - 4", "6", [4, 13], []),
        ("4 + 4 + 4", "12", [10, 13], ["4"]),
        ("13 / 4", "13/4", [4, 10], []),
        ("0.1 + 0.2", "3/10", [4, 4, 10, 13], ["1/10", "1/5"]),
        ("(10 - 4) * 4", "24", [13], []),
    ],
)
async def test_values_are_exact(expression: str, value: str, left: list[int], foreign: list[str]) -> None:
    assert await said(expression) == {"value": value, "numbers_left": left, "not_in_the_puzzle": foreign}


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "10 -",
        "1 / 0",
        "9 ^ 9 ^ 9",
        "x + 1",
        "__import__('os')",
        "(" * 400,
        "9" * 499,
        "1" * 501,
        "1e999999",
    ],
)
async def test_what_has_no_value_is_told_in_words(expression: str) -> None:
    answer = await said(expression)
    text = answer if isinstance(answer, str) else answer["value"]
    assert text.startswith(("error: ", "a number of"))
    assert len(text) < 400
