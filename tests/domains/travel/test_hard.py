"""The five hard constraints, and costs to the cent."""

from __future__ import annotations

import copy
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modulo.domains.travel import HARD
from modulo.domains.travel.cost import items
from modulo.domains.travel.problem import Road
from tests.domains.travel.trips import COST_CENTS, PROBLEM, codes, judge, plan, problem, rejecting


def total(people: int, **changes: Any) -> int:
    return sum(item.cents or 0 for item in items(problem(people=people), plan(**changes)))


def test_the_cost_is_what_one_adds_up_by_hand() -> None:
    assert total(3) == COST_CENTS


@pytest.mark.parametrize(
    ("people", "cents"),
    [
        (1, 15_000 + 8_000 + 2 * 6_000 + 18_000 + 11_000),
        (2, 30_000 + 8_000 + 2 * 6_000 + 18_000 + 22_000),
        (4, 60_000 + 8_000 + 4 * 6_000 + 36_000 + 44_000),
        (5, 75_000 + 16_000 + 6 * 6_000 + 36_000 + 55_000),
    ],
)
def test_rooms_and_taxis_are_paid_for_as_often_as_they_are_needed(people: int, cents: int) -> None:
    assert total(people) == cents


def test_five_people_fit_a_car_of_their_own() -> None:
    way = {"day3_transportation": "Self-driving, from Dunmore to Glenrock"}
    assert total(5, **way) == total(5) - 16_000 + 400
    assert total(6, **way) == total(6) - 16_000 + 800


def test_a_cent_over_the_budget_is_rejected() -> None:
    assert rejecting(problem(budget_cents=COST_CENTS), plan()) == set()
    assert rejecting(problem(budget_cents=COST_CENTS - 1), plan()) == {"budget"}


def test_the_violation_breaks_the_cost_down() -> None:
    (violation,) = judge("budget", problem(budget_cents=127_950), plan()).violations
    assert violation.message.startswith(
        "The plan costs $1280, $0.50 over the budget of $1279.50: day 1 transportation 3 x $100; "
    )
    assert "day 1 accommodation 2 x $60" in violation.message
    assert violation.message.count("3 x $10;") + violation.message.count("3 x $10.") == 11
    assert (violation.expected, violation.actual) == ("at most $1279.50", "$1280")


def test_a_hint_names_a_cheaper_room() -> None:
    asked = problem(budget_cents=1, constraints={"house_rule": None, "room_type": None})
    (violation,) = judge("budget", asked, plan()).violations
    assert str(violation.hint).startswith("'Bunk, Glenrock' costs $10 a night; ")


def test_of_places_with_one_name_the_dearest_counts() -> None:
    twin = {"day4_lunch": "Twin, Glenrock"}
    assert total(3, **twin) == COST_CENTS + 3 * 200


@given(st.integers(0, 10**7))
def test_fares_are_those_of_the_benchmark(meters: int) -> None:
    road = Road(origin="A", destination="B", minutes=1, meters=meters)
    kilometers = float(Decimal(meters) / 1000)
    assert road.taxi_cents == int(kilometers) * 100
    assert road.self_driving_cents == int(kilometers * 0.05) * 100


@pytest.mark.parametrize(
    ("name", "house", "code"),
    [
        ("room_rule", "Petless, Glenrock", "forbidden"),
        ("room_type", "Bunk, Glenrock", "wrong_room_type"),
    ],
)
def test_a_room_that_is_not_as_asked_for_is_rejected(name: str, house: str, code: str) -> None:
    changed = plan(day3_accommodation=house, day4_accommodation=house)
    assert rejecting(problem(), changed) == {name}
    assert codes(name, problem(), changed) == [code]


@pytest.mark.parametrize(
    ("kind", "rejected"),
    [
        ("shared room", ["Loft, near the park, Dunmore", "House, Glenrock"]),
        ("private room", ["House, Glenrock"]),
        ("entire room", ["Loft, near the park, Dunmore"]),
        ("not shared room", []),
    ],
)
def test_room_types_are_told_apart(kind: str, rejected: list[str]) -> None:
    violations = judge("room_type", problem(constraints={"room_type": kind}), plan()).violations
    assert [
        entry for entry in rejected if any(entry in violation.message for violation in violations)
    ] == rejected
    assert len(violations) == len(rejected)


@pytest.mark.parametrize(
    "changes",
    [
        {"day4_dinner": "Table 6, Glenrock"},
        {"day4_dinner": "Twin, Glenrock"},
        {"day4_dinner": "Table 6, Glenrock", "day5_dinner": "Chez Soi, Eastport"},
    ],
)
def test_a_cuisine_that_is_not_had_for_certain_is_missed(changes: dict[str, Any]) -> None:
    rich = problem(budget_cents=10**9)
    assert rejecting(rich, plan(**changes)) == {"cuisine"}
    (violation,) = judge("cuisine", rich, plan(**changes)).violations
    assert violation.message == "No meal of the trip is French."


def test_a_breakfast_at_home_hides_no_other_meal_of_its_day() -> None:
    changed = plan(
        day1_breakfast="Table 1, Eastport", day1_dinner="Taj, Dunmore", day2_lunch="Table 5, Dunmore"
    )
    assert rejecting(problem(budget_cents=10**9), changed) == set()


@pytest.mark.parametrize(("means", "day"), [("no flight", 2), ("no self-driving", 0)])
def test_refused_means_are_rejected(means: str, day: int) -> None:
    asked = problem(constraints={"transportation": means})
    assert codes("transportation", asked, plan()) == ["refused_transportation"] * day
    driving = plan(day3_transportation="Self-driving, from Dunmore to Glenrock")
    assert codes("transportation", asked, driving) == ["refused_transportation"] * (day or 1)


def test_nobody_judges_what_was_not_asked_for() -> None:
    easy = problem(constraints=dict.fromkeys(PROBLEM["constraints"]))
    assert [name for name, critic in HARD.items() if critic.applies_to(easy)] == ["budget"]


def test_two_houses_of_one_name_must_both_do() -> None:
    document = copy.deepcopy(PROBLEM["reference"])
    twin = {
        **document["accommodations"][1],
        "forbids": ["pets"],
        "room_type": "Shared room",
        "minimum_nights": 9,
    }
    document["accommodations"].append(twin)
    assert rejecting(problem(reference=document), plan()) == {"room_rule", "room_type", "minimum_nights"}
