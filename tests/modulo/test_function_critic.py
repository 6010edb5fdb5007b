from __future__ import annotations

import functools
import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import modulo
from modulo.critique import Critique, Soundness, Violation
from modulo.function_critic import FunctionCritic
from modulo.protocols import Critic

LIMIT = 3


@modulo.critic(
    proves="the number is small",
    soundness=Soundness.TESTS,
    version="2",
    cost=0.5,
    is_format=True,
    runs_in="thread",
    max_seconds=2.0,
    applies_to=lambda problem: problem > 0,
    options={"limit": LIMIT},
)
def is_small(problem: int, candidate: int) -> Iterator[Violation]:
    """Small numbers only."""
    if candidate > LIMIT:
        yield Violation("large", f"{candidate} is more than {LIMIT}")


class Shelf:
    @modulo.critic(proves="the number is there")
    def has(problem: Any, candidate: int) -> list[Violation]:  # type: ignore[misc]  # noqa: N805
        return []


def test_a_function_becomes_a_hard_critic_with_what_was_declared() -> None:
    assert isinstance(is_small, Critic)
    assert is_small.__doc__ == "Small numbers only."
    assert is_small.id == f"{__name__}:is_small"
    declared = {
        name: getattr(is_small, name) for name in ("proves", "soundness", "version", "cost", "is_format")
    }
    assert declared == {
        "proves": "the number is small",
        "soundness": Soundness.TESTS,
        "version": "2",
        "cost": 0.5,
        "is_format": True,
    }
    assert (is_small.runs_in, is_small.max_seconds, is_small.judges) == ("thread", 2.0, "solutions")
    assert is_small.options() == {"limit": 3}
    assert is_small.digests() == {}


def test_it_judges_as_the_function_does_and_can_still_be_called() -> None:
    assert [violation.code for violation in is_small.critique(1, 5)] == ["large"]  # type: ignore[union-attr]
    assert list(is_small(1, 2)) == []  # type: ignore[arg-type]


def test_it_applies_to_the_declared_class_of_problems() -> None:
    assert is_small.applies_to(1) is True
    assert is_small.applies_to(-1) is False
    assert Shelf.has.applies_to(None) is True


@pytest.mark.parametrize("critic", [is_small, Shelf.has])
def test_it_is_sent_to_a_worker_by_name(critic: FunctionCritic) -> None:
    data = pickle.dumps(critic)
    assert pickle.loads(data) is critic
    assert len(data) < 150


def test_one_that_has_no_place_in_a_module_cannot_be_sent() -> None:
    @modulo.critic(proves="x")
    def local(problem: Any, candidate: Any) -> Critique:
        return Critique.accept()

    anonymous = modulo.critic(proves="x")(lambda problem, candidate: [])
    again = modulo.critic(proves="x")(is_small.function)
    for critic in (local, anonymous, again):
        with pytest.raises(TypeError, match="is not this critic"):
            pickle.dumps(critic)


@pytest.mark.parametrize(
    "thing",
    [5, "is_small", None, functools.partial(print, "x"), is_small],
    ids=lambda thing: type(thing).__name__,
)
def test_what_has_no_name_of_its_own_is_no_function_to_make_a_critic_of(thing: Any) -> None:
    with pytest.raises(TypeError, match="makes a critic of a function"):
        modulo.critic(proves="x")(thing)


def test_without_a_claim_no_critic_can_be_made() -> None:
    with pytest.raises(TypeError, match=r"@modulo\.critic\(proves="):
        modulo.critic()(lambda problem, candidate: [])  # type: ignore[call-arg]


def test_the_decorator_without_brackets_says_what_to_write() -> None:
    with pytest.raises(TypeError, match=r"@modulo\.critic\(proves="):

        @modulo.critic  # type: ignore[arg-type, call-arg]
        def is_fine(problem: int, candidate: int) -> list[modulo.Violation]:
            return []


def test_options_that_were_given_are_not_changed_by_later_changes_to_them() -> None:
    options = {"limit": 1}
    critic = modulo.critic(proves="x", options=options)(lambda problem, candidate: [])
    options["limit"] = 2
    assert critic.options() == {"limit": 1}


def test_a_worker_process_has_no_globals_of_a_main_program(tmp_path: Path) -> None:
    """As ``Critic`` documents; a change of this would be one of every script's verdicts."""
    program = tmp_path / "program.py"
    program.write_text(
        """
import modulo

LEAST = 1

@modulo.critic(proves="x", runs_in="process")
def is_large(problem: int, candidate: str):
    yield modulo.Violation("seen", f"LEAST is {LEAST}")

if __name__ == "__main__":
    LEAST = 100
    outcome = modulo.solve_sync(
        1, generator=lambda request: "5", critics=[is_large], budget=modulo.Budget(rounds=1)
    )
    (critique,) = outcome.attempts[0].critiques
    print(LEAST, critique.violations[0].message)
"""
    )
    done = subprocess.run([sys.executable, str(program)], capture_output=True, text=True, check=True)
    assert done.stdout == "100 LEAST is 1\n"
