"""Strategies as the command line and study files name them."""

from __future__ import annotations

import pytest

from modulo import ConfigurationError, Refine
from modulo.strategies.named import STRATEGY_NAMES, name_of, strategy_from_string


def test_a_name_alone_gives_the_strategy_with_its_own_settings() -> None:
    assert strategy_from_string("refine") == Refine()


def test_settings_follow_the_name() -> None:
    made = strategy_from_string("refine:width=3,patience=null,heats=true,last_resort=planner")
    assert made == Refine(width=3, patience=None, heats=True, last_resort="planner")


@pytest.mark.parametrize("name", STRATEGY_NAMES)
def test_every_name_names_its_strategy(name: str) -> None:
    assert name_of(strategy_from_string(name)) == name


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("refin", "did you mean 'refine'"),
        ("", "there is no strategy ''"),
        ("refine:depth=3", "no setting depth; it has"),
        ("refine:width", "'width' is no SETTING=VALUE"),
        ("refine:=3", "is no SETTING=VALUE"),
        ("refine:width=0", "width must be a whole number"),
        ("refine:width=1+2", "width must be a whole number"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(text: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        strategy_from_string(text)
