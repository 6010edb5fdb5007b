"""Scales and their numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modulo.bench.report.scales import scale_for

POSITIVE = st.floats(1e-9, 1e12)


def test_a_scale_begins_at_nothing_and_ends_at_the_most() -> None:
    scale = scale_for([1, 3, 4], start=10, end=50)
    assert [scale.place(number) for number in (0, 2, 4, 9, -1)] == [10, 30, 50, 50, 10]


def test_numbers_far_apart_are_put_on_a_logarithmic_scale() -> None:
    scale = scale_for([1, 100, 10_000], start=0, end=100)
    assert [scale.place(number) for number in (1, 100, 10_000)] == [0, 50, 100]
    assert scale.ticks() == (1, 10, 100, 1000, 10_000)


@pytest.mark.parametrize(
    ("numbers", "whole", "ticks"),
    [
        ([5.0], True, (0, 1, 2, 3, 4, 5)),
        ([1.0], True, (0, 1)),
        ([100.0], True, (0, 20, 40, 60, 80, 100)),
        ([0.03], False, (0, 0.01, 0.02, 0.03)),
        ([], False, (0, 0.2, 0.4, 0.6, 0.8, 1)),
        ([0.0], False, (0, 0.2, 0.4, 0.6, 0.8, 1)),
        ([2.0, 100.0], False, (10, 100)),
        ([11.0, 470.0], False, (11, 470)),
    ],
)
def test_ticks_are_round_numbers(numbers: list[float], whole: bool, ticks: tuple[float, ...]) -> None:
    assert scale_for(numbers, start=0, end=1, whole=whole).ticks() == pytest.approx(ticks)


@given(st.lists(POSITIVE, min_size=1), st.booleans())
def test_everything_has_a_place_and_few_ticks_do(numbers: list[float], whole: bool) -> None:
    scale = scale_for(numbers, start=40, end=360, whole=whole)
    assert all(40 <= scale.place(number) <= 360 for number in [*numbers, *scale.ticks()])
    assert len(scale.ticks()) <= 8
    assert sorted(numbers, key=scale.place) == sorted(numbers) or len(set(map(scale.place, numbers))) < len(
        numbers
    )
