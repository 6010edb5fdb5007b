"""Strategies as the command line and study files name them."""

from __future__ import annotations

import pytest

from modulo import ConfigurationError, EffortLadder, Refine
from modulo.strategies.named import name_of, strategy_from_string
from tests.modulo.strategies.installed import NAMED


def test_a_name_alone_gives_the_strategy_with_its_own_settings() -> None:
    assert strategy_from_string("refine") == Refine()


def test_settings_follow_the_name() -> None:
    made = strategy_from_string("refine:width=3,patience=null,heats=true,last_resort=planner")
    assert made == Refine(width=3, patience=None, heats=True, last_resort="planner")


def test_a_single_word_or_number_is_a_list_of_one() -> None:
    made = strategy_from_string("effort_ladder:efforts=low,max_output_tokens=100")
    assert made == EffortLadder(efforts=("low",), max_output_tokens=(100,))


@pytest.mark.parametrize("name", NAMED)
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
        ("refine:width=1,width=2", "a setting stands twice"),
        ("refine:heats=no", "heats is true or false, not 'no'"),
        ("refine:candidates=1000000000", "candidates must be at most 1,000"),
        ("refine:patience=9007199254740992", "patience must be within"),
        ("best_of_n:n=" + "[" * 100_000, "n must be a whole number"),
        ("best_of_n:temperature=9007199254740992", "temperature must be within"),
        ("tree_search:widening=9007199254740992", "widening must be a number from 0.01 to"),
        ("budget_forcing:on_evidence=1", "on_evidence is true or false, not 1"),
        ("cascade:conversation=no", "Cascade: conversation is whole, own or none, not 'no'"),
        ("router:conversation=1", "Router: conversation is whole, own or none, not 1"),
        ("effort_ladder:keeps_conversation=no", "keeps_conversation is true or false"),
        ("cascade:models=1+2", "models must be different words"),
        ("cascade:models=5", "models must be different words"),
        ("router:models=a+a", "models must be different words"),
        ("abmcts:models=[1]", "models must be different words"),
        ("effort_ladder:efforts=5", "efforts must be different words"),
        ("effort_ladder:efforts=low+high,max_output_tokens=5", "one number for each effort"),
        ("effort_ladder:efforts=low,max_output_tokens=9007199254740992", "max_output_tokens must be within"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(text: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        strategy_from_string(text)
