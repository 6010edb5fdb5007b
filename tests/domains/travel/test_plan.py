"""Plans out of documents and chat: read to the letter, and never guessed."""

from __future__ import annotations

import copy
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from modulo.canonical import codec_for
from modulo.domains.travel import DOMAIN, Plan, answer_schema, generate, parse_plan, prompt, read_plan
from modulo.domains.travel.plan import read_leg
from modulo.errors import Malformed
from tests.domains.travel.trips import PLAN, plan, problem

TRIP = problem()


def without(key: str) -> list[dict[str, Any]]:
    days = copy.deepcopy(PLAN)
    del days[2][key]
    return days


def changed(key: str, value: object) -> list[dict[str, Any]]:
    days = copy.deepcopy(PLAN)
    days[2][key] = value
    return days


@pytest.mark.parametrize(
    "document",
    [
        PLAN,
        {"plan": PLAN},
        {"idx": 1, "query": "Please", "plan": PLAN},
        [*PLAN, {}, {}],
        json.dumps(PLAN),
        json.dumps({"plan": PLAN}, indent=1),
        [{"day": day["days"], **{key: value for key, value in day.items() if key != "days"}} for day in PLAN],
    ],
)
def test_the_forms_of_the_benchmark_are_read(document: Any) -> None:
    assert read_plan(document) == plan()
    assert DOMAIN.read_candidate(document, problem()) == plan()


@pytest.mark.parametrize(
    "document",
    [
        None,
        True,
        0,
        1.5,
        "",
        "VERDICT: ACCEPT",
        "I cannot help with that.",
        [],
        {},
        [{}],
        [[]],
        [None],
        {"plan": None},
        {"plan": "ACCEPT"},
        {"plan": PLAN, "verdict": "ACCEPT"},
        {"answer": PLAN},
        {"plan": {"0": PLAN[0]}},
        PLAN[0],
        [*PLAN[:2], {}, *PLAN[2:]],
        [*PLAN, "the end"],
        PLAN * 7,
        *(without(key) for key in PLAN[0]),
        changed("days", True),
        changed("days", "3"),
        changed("days", 3.0),
        changed("days", None),
        changed("days", -1),
        changed("days", 10**30),
        *(changed(key, value) for key in PLAN[0] if key != "days" for value in (None, 1, [], ["-"], {}, False)),
        changed("lunch", "\ud800"),
        changed("lunch", "x" * 4001),
        changed("cost", "0"),
        changed("day", 3),
        json.dumps(PLAN)[:-1],
        json.dumps(PLAN) + "]",
        '{"plan": [], "plan": []}',
        "[" * 100_000,
    ],
)
def test_what_is_no_plan_is_malformed(document: Any) -> None:
    with pytest.raises(Malformed):
        read_plan(document)


@pytest.mark.parametrize(
    "entry",
    [
        "",
        "Taxi",
        "Flight",
        "flight number: F1, from A to B, departure time: 08:00, arrival time: 09:00",
        "Flight Number: F1, from A to B, Departure Time: 08:00",
        "Flight Number: F1, from A to B, Departure Time: 08:00, Arrival Time: 09:00, Cost: 1",
        "Flight Number: , from A to B, Departure Time: 08:00, Arrival Time: 09:00",
        "Flight Number: F1, to B, Departure Time: 08:00, Arrival Time: 09:00",
        "Self-driving, From A to B",
        "Taxi, from A to B, cost: -1",
        "Taxi, from A to B, cost: 1, distance: 1 km",
        "Taxi, from A to B, cost: \N{ARABIC-INDIC DIGIT ONE}",
        "Taxi or Self-driving, from A to B",
        "Taxi, from A to B; Taxi, from B to A",
        "Taxi, from " + "A to " * 300 + "B",
        "Taxi, from " + " " * 5000 + "to B",
    ],
)
def test_transportation_of_another_form_is_none(entry: str) -> None:
    assert read_leg(entry) is None


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(PLAN),
        f"Here is your plan [1]:\n```json\n{json.dumps({'plan': PLAN}, indent=2)}\n```\nEnjoy [smile] {{!}}",
        f"{json.dumps(PLAN)}\nSo, once more:\n{json.dumps({'plan': PLAN})}",
        f"<think>{json.dumps(PLAN[:1])} is too short.</think>{json.dumps(PLAN)}",
        "{{" + json.dumps({"query": "x", "plan": PLAN})[1:],
    ],
)
def test_a_plan_is_read_out_of_chat(text: str) -> None:
    assert parse_plan(text, problem()) == plan()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I cannot solve this problem.",
        "Day 1: fly to Dunmore.",
        "[]",
        '{"plan": []}',
        json.dumps(PLAN[0]),
        json.dumps(PLAN)[:-2],
        json.dumps(PLAN) + json.dumps(changed("lunch", "Table 5, Glenrock")),
        json.dumps(PLAN).replace('"days": 3', '"days": 3, "days": 3'),
        json.dumps(PLAN).replace('"days": 3', '"days": ' + "3" * 5000),
        '[{"days":' * 20_000,
        '{"plan": [' * 20_000,
        "[" * 200_000,
    ],
)
def test_chat_without_exactly_one_plan_is_malformed(text: str) -> None:
    started = time.perf_counter()
    with pytest.raises(Malformed):
        parse_plan(text, problem())
    assert time.perf_counter() - started < 5


@given(st.text() | st.text(alphabet='[]{}",:-plandys0123 '))
def test_any_text_gives_a_plan_or_is_malformed(text: str) -> None:
    try:
        parse_plan(text, TRIP)
    except Malformed:
        return
    raise AssertionError("no such text holds a plan")


def test_the_prompt_has_everything_that_there_is() -> None:
    trip, planted = generate(days=5, people=3, level="hard", seed=3)
    text = prompt(trip)
    for place in (*trip.restaurants, *trip.attractions, *trip.accommodations, *trip.flights):
        assert place in text
    for day in planted:
        assert all(entry in text for entry in day.meals().values())
    assert all(cuisine in text for cuisine in trip.constraints.cuisines or ())


def test_the_prompt_of_three_days_is_short() -> None:
    assert len(prompt(DOMAIN.example())) < 4500


@pytest.mark.parametrize("days", [3, 5, 7])
def test_the_schema_takes_the_planted_plan(days: int) -> None:
    trip, planted = generate(days=days, people=1, level="easy", seed=days)
    validator = Draft202012Validator(dict(answer_schema(trip)))
    document = {"plan": json.loads(codec_for(Plan).encode(planted))}
    assert validator.is_valid(document)
    document["plan"][1]["lunch"] = "Somewhere, Else"
    assert not validator.is_valid(document)
    assert not validator.is_valid({"plan": document["plan"][1:]})
