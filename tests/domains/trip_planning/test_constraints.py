"""The critic of trips: accepted, rejected and adversarial answers, a judge of its own, and mutations."""

from __future__ import annotations

import random
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modulo.critics.constraints import Satisfies
from modulo.critique import Violation
from modulo.domains.trip_planning import (
    DOMAIN,
    Appointment,
    Connection,
    TripProblem,
    Visit,
    generate,
    trip_text,
    valid_trip,
)
from modulo.domains.trip_planning.constraints import RULES
from modulo.domains.trip_planning.judging import is_right
from modulo.domains.trip_planning.reading import read_trip
from modulo.domains.trip_planning.specimens import TripSpecimens
from modulo.domains.trip_planning.trip import trip_of
from tests.domains.trip_planning.problems import ANSWER, OSLO


def violations(problem: TripProblem, text: str) -> tuple[Violation, ...]:
    return valid_trip().critique(problem, read_trip(text, problem)).violations


def codes(problem: TripProblem, text: str) -> list[str]:
    return [violation.code for violation in violations(problem, text)]


def test_a_valid_trip_is_accepted() -> None:
    assert codes(OSLO, ANSWER) == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("for 5 days", "for 4 days", ["wrong_day_count"]),
        ("Munich for 7 days", "Munich for 8 days", ["wrong_day_count"]),
        ("Day 11-17", "Day 11-18", ["wrong_day_count", "wrong_end", "wrong_length"]),
        ("Day 11-17", "Day 17-11", ["backwards", "wrong_end", "wrong_length", "days_do_not_join"]),
        ("Day 11-17", "Day 12-17", ["wrong_day_count", "wrong_length", "days_do_not_join"]),
        ("Day 1-5", "Day 2-5", ["wrong_day_count", "wrong_start", "wrong_length", "missed_appointment"]),
        ("Day 1-5", "Day 0-5", ["wrong_day_count", "wrong_start", "wrong_length"]),
        ("**Day 5:** Fly from Oslo to Riga.\n", "", ["wrong_flight", "missing_flight"]),
        ("\n**Day 11:** Fly from Riga to Munich.", "", ["missing_flight"]),
        ("Day 11:** Fly", "Day 12:** Fly", ["wrong_flight"]),
        ("from Riga to Munich", "from Oslo to Munich", ["wrong_flight"]),
        ("from Riga to Munich", "from Munich to Riga", ["wrong_flight", "no_direct_flight"]),
        ("from Riga to Munich", "from Riga to Bergen", ["wrong_flight", "no_direct_flight"]),
        (ANSWER, ANSWER + "\n**Day 17:** Fly from Munich to Oslo.", ["surplus_flight"]),
        ("Visit Munich", "Visit Bergen", ["missing_city", "unknown_city", "wrong_flight", "no_direct_flight"]),
        ("Visit Munich", "Visit munich", ["missing_city", "unknown_city", "wrong_flight", "no_direct_flight"]),
        (ANSWER, "Day 5: Fly from Oslo to Riga.", ["no_stays", *["missing_city"] * 3, "surplus_flight"]),
    ],
)
def test_a_fault_is_found(old: str, new: str, expected: list[str]) -> None:
    assert old in ANSWER
    assert codes(OSLO, ANSWER.replace(old, new)) == expected


def test_flights_in_the_wrong_direction_and_appointments_are_found() -> None:
    there = trip_text(trip_of(("Oslo", 5), ("Munich", 7), ("Riga", 7)))
    assert codes(OSLO, there) == ["no_direct_flight"]
    back = trip_text(trip_of(("Munich", 7), ("Oslo", 5), ("Riga", 7)))
    assert codes(OSLO, back) == ["missed_appointment"]


def test_staying_twice_in_a_city_is_found() -> None:
    twice = trip_text(trip_of(("Riga", 7), ("Oslo", 5), ("Riga", 7)))
    assert codes(OSLO, twice) == ["missing_city", "repeated_city", "missed_appointment"]


def test_a_valid_trip_that_is_not_the_planted_one_is_accepted() -> None:
    problem = TripProblem(
        days=3,
        visits=(Visit(city="Oslo", days=2), Visit(city="Riga", days=2)),
        connections=(Connection(origin="Oslo", destination="Riga", both_ways=True),),
    )
    for order in permutations([("Oslo", 2), ("Riga", 2)]):
        assert codes(problem, trip_text(trip_of(*order))) == []


