"""A small trip by hand, of which every number is known, and ways to change it."""

from __future__ import annotations

import copy
from typing import Any

from modulo.critique import Critique
from modulo.domains.travel import COMMONSENSE, DOMAIN, HARD, Plan, TravelProblem, read_plan
from modulo.protocols import Critic
from modulo.running.verdicts import call_critic

CRITICS = {**COMMONSENSE, **HARD}

PROBLEM: dict[str, Any] = {
    "query": "",
    "origin": "Eastport",
    "destination": "Northmark",
    "cities": ["Dunmore", "Glenrock", "Ironwood"],
    "cities_to_visit": 2,
    "dates": ["2022-03-01", "2022-03-02", "2022-03-03", "2022-03-04", "2022-03-05"],
    "people": 3,
    # Flights 3 x $100 and 3 x $50; a taxi, $80; two nights of 2 x $60, two of $90; eleven meals of 3 x $10.
    "budget_cents": 128_000,
    "constraints": {
        "house_rule": "pets",
        "cuisines": ["Indian", "French"],
        "room_type": "not shared room",
        "transportation": "no self-driving",
    },
    "reference": {
        "flights": [
            {
                "number": "F1000001",
                "origin": "Eastport",
                "destination": "Dunmore",
                "date": "2022-03-01",
                "departure": "08:00",
                "arrival": "09:30",
                "price_cents": 10000,
            },
            {
                "number": "F1000001",
                "origin": "Eastport",
                "destination": "Dunmore",
                "date": "2022-03-02",
                "departure": "08:00",
                "arrival": "09:30",
                "price_cents": 4000,
            },
            {
                "number": "F2000002",
                "origin": "Glenrock",
                "destination": "Eastport",
                "date": "2022-03-05",
                "departure": "18:05",
                "arrival": "20:00",
                "price_cents": 5000,
            },
        ],
        "roads": [
            {"origin": "Dunmore", "destination": "Glenrock", "minutes": 61, "meters": 80_900},
            {"origin": "Glenrock", "destination": "Dunmore", "minutes": 61, "meters": 80_900},
            {"origin": "Glenrock", "destination": "Eastport", "minutes": 700, "meters": 1_144_000},
        ],
        "restaurants": [
            *(
                {"name": f"Table {number}", "city": city, "cuisines": ["Cafe"], "price_cents": 1000}
                for city in ("Dunmore", "Glenrock", "Eastport")
                for number in range(1, 8)
            ),
            {"name": "Taj", "city": "Dunmore", "cuisines": ["Indian", "BBQ"], "price_cents": 1000},
            {"name": "Chez Nous", "city": "Glenrock", "cuisines": ["French"], "price_cents": 1000},
            {"name": "Chez Soi", "city": "Eastport", "cuisines": ["French"], "price_cents": 1000},
            {"name": "Twin", "city": "Glenrock", "cuisines": ["French", "Cafe"], "price_cents": 900},
            {"name": "Twin", "city": "Glenrock", "cuisines": ["Cafe"], "price_cents": 1200},
        ],
        "attractions": [
            {"name": name, "city": city}
            for city in ("Dunmore", "Glenrock", "Eastport")
            for name in ("Old Bridge", "Museum", "Park")
        ],
        "accommodations": [
            {
                "name": "Loft, near the park",
                "city": "Dunmore",
                "price_cents": 6000,
                "room_type": "Private room",
                "forbids": ["smoking"],
                "minimum_nights": 2,
                "maximum_occupancy": 2,
            },
            {
                "name": "House",
                "city": "Glenrock",
                "price_cents": 9000,
                "room_type": "Entire home/apt",
                "forbids": [],
                "minimum_nights": 1,
                "maximum_occupancy": 3,
            },
            {
                "name": "Bunk",
                "city": "Glenrock",
                "price_cents": 1000,
                "room_type": "Shared room",
                "forbids": [],
                "minimum_nights": 1,
                "maximum_occupancy": 3,
            },
            {
                "name": "Petless",
                "city": "Glenrock",
                "price_cents": 1000,
                "room_type": "Private room",
                "forbids": ["pets", "smoking"],
                "minimum_nights": 1,
                "maximum_occupancy": 3,
            },
            {
                "name": "Retreat",
                "city": "Glenrock",
                "price_cents": 1000,
                "room_type": "Private room",
                "forbids": [],
                "minimum_nights": 3,
                "maximum_occupancy": 3,
            },
        ],
    },
}

