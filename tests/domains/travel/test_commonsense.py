"""The eight commonsense constraints: what each of them, and nobody else, rejects."""

from __future__ import annotations

from typing import Any

import pytest

from modulo.critique import Verdict
from tests.domains.travel.trips import codes, judge, plan, problem, rejecting

RICH = 10**9
TO_GLENROCK = "from Dunmore to Glenrock"
FLIGHT_1 = "Flight Number: F1000001, from Eastport to Dunmore, Departure Time: 08:00, Arrival Time: 09:30"


def test_the_plan_is_accepted_by_every_critic() -> None:
    assert rejecting(problem(), plan()) == set()


@pytest.mark.parametrize(
    "changes",
    [
        {"day1_attraction": "Museum, Dunmore"},
        {"day1_attraction": "Museum,  Dunmore ; "},
        {"day1_current_city": "from Eastport to Dunmore(Northmark)", "day2_current_city": "Dunmore(Northmark)"},
        {"day1_dinner": "Table 1, Dunmore(Northmark)"},
        {"day1_breakfast": "Table 1, Eastport"},
        {"day1_dinner": "-", "day1_attraction": ""},
        {"day3_transportation": "Taxi from Dunmore to Glenrock"},
        {"day3_transportation": f"taxi, {TO_GLENROCK}, duration: 1 hour 1 min, distance: 80.9 km, cost: 80"},
        {"day3_transportation": "Taxi, from Dunmore to Glenrock, Distance: 80.9 km"},
        {"day5_transportation": "Taxi, from Glenrock to Eastport, distance: 1,144 km"},
        {"day3_transportation": f"Taxi, {TO_GLENROCK}, duration: 1 hour 2 mins, distance: 81 km, cost: 81"},
        {"day1_dinner": "Table 1 ,Dunmore", "day1_attraction": "Museum , Dunmore"},
        {"day5_dinner": "Chez Soi, Eastport"},
        {"day5_attraction": "Museum, Eastport;Park, Glenrock;"},
    ],
)
def test_what_the_benchmark_allows_is_allowed(changes: dict[str, Any]) -> None:
    assert rejecting(problem(budget_cents=RICH), plan(**changes)) == set()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"day1_transportation": FLIGHT_1.replace("F1000001", "F1000002")}, "unknown_transportation"),
        ({"day1_transportation": FLIGHT_1.replace("F1000001", "f1000001")}, "unknown_transportation"),
        ({"day1_transportation": FLIGHT_1.replace("09:30", "09:31")}, "unknown_transportation"),
        ({"day1_transportation": FLIGHT_1.replace("08:00", "8:00")}, "unreadable_transportation"),
        ({"day1_transportation": FLIGHT_1 + ", Cost: 0"}, "unreadable_transportation"),
        (
            {"day1_transportation": "Flight Number: F1000001, from Eastport to Dunmore"},
            "unreadable_transportation",
        ),
        ({"day1_transportation": "Train, from Eastport to Dunmore"}, "unreadable_transportation"),
        ({"day1_transportation": "Taxi, from Eastport to Dunmore"}, "unknown_transportation"),
        ({"day3_transportation": "Taxi"}, "unreadable_transportation"),
        ({"day3_transportation": "Taxi, from Dunmore to Glenrock, cost: 4"}, "false_fact"),
        ({"day3_transportation": "Taxi, from Dunmore to Glenrock, distance: 70 km"}, "false_fact"),
        ({"day3_transportation": "Taxi, from Dunmore to Glenrock, duration: 1 hour 8 mins"}, "false_fact"),
        ({"day1_dinner": "Table, Dunmore"}, "unknown_dinner"),
        ({"day1_dinner": "able 1, Dunmore"}, "unknown_dinner"),
        ({"day1_dinner": "table 1, Dunmore"}, "unknown_dinner"),
        ({"day1_dinner": "Table 1, Dunmore; Cost: 10"}, "unknown_dinner"),
        ({"day1_attraction": "Museum, Dunmore;Bridge, Dunmore"}, "unknown_attraction"),
        ({"day1_attraction": "Museum, Dunmore;;"}, "unknown_attraction"),
        ({"day5_attraction": "The Moon, Glenrock"}, "unknown_attraction"),
        ({"day4_accommodation": "Hous, Glenrock"}, "unknown_accommodation"),
        ({"day5_accommodation": "House, Eastport"}, "unknown_accommodation"),
    ],
)
def test_what_is_not_in_the_reference_is_rejected(changes: dict[str, Any], code: str) -> None:
    assert codes("within_sandbox", problem(), plan(**changes)) == [code]


