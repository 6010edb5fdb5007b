"""The best of several certified answers, where soft critics do not always have an opinion."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modulo import Attempt, Remark
from modulo.running.ranking import best_of


def attempt(number: int, **scores: float | None) -> Attempt:
    """An attempt with the scores of soft critics; None stands for no opinion."""
    remarks = [
        Remark(score=0.0, critic=critic, error="silent")
        if score is None
        else Remark(score=score, critic=critic)
        for critic, score in scores.items()
    ]
    return Attempt(id=number, round=1, node="draft", remarks=tuple(remarks), accepted=True)


def best(*attempts: Attempt) -> int:
    chosen = {best_of(order).id for order in permutations(attempts)}  # type: ignore[union-attr]
    (number,) = chosen
    return number


def test_of_none_there_is_no_best() -> None:
    assert best_of([]) is None


@pytest.mark.parametrize(
    ("attempts", "number"),
    [
        ([attempt(0, a=1), attempt(1, a=2)], 1),
        ([attempt(0, a=2), attempt(1, a=2)], 0),
        ([attempt(0), attempt(1)], 0),
        ([attempt(0, a=1, b=5), attempt(1, a=3, b=2)], 0),
        ([attempt(0, a=None), attempt(1, a=9), attempt(2, a=1)], 1),
        ([attempt(0, a=2), attempt(1, a=None), attempt(2, a=-3)], 0),
        ([attempt(0, a=None), attempt(1, a=-5)], 1),
        ([attempt(0, a=None), attempt(1, a=None)], 0),
        ([attempt(0, a=None, b=1), attempt(1, a=None, b=2)], 1),
    ],
)
def test_the_highest_sum_wins_then_whoever_was_looked_at_then_the_earliest(
    attempts: list[Attempt], number: int
) -> None:
    assert best(*attempts) == number


@given(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=4))
def test_silence_beats_no_opinion_above_the_average_and_every_one_below_it(scores: list[float]) -> None:
    given_ones = [attempt(number, a=score) for number, score in enumerate(scores)]
    silent = attempt(99, a=None)
    average = sum(scores) / len(scores)
    assert best_of([*given_ones, silent]).id == best_of(given_ones).id or max(scores) < average  # type: ignore[union-attr]
    for one, score in zip(given_ones, scores, strict=True):
        if score > average:
            assert best_of([one, silent, *given_ones]) is not silent
