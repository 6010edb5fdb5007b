"""Holds: True accepts, False rejects, everything else is an error."""

from __future__ import annotations

import pickle

import pytest

from modulo.critics.predicate import Holds
from modulo.errors import ConfigurationError


def is_longer(problem: str, candidate: str) -> bool:
    return len(candidate) > len(problem)


def is_lazy(problem: object, candidate: object) -> object:
    return candidate


def test_true_accepts_and_false_rejects() -> None:
    critic = Holds(is_longer, proves="it is longer", message="It is too short.")
    assert list(critic.critique("ab", "abc")) == []
    (violation,) = critic.critique("ab", "a")
    assert (violation.code, violation.message) == ("does_not_hold", "It is too short.")


def test_a_predicate_of_the_candidate_alone_is_given_no_problem() -> None:
    critic = Holds(str.isidentifier, of="candidate", proves="a name")
    assert list(critic.critique(None, "name")) == []
    assert list(critic.critique(None, "no name"))


@pytest.mark.parametrize("returned", [None, 1, 0, "yes", [], [1]])
def test_what_is_neither_true_nor_false_is_an_error(returned: object) -> None:
    with pytest.raises(TypeError):
        list(Holds(is_lazy, proves="nothing").critique(None, returned))  # type: ignore[arg-type]


def test_what_the_predicate_raises_is_an_error() -> None:
    with pytest.raises(TypeError):
        list(Holds(is_longer, proves="it is longer").critique("a", None))


@pytest.mark.parametrize("predicate", [lambda p, c: True, None, "is_longer"])
def test_a_function_without_a_name_is_refused(predicate: object) -> None:
    with pytest.raises(ConfigurationError):
        Holds(predicate, proves="something")  # type: ignore[arg-type]


@pytest.mark.parametrize("settings", [{"proves": ""}, {"proves": "x", "of": "problem"}])
def test_settings_that_make_no_sense_are_refused(settings: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError):
        Holds(is_longer, **settings)  # type: ignore[arg-type]


def test_the_predicate_is_named_in_the_options_and_travels_to_worker_processes() -> None:
    critic = Holds(is_longer, proves="it is longer")
    assert str(critic.options()["predicate"]).endswith("test_predicate:is_longer")
    assert list(pickle.loads(pickle.dumps(critic)).critique("a", "ab")) == []