def test_a_flight_of_another_day_is_rejected() -> None:
    tomorrow = problem(dates=[f"2022-03-0{day}" for day in range(2, 7)])
    moved = problem(dates=[f"2022-02-{day}" for day in (24, 25, 26, 27, 28)])
    assert codes("within_sandbox", tomorrow, plan()) == ["unknown_transportation"]
    assert codes("within_sandbox", moved, plan()) == ["unknown_transportation"] * 2


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"day5_days": 4}, "wrong_day_number"),
        ({"day5_transportation": "-"}, "missing_information"),
        ({"day4_breakfast": "-"}, "missing_information"),
        ({"day4_lunch": ""}, "missing_information"),
        ({"day4_dinner": " - "}, "missing_information"),
        ({"day4_attraction": "-"}, "missing_information"),
        ({"day4_attraction": ";"}, "missing_information"),
        ({"day4_accommodation": "-"}, "missing_information"),
        ({"day1_accommodation": " "}, "missing_information"),
    ],
)
def test_an_incomplete_day_is_rejected(changes: dict[str, Any], code: str) -> None:
    assert codes("complete_information", problem(), plan(**changes)) == [code]


def test_too_few_days_or_too_many_are_rejected() -> None:
    assert "wrong_days" in codes("complete_information", problem(), plan()[:4])
    assert "wrong_days" in codes("complete_information", problem(), plan() + plan()[:1])


@pytest.mark.parametrize("wanted", [1, 3])
def test_another_number_of_cities_is_rejected(wanted: int) -> None:
    asked = problem(cities_to_visit=wanted)
    assert codes("complete_information", asked, plan()) == ["wrong_number_of_cities"]
    assert rejecting(asked, plan()) == {"complete_information"}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"day2_lunch": "Table 5, Glenrock"}, "wrong_city"),
        ({"day2_lunch": "Table 5"}, "wrong_city"),
        ({"day5_lunch": "Taj, Dunmore"}, "wrong_city"),
        ({"day5_attraction": "Park, Glenrock;Park, Dunmore"}, "wrong_city"),
        ({"day3_accommodation": "Loft, near the park, Dunmore"}, "wrong_city"),
        ({"day5_accommodation": "House, Glenrock"}, "wrong_city"),
        ({"day3_transportation": "Taxi, from Glenrock to Dunmore"}, "wrong_way"),
        ({"day2_transportation": "Taxi, from Dunmore to Glenrock"}, "needless_transportation"),
        ({"day2_transportation": "Taxi"}, "needless_transportation"),
        ({"day2_current_city": "-", "day2_transportation": "-"}, "unreadable_city"),
        ({"day2_current_city": "from Dunmore"}, "unreadable_city"),
        ({"day3_current_city": "from Dunmore to Glenrock to Ironwood"}, "unreadable_city"),
    ],
)
def test_what_is_in_another_city_is_rejected(changes: dict[str, Any], code: str) -> None:
    assert code in codes("within_current_city", problem(), plan(**changes))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"day1_current_city": "Dunmore"}, "no_departure"),
        ({"day1_current_city": "Eastport"}, "no_departure"),
        ({"day1_current_city": "from Ironwood to Dunmore"}, "wrong_start"),
        ({"day5_current_city": "Glenrock"}, "no_return"),
        ({"day5_current_city": "Eastport"}, "no_travel"),
        ({"day5_current_city": "from Glenrock to Ironwood"}, "no_return"),
        ({"day4_current_city": "Ironwood"}, "wrong_start"),
        ({"day4_current_city": "Eastport"}, "unknown_city"),
        ({"day4_current_city": "from Glenrock to Dunmore"}, "city_again"),
        ({"day4_current_city": "from Glenrock to Glenrock"}, "city_again"),
        ({"day3_current_city": "from Dunmore to Paris"}, "unknown_city"),
        ({"day3_current_city": "Glenrock"}, "wrong_start"),
        ({"day3_current_city": ""}, "unreadable_city"),
    ],
)
def test_a_route_that_is_no_circle_of_new_cities_is_rejected(changes: dict[str, Any], code: str) -> None:
    assert code in codes("reasonable_city_route", problem(), plan(**changes))


