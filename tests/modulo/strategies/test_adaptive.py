"""Allotting rounds against equal shares and rotation, on sets with known odds. Every set is the same in every run."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from modulo import ConfigurationError
from modulo.strategies.adaptive import Adaptive, Standing
from modulo.strategies.hazards import Hazards
from modulo.strategies.standings import Course, Standings, columns
from modulo.strategies.weights import Weights, probability
from tests.modulo.strategies.sets import Played, adaptively, equal_shares, in_rotation, problems

COUNT = 160
SEEDS = (1, 2)


def certified(player: Callable[[Sequence[Played], float], int], world: str, rounds: float) -> int:
    return sum(player(problems(world, COUNT, seed), rounds) for seed in SEEDS)


# ------------------------------------------------------------------------------------------------- against uniform


@pytest.mark.parametrize(
    ("world", "rounds", "least"),
    [
        ("mixed, seen", 1, 1.5),
        ("mixed, seen", 2, 1.35),
        ("size tells, roughly", 1, 1.3),
        ("all improve", 5, 1.0),
        ("half mistaken", 5, 1.1),
        ("faults mended", 5, 1.1),
        ("costs seen", 2, 1.1),
    ],
)
def test_it_certifies_more_than_rotation_where_something_tells(world: str, rounds: int, least: float) -> None:
    assert certified(adaptively, world, rounds) >= least * certified(in_rotation, world, rounds)


@pytest.mark.parametrize("rounds", [1, 3])
@pytest.mark.parametrize(
    "world",
    [
        "mixed, hidden",
        "mixed, features that tell nothing",
        "0 to 0.6, a third impossible",
        "some improve",
        "half after 3 rounds, half never",
    ],
)
def test_it_loses_nothing_to_speak_of_where_nothing_tells(world: str, rounds: int) -> None:
    adaptive = certified(adaptively, world, rounds)
    assert adaptive >= 0.9 * certified(in_rotation, world, rounds)
    assert adaptive >= 0.93 * certified(equal_shares, world, rounds)


def test_a_decision_does_not_take_longer_as_rounds_grow_many() -> None:
    def seconds_a_round(rounds: int) -> float:
        played = problems("all 0.1", 120, 1)
        began = time.process_time()
        adaptively(played, rounds)
        return (time.process_time() - began) / sum(len(one.violations) for one in played)

    few, many = (min(seconds_a_round(rounds) for _ in range(2)) for rounds in (1, 8))
    assert many < 3 * few


# ----------------------------------------------------------------------------------------------------- one decision


def test_a_dear_round_must_be_more_likely_to_certify() -> None:
    tried = [
        Standing(
            features={"dear": float(i % 2)},
            violations=(1, 0),
            costs=(1 + 9.0 * (i % 2),) * 2,
            certified=True,
            is_open=False,
        )
        for i in range(20)
    ]
    fresh = [Standing(features={"dear": float(i % 2)}) for i in range(20)]
    chosen = Adaptive(explores=0).ask([*tried, *fresh], 10)
    assert all(place % 2 == 0 for place in chosen)


def test_answers_that_are_repeated_say_that_more_of_them_will_be() -> None:
    stuck = Standing(violations=(1, 1, 1), repeated=(False, True, True))
    moving = Standing(violations=(1, 1, 1), repeated=(False, False, False))
    assert Adaptive(explores=0).ask([stuck, moving], 1) == [1]


def test_fewer_faults_are_closer_to_none() -> None:
    assert Adaptive(explores=0).ask([Standing(violations=(9, 9)), Standing(violations=(9, 1))], 1) == [1]


def test_without_evidence_everybody_has_a_round_before_anybody_has_two() -> None:
    standings = Standings([Standing()] * 10)
    had = []
    for _ in range(10):
        (place,) = Adaptive().ask(standings, 1, seed=4)
        had.append(place)
        standings.change(place, Standing(violations=(1,)))
    assert len(set(had)) >= 9  # one of the ten goes by what is drawn


def test_whoever_is_at_work_is_not_chosen_again_and_who_had_no_round_is() -> None:
    standings, chosen = Standings([Standing()] * 5), []
    for _ in range(2):
        chosen += Adaptive().ask(standings, 3)
        for place in chosen:
            standings.change(place, Standing(is_open=False))
    assert sorted(chosen) == [0, 1, 2, 3, 4]
    standings.change(2, Standing())
    assert Adaptive().ask(standings, 3) == Adaptive().ask(standings, 3) == [2]


def test_going_on_from_what_is_known_decides_as_if_all_were_told_at_once() -> None:
    standings = Standings([Standing(features={"a": float(i % 3)}) for i in range(30)])
    for i in range(30):
        Adaptive(explores=0).ask(standings, 1)
        certified = i % 3 == 1
        standings.change(
            i,
            Standing(
                features={"a": float(i % 3)},
                violations=(0,) if certified else (1,),
                certified=certified,
                is_open=not certified,
            ),
        )
    for adaptive in (Adaptive(explores=0), Adaptive(explores=0, worth_rounds=50)):
        assert sorted(adaptive.ask(standings, 20)) == sorted(adaptive.ask([*standings], 20))


def test_given_up_is_only_what_further_rounds_do_not_help() -> None:
    hopeless = [Standing(violations=(1,) * 40)] * 5
    rising = [Standing(violations=(*(1,) * 5, 0), certified=True, is_open=False)] * 20
    adaptive = Adaptive(worth_rounds=10)
    assert set(adaptive.reasons([*hopeless, *rising, Standing(violations=(1, 1))])) == {0, 1, 2, 3, 4}


@pytest.mark.parametrize("explores", [-0.1, 1.1, "x", None, float("nan")])
def test_a_share_that_is_none_is_refused(explores: Any) -> None:
    with pytest.raises(ConfigurationError, match="explores"):
        Adaptive(explores=explores)


# ----------------------------------------------------------------------------------------------------- what is told


def test_of_features_that_tell_the_same_one_is_kept_and_constants_are_not() -> None:
    standings = [Standing(features={"a": i, "b": 2 * i + 1, "c": 7, "d": i % 3}) for i in range(9)]
    assert {len(row) for row in columns(standings)} == {2}


def test_features_of_a_few_problems_and_sets_without_features_have_no_columns() -> None:
    standings = [Standing(group=i, features={f"word={i}": 1.0}) for i in range(9)]
    assert columns(standings) == [()] * 9
    assert columns([]) == []


def test_numbers_far_from_all_others_tell_no_more_than_three_deviations() -> None:
    standings = [Standing(features={"a": 1e9 if i == 0 else i}) for i in range(99)]
    assert columns(standings)[0] == (3.0,)


def test_groups_come_before_other_features() -> None:
    standings = [
        Standing(group=i % 2, features={f"f{j}": random.Random(f"{i} {j}").random() for j in range(30)})
        for i in range(50)
    ]
    assert {row[0] for row in columns(standings)} == {0.0, 1.0}
    assert {len(row) for row in columns(standings)} == {12}


def test_sets_without_features_are_learned_from_too() -> None:
    certified = Standing(violations=(1, 1, 0), certified=True, is_open=False)
    at_two = [*[certified] * 30, *[Standing(violations=(1, 1))] * 3]
    assert set(Adaptive(explores=0).ask([*at_two, *[Standing()] * 3], 3)) == {30, 31, 32}


# ------------------------------------------------------------------------------------------------------- regression


def test_weights_come_to_be_those_that_outcomes_were_drawn_by() -> None:
    rng, weights = random.Random(5), Weights([0.0, 0.0, 0.0], [3.0, 3.0, 3.0])
    for _ in range(4000):
        features = [1.0, rng.gauss(0, 1), rng.gauss(0, 1)]
        weights.learn(features, rng.random() < probability(-1.0 + 0.8 * features[1]))
    assert weights.mean == pytest.approx([-1.0, 0.8, 0.0], abs=0.15)
    assert weights.deviation([0.0, 1.0, 0.0]) < 0.06


def test_draws_spread_as_widely_as_what_is_not_known() -> None:
    rng, weights = random.Random(6), Weights([1.0, 0.0], [2.0, 0.5])
    for _ in range(30):
        weights.learn([1.0, 1.0], True)
    drawn = [weights.draw(rng) for _ in range(3000)]
    for features in ([1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [1.0, -1.0]):
        scores = [sum(a * b for a, b in zip(features, one, strict=True)) for one in drawn]
        mean = sum(scores) / len(scores)
        deviation = (sum((score - mean) ** 2 for score in scores) / len(scores)) ** 0.5
        assert mean == pytest.approx(weights.score(features), abs=0.1)
        assert deviation == pytest.approx(weights.deviation(features), rel=0.1)


def test_surprises_in_a_row_break_nothing() -> None:
    weights = Weights([-600.0, 0.0], [50.0, 1e-9])
    for outcome in (True, True, False, True):
        weights.learn([1.0, 1.0], outcome)
    assert all(abs(weight) < 1e4 for weight in weights.mean)


def test_features_that_tell_nothing_are_not_believed() -> None:
    rng, hazards, course = random.Random(7), Hazards(3), Course()
    for _ in range(300):
        hazards.learn(Hazards.numbers([rng.gauss(0, 1) for _ in range(3)], course), rng.random() < 0.2)
    outlook = hazards.outlook()
    scores = [outlook.score(Hazards.numbers([x, -x, x], course)) for x in (-3.0, 3.0)]
    assert scores[0] == scores[1]


def test_a_fresh_problem_is_worth_what_its_later_rounds_bring() -> None:
    hazards = Hazards(0)
    for _ in range(60):
        course = Course()
        for i in range(4):
            hazards.learn(Hazards.numbers([], course), i == 3)
            course.go_on(1, repeated=False, cost=None)
            if i == 0:
                hazards.began(course)
    outlook = hazards.outlook()
    score = outlook.score(Hazards.numbers([], Course()))
    assert probability(score) < 0.05
    assert outlook.certificates_a_round(score, 0) == pytest.approx(0.25, abs=0.07)
