"""What attempts are worth to a bandit."""

from __future__ import annotations

from typing import Any

import pytest

from modulo import Attempt, Candidate, Critique, Generation, Violation
from modulo.canonical import codec_for
from modulo.strategies.scores import score_of

FAULT = Violation("fault", "There is a fault.")
CANDIDATE = Candidate.of(
    "answer", codec=codec_for(str), text="answer", node="draft", model="m", prompt_sha256="0"
)


def attempt(violations: int = 0, **fields: Any) -> Attempt:
    critiques = (Critique.reject(*[FAULT] * violations),) if violations else ()
    common = {"generation": Generation(text="answer"), "candidate": CANDIDATE, "critiques": critiques}
    return Attempt(id=0, round=1, node="draft", **{**common, **fields})


@pytest.mark.parametrize(
    ("made", "score"),
    [
        (attempt(accepted=True), 1.0),
        (attempt(1), 1 / 2),
        (attempt(3), 1 / 4),
        (attempt(), 1 / 2),  # undecided
        (attempt(1, candidate=None), 0.0),
        (attempt(generation=None, candidate=None, error="too long", error_kind="context_overflow"), 0.0),
        (attempt(generation=None, candidate=None, error="late", error_kind="timeout"), None),
        (attempt(error="crashed", error_kind="critic"), None),
        (attempt(judged=False), None),
    ],
)
def test_fewer_violations_are_worth_more_and_failures_say_nothing(made: Attempt, score: float | None) -> None:
    assert score_of(made) == score


def test_an_answer_given_before_is_worth_nothing() -> None:
    assert score_of(attempt(1), is_repeat=True) == 0


def test_an_accepted_answer_that_a_later_stage_blames_is_as_good_as_one_with_a_violation() -> None:
    assert score_of(attempt(accepted=True), was_blamed=True) == 1 / 2
