"""Estimates against formulas, tables and enumeration."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modulo import ConfigurationError
from modulo.bench.statistics import Estimate, exact_paired_test, paired_difference, pass_at_k, ratio, wilson
from modulo.intervals import wilson_interval


def test_a_share_has_wilsons_interval() -> None:
    found = wilson(81, 263)
    assert (found.value, found.low, found.high) == (81 / 263, *wilson_interval(81, 263))
    nothing = wilson(0, 0)
    assert (nothing.value, nothing.low, nothing.high) == (None, 0.0, 1.0)


@pytest.mark.parametrize(("successes", "trials"), [(-1, 3), (4, 3), (math.nan, 3)])
def test_impossible_counts_are_refused(successes: float, trials: int) -> None:
    with pytest.raises(ConfigurationError, match="cannot have succeeded"):
        wilson(successes, trials)


@given(st.integers(1, 8), st.data())
def test_pass_at_k_is_the_share_of_draws_with_a_right_one(samples: int, data: st.DataObject) -> None:
    right, k = data.draw(st.integers(0, samples)), data.draw(st.integers(1, samples))
    draws = list(itertools.combinations([True] * right + [False] * (samples - right), k))
    assert pass_at_k(samples, right, k) == pytest.approx(sum(map(any, draws)) / len(draws))


def test_pass_at_k_is_without_bias() -> None:
    """Its mean over all that n samples can come to is 1 - (1 - p)^k."""
    n, p = 7, 0.3
    for k in range(1, n + 1):
        mean = sum(
            math.comb(n, right) * p**right * (1 - p) ** (n - right) * pass_at_k(n, right, k)
            for right in range(n + 1)
        )
        assert mean == pytest.approx(1 - (1 - p) ** k)


@pytest.mark.parametrize(("samples", "right", "k"), [(3, 4, 1), (3, 1, 4), (3, 1, 0), (3, -1, 1), (0, 0, 1)])
def test_pass_at_k_of_too_few_samples_is_refused(samples: int, right: int, k: int) -> None:
    with pytest.raises(ConfigurationError, match="cannot be said"):
        pass_at_k(samples, right, k)


@pytest.mark.parametrize(
    ("differences", "p"),
    [
        ([], 1.0),
        ([0, 0], 1.0),
        ([1], 1.0),
        ([1, 1, 1, 1, 1], 2 / 32),
        ([1] * 9 + [-1], 22 / 1024),  # McNemar, 9 against 1
        ([1, -1], 1.0),
        ([2, 1], 0.5),
    ],
)
def test_the_paired_test_has_the_p_values_that_one_counts(differences: list[int], p: float) -> None:
    assert exact_paired_test(differences) == pytest.approx(p)


@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 5))
def test_with_one_run_a_problem_it_is_mcnemars_test(won: int, lost: int, ties: int) -> None:
    pairs = won + lost
    tail = sum(math.comb(pairs, i) for i in range(min(won, lost) + 1))
    assert exact_paired_test([1] * won + [-1] * lost + [0] * ties) == pytest.approx(min(1, 2 * tail / 2**pairs))


@given(st.lists(st.integers(-3, 3), max_size=8))
def test_the_paired_test_tries_all_signs(differences: list[int]) -> None:
    sums = [
        abs(sum(sign * d for sign, d in zip(signs, differences, strict=True)))
        for signs in itertools.product((1, -1), repeat=len(differences))
    ]
    share = sum(one >= abs(sum(differences)) for one in sums) / len(sums)
    assert exact_paired_test(differences) == pytest.approx(share)


def test_a_thousand_problems_are_tested_in_whole_numbers() -> None:
    assert exact_paired_test([1] * 500 + [-1] * 500) == 1
    assert 0 < exact_paired_test([1] * 1000) < 1e-300


def test_a_ratio_counts_all_that_was_spent() -> None:
    found = ratio([(10, 1), (30, 0), (20, 1)])
    assert found.value == 30
    assert found.low is not None
    assert 10 <= found.low <= 30


def test_a_ratio_without_a_success_has_neither_value_nor_interval() -> None:
    for pairs in ([], [(10.0, 0.0), (5.0, 0.0)]):
        found = ratio(pairs)
        assert (found.value, found.low, found.high) == (None, None, None)


def test_a_ratio_with_few_successes_has_no_upper_end() -> None:
    found = ratio([(10.0, 0.0)] * 9 + [(10.0, 1.0)])
    assert found.value == 100
    assert found.low is not None
    assert found.high is None


@given(st.lists(st.tuples(st.floats(0, 1e6), st.integers(1, 5)), min_size=2, max_size=10), st.integers(0, 99))
def test_the_same_seed_gives_the_same_interval_between_the_extremes(
    pairs: list[tuple[float, float]], seed: int
) -> None:
    found = ratio(pairs, seed=seed)
    assert found == ratio(pairs, seed=seed)
    assert found.low is not None
    assert found.high is not None
    quotients = [above / below for above, below in pairs]
    assert min(quotients) - 1e-6 <= found.low <= found.high <= max(quotients) + 1e-6


def test_one_problem_bounds_no_ratio() -> None:
    assert ratio([(30.0, 1.0)]) == Estimate(value=30.0, low=None, high=None)


def paired(both: int, first: int, second: int, neither: int) -> Estimate:
    return paired_difference([(1, 1)] * both + [(1, 0)] * first + [(0, 1)] * second + [(0, 0)] * neither)


@pytest.mark.parametrize("trials", [5, 10, 20])
def test_the_interval_of_a_paired_difference_holds_it_as_often_as_it_says(trials: int) -> None:
    """Over all that may come of so many trials, for 50 ways how likely each is."""
    counts = [
        (a, b, c, trials - a - b - c)
        for a in range(trials + 1)
        for b in range(trials + 1 - a)
        for c in range(trials + 1 - a - b)
    ]
    intervals = [paired(*each) for each in counts]
    rng, covered = random.Random(1), list[float]()
    for _ in range(50):
        weights = [rng.expovariate(1) for _ in range(4)]
        chances = [weight / sum(weights) for weight in weights]
        difference = chances[1] - chances[2]
        covered.append(
            math.fsum(
                _multinomial(each, chances)
                for each, found in zip(counts, intervals, strict=True)
                if (found.low or 0.0) - 1e-9 <= difference <= (found.high or 0.0) + 1e-9
            )
        )
    assert 0.94 < math.fsum(covered) / len(covered) < 0.97
    assert min(covered) > 0.84


def _multinomial(counts: Sequence[int], chances: Sequence[float]) -> float:
    ways = math.factorial(sum(counts)) // math.prod(map(math.factorial, counts))
    return ways * math.prod(chance**count for chance, count in zip(chances, counts, strict=True))


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=30))
def test_the_interval_of_a_paired_difference_is_around_it_and_turns_round_with_it(
    pairs: list[tuple[float, float]],
) -> None:
    found, turned = paired_difference(pairs), paired_difference([(second, first) for first, second in pairs])
    assert found.value is not None
    assert found.low is not None
    assert found.high is not None
    assert -1 - 1e-9 <= found.low <= found.value <= found.high <= 1 + 1e-9
    assert (turned.value, turned.low, turned.high) == pytest.approx((-found.value, -found.high, -found.low))


def test_all_alike_is_no_certainty() -> None:
    found = paired(5, 0, 0, 0)
    assert found.value == 0
    assert found.low == pytest.approx(-0.434, abs=0.001)
    assert found.high == pytest.approx(0.434, abs=0.001)


def test_no_pairs_have_no_difference() -> None:
    assert paired_difference([]) == Estimate(value=None, low=None, high=None)