PLAN: list[dict[str, Any]] = [
    {
        "days": 1,
        "current_city": "from Eastport to Dunmore",
        "transportation": "Flight Number: F1000001, from Eastport to Dunmore, "
        "Departure Time: 08:00, Arrival Time: 09:30",
        "breakfast": "-",
        "attraction": "Museum, Dunmore;",
        "lunch": "-",
        "dinner": "Table 1, Dunmore",
        "accommodation": "Loft, near the park, Dunmore",
    },
    {
        "days": 2,
        "current_city": "Dunmore",
        "transportation": "-",
        "breakfast": "Table 2, Dunmore",
        "attraction": "Old Bridge, Dunmore;Park, Dunmore;",
        "lunch": "Taj, Dunmore",
        "dinner": "Table 3, Dunmore",
        "accommodation": "Loft, near the park, Dunmore",
    },
    {
        "days": 3,
        "current_city": "from Dunmore to Glenrock",
        "transportation": "Taxi, from Dunmore to Glenrock",
        "breakfast": "Table 4, Dunmore",
        "attraction": "-",
        "lunch": "-",
        "dinner": "Table 1, Glenrock",
        "accommodation": "House, Glenrock",
    },
    {
        "days": 4,
        "current_city": "Glenrock",
        "transportation": "-",
        "breakfast": "Table 2, Glenrock",
        "attraction": "Museum, Glenrock;",
        "lunch": "Table 3, Glenrock",
        "dinner": "Chez Nous, Glenrock",
        "accommodation": "House, Glenrock",
    },
    {
        "days": 5,
        "current_city": "from Glenrock to Eastport",
        "transportation": "Flight Number: F2000002, from Glenrock to Eastport, "
        "Departure Time: 18:05, Arrival Time: 20:00",
        "breakfast": "Table 4, Glenrock",
        "attraction": "Park, Glenrock;",
        "lunch": "Table 5, Glenrock",
        "dinner": "-",
        "accommodation": "-",
    },
]
COST_CENTS = 128_000


def problem(**changes: Any) -> TravelProblem:
    """The problem, with other fields; ``constraints`` are changed one by one."""
    document = copy.deepcopy(PROBLEM)
    document["constraints"].update(changes.pop("constraints", {}))
    return DOMAIN.read_problem({**document, **changes})


def plan(**changes: Any) -> Plan:
    """The plan, with other entries: ``day3_lunch="..."``."""
    days = copy.deepcopy(PLAN)
    for name, value in changes.items():
        day, _, key = name.removeprefix("day").partition("_")
        days[int(day) - 1][key] = value
    return read_plan(days)


def judge(name: str, problem: TravelProblem, plan: Plan) -> Critique:
    """What one critic says."""
    critic: Critic[Any, Any] = CRITICS[name]
    critique = call_critic(critic, (problem, plan))
    assert isinstance(critique, Critique)
    return critique


def codes(name: str, problem: TravelProblem, plan: Plan) -> list[str]:
    """The codes of what one critic finds."""
    return [violation.code for violation in judge(name, problem, plan).violations]


def rejecting(problem: TravelProblem, plan: Plan) -> set[str]:
    """Names of the critics that apply and do not accept."""
    return {
        name
        for name, critic in CRITICS.items()
        if critic.applies_to(problem) and not judge(name, problem, plan).accepts
    }