def test_three_days_go_to_the_destination_itself() -> None:
    elsewhere = problem(destination="Ironwood", cities=["Ironwood", "Dunmore", "Glenrock"])
    assert codes("reasonable_city_route", elsewhere, plan()) == []


@pytest.mark.parametrize("again", ["Table 1, Dunmore", " Table  1,  Dunmore", "Table 1, Dunmore(Northmark)"])
def test_a_restaurant_twice_is_rejected(again: str) -> None:
    changed = plan(day3_breakfast=again)
    assert rejecting(problem(), changed) == {"diverse_restaurants"}
    assert codes("diverse_restaurants", problem(), changed) == ["restaurant_again"]


@pytest.mark.parametrize("again", ["Museum, Glenrock;", "Museum, Glenrock", "Park, Glenrock;Park, Glenrock"])
def test_an_attraction_twice_is_rejected_even_as_the_last_one(again: str) -> None:
    changed = plan(day5_attraction=again)
    assert rejecting(problem(), changed) == {"diverse_attractions"}
    assert codes("diverse_attractions", problem(), changed) == ["attraction_again"]


@pytest.mark.parametrize("means", ["Flight", "Taxi"])
def test_a_car_of_ones_own_goes_with_nothing_else(means: str) -> None:
    asked = problem(constraints={"transportation": None})
    driving = {"day5_transportation": "Self-driving, from Glenrock to Eastport"}
    if means == "Flight":
        driving["day3_transportation"] = "Self-driving, from Dunmore to Glenrock"
    assert rejecting(asked, plan(**driving)) == {"non_conflicting_transportation"}


def test_flights_go_with_taxis() -> None:
    assert codes("non_conflicting_transportation", problem(), plan()) == []


def test_a_stay_shorter_than_its_minimum_is_rejected() -> None:
    changed = plan(day3_accommodation="Retreat, Glenrock", day4_accommodation="Retreat, Glenrock")
    assert rejecting(problem(), changed) == {"minimum_nights"}
    (violation,) = judge("minimum_nights", problem(), changed).violations
    assert (violation.expected, violation.actual, violation.location) == ("3", "2", "day 3, accommodation")
    assert violation.hint == "for 2 nights in Glenrock there is 'House, Glenrock' ($90 a night)."


def test_nights_that_are_not_in_a_row_do_not_add_up() -> None:
    changed = plan(day2_accommodation="Nowhere, Dunmore", day3_accommodation="Loft, near the park, Dunmore")
    assert codes("minimum_nights", problem(), changed) == ["too_few_nights"] * 2


@pytest.mark.parametrize("name", ["minimum_nights", "budget", "room_rule", "room_type"])
def test_an_unknown_accommodation_leaves_undecided_what_hangs_on_it(name: str) -> None:
    critique = judge(name, problem(), plan(day4_accommodation="Palace, Glenrock"))
    assert critique.verdict is Verdict.UNDECIDED
    assert "'Palace, Glenrock' is not in the reference" in str(critique.reason)


def test_a_hint_names_what_the_reference_has_instead() -> None:
    (violation,) = judge("within_sandbox", problem(), plan(day1_dinner="Nothing, Dunmore")).violations
    assert violation.hint == (
        "for meals in Dunmore there is 'Table 1, Dunmore' ($10), or 'Table 5, Dunmore' ($10), or "
        "'Table 6, Dunmore' ($10)."
    )
    (violation,) = judge("within_sandbox", problem(), plan(day3_transportation="Train")).violations
    assert "write 'Flight Number: " in str(violation.hint)
    (violation,) = judge("within_current_city", problem(), plan(day2_lunch="Table 5, Glenrock")).violations
    assert str(violation.hint).startswith("for meals in Dunmore there is 'Table 5, Dunmore' ($10)")
    changed = plan(day3_transportation="Taxi, from Dunmore to Ironwood")
    (violation,) = judge("within_sandbox", problem(), changed).violations
    assert violation.hint == (
        "from Dunmore to Glenrock on 2022-03-03 there is 'Taxi, from Dunmore to Glenrock' ($80)."
    )
    changed = plan(day1_accommodation="-")
    (violation,) = judge("complete_information", problem(), changed).violations
    assert violation.hint == "for 2 nights in Dunmore there is 'Loft, near the park, Dunmore' ($120 a night)."