@pytest.mark.parametrize(
    ("kind", "first", "last", "kept"),
    [
        ("friend", 3, 6, True),
        ("friend", 4, 5, True),
        ("friend", 2, 6, False),
        ("friend", 3, 7, False),
        ("friend", 1, 3, False),
        ("friend", 6, 9, False),
        ("show", 6, 7, False),
        ("relatives", 6, 7, False),
        ("friends", 6, 7, False),
        ("wedding", 6, 7, False),
        ("workshop", 6, 7, False),
        ("conference", 6, 7, True),
        ("conference", 1, 3, True),
        ("conference", 1, 9, True),
        ("conference", 4, 5, True),
        ("conference", 1, 2, False),
        ("conference", 7, 9, False),
    ],
)
def test_all_days_count_but_for_a_conference_any(kind: str, first: int, last: int, kept: bool) -> None:
    """The stay in Riga lasts from day 3 to day 6."""
    appointment = Appointment(kind=kind, first=first, last=last)  # type: ignore[arg-type]
    problem = TripProblem(
        days=8,
        visits=(
            Visit(city="Oslo", days=3),
            Visit(city="Riga", days=4, appointments=(appointment,) if last <= 8 else ()),
            Visit(city="Rome", days=3),
        ),
        connections=(
            Connection(origin="Oslo", destination="Riga", both_ways=False),
            Connection(origin="Riga", destination="Rome", both_ways=False),
        ),
    )
    text = trip_text(trip_of(("Oslo", 3), ("Riga", 4), ("Rome", 3)))
    if last <= 8:
        assert codes(problem, text) == ([] if kept else ["missed_appointment"])
    assert appointment.is_kept(3, 6) is kept


def test_hints_lead_on_by_one_step() -> None:
    there = trip_text(trip_of(("Oslo", 5), ("Munich", 7), ("Riga", 7)))
    (fault,) = violations(OSLO, there)
    assert fault.hint == (
        "from Munich, direct flights lead to Oslo. keep Oslo at the beginning, then fly to Riga on day 5."
    )
    (fault,) = violations(OSLO, trip_text(trip_of(("Munich", 7), ("Oslo", 5), ("Riga", 7))))
    assert fault.hint == "begin in Oslo."


@pytest.mark.parametrize("left_out", RULES, ids=lambda rule: rule.name)
def test_the_specimens_tell_when_any_one_constraint_is_forgotten(left_out: object) -> None:
    """Each constraint finds something that no other one does."""
    weaker = Satisfies(*(rule for rule in RULES if rule is not left_out))
    specimens, rng = TripSpecimens(), random.Random(1)
    for _ in range(60):
        specimen = specimens.draw(rng)
        for variant in specimens.damaged(specimen, rng):
            try:
                trip = DOMAIN.read_candidate(variant.document, specimen.problem)
            except ValueError:
                continue
            if weaker.critique(specimen.problem, trip).accepts and not is_right(
                specimen.problem, variant.document
            ):
                return
    pytest.fail("nothing came through")


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32), st.integers(3, 5), st.data())
def test_the_critic_agrees_with_the_judge_on_every_order(seed: int, cities: int, data: st.DataObject) -> None:
    problem, planted = generate(
        cities=cities,
        appointments=data.draw(st.floats(0, 1)),
        density=data.draw(st.floats(0, 1)),
        one_way=data.draw(st.floats(0, 1)),
        seed=seed,
    )
    accepted = 0
    for order in permutations([(stay.city, stay.days) for stay in planted.stays]):
        trip = trip_of(*order)
        verdict = valid_trip().critique(problem, trip).accepts
        assert verdict is is_right(problem, trip_text(trip))
        accepted += verdict
    assert accepted >= 1
    assert valid_trip().critique(problem, planted).accepts


@settings(deadline=None)
@given(st.integers(0, 2**32), st.integers(3, 10))
def test_every_change_of_a_day_in_an_accepted_trip_is_rejected(seed: int, cities: int) -> None:
    problem, trip = generate(cities=cities, seed=seed)
    rng = random.Random(seed)
    at = rng.randrange(len(trip.stays))
    stays = list(trip.stays)
    name = rng.choice(["first", "last", "days"])
    by = rng.choice([-1, 1])
    stays[at] = stays[at].model_copy(update={name: getattr(stays[at], name) + by})
    changed = trip.model_copy(update={"stays": tuple(stays)})
    assert not valid_trip().critique(problem, changed).accepts


def test_a_city_whose_name_is_part_of_another_ones_is_no_second_city() -> None:
    problem = TripProblem(
        days=3,
        visits=(Visit(city="Venice", days=2), Visit(city="Nice", days=2)),
        connections=(Connection(origin="Venice", destination="Nice", both_ways=False),),
    )
    text = trip_text(trip_of(("Venice", 2), ("Nice", 2)))
    assert codes(problem, text) == []
    assert is_right(problem, text)
