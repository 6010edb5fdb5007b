"""The domain as a whole: its loop, its files, and its critics against an independent oracle."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import modulo
from modulo.batch import check_lines
from modulo.canonical import codec_for
from modulo.domain import find_domain
from modulo.domains.travel import CITY_COUNTS, DOMAIN, Cheapest, Plan, TravelProblem, generate, graph
from modulo.domains.travel.faults import FAULTS
from modulo.errors import ConfigurationError, ProblemError
from modulo.testing import ScriptedGenerator
from tests.domains.travel.trips import CRITICS, PLAN, PROBLEM, plan, problem, rejecting

SPECIMENS = DOMAIN.specimens()


def accepts(trip: TravelProblem, document: Any) -> bool:
    try:
        return not rejecting(trip, DOMAIN.read_candidate(document, trip))
    except ValueError:
        return False


def test_it_is_installed() -> None:
    assert find_domain("travel") is DOMAIN


@pytest.mark.anyio
async def test_a_run_is_certified_through_backprompts_with_hints() -> None:
    trip, planted = generate(days=3, people=2, level="hard", seed=8)
    right = json.loads(codec_for(Plan).encode(planted))
    wrong = [dict(day) for day in right]
    wrong[1]["lunch"] = wrong[1]["breakfast"]
    guesses = ScriptedGenerator(["no idea", json.dumps(wrong), f"Better: {json.dumps({'plan': right})}"])
    outcome = await modulo.solve(graph(guesses), trip, backprompter=DOMAIN.backprompter())
    assert isinstance(outcome, modulo.Certified)
    assert outcome.solution == planted
    assert "holds no JSON plan" in guesses.requests[1].messages[-1].content
    backprompt = guesses.requests[2].messages[-1].content
    assert f"'{wrong[1]['breakfast']}' again" in backprompt
    assert "for meals in" in backprompt
    verified = await modulo.verify(outcome.certificate)
    assert {critique.critic for critique in verified.critiques} >= {
        "budget",
        "within_sandbox",
        "minimum_nights",
    }
    assert "costs no more than the budget" in outcome.certificate.claim.text


def test_the_cheaper_of_two_plans_ranks_higher() -> None:
    rich = problem(budget_cents=200_000)
    cheap, dear = (Cheapest().remark(rich, trip) for trip in (plan(), plan(day1_lunch="Table 5, Dunmore")))
    assert (cheap.score, dear.score) == (720.0, 690.0)
    assert cheap.text == "The plan costs $1280."


def test_problems_and_plans_go_through_a_batch() -> None:
    rows = [
        {"id": "right", "domain": "travel", "problem": PROBLEM, "candidate": {"plan": PLAN}},
        {"id": "text", "domain": "travel", "problem": PROBLEM, "candidate": json.dumps(PLAN)},
        {"id": "wrong", "domain": "travel", "problem": PROBLEM, "candidate": PLAN[:-1]},
        {"id": "strange", "domain": "travel", "problem": PROBLEM, "candidate": "ACCEPT"},
        {
            "id": "unknown hotel",
            "domain": "travel",
            "problem": PROBLEM,
            "candidate": _with_hotel("Palace, Glenrock"),
        },
        {"id": "no problem", "domain": "travel", "problem": {"org": "A"}, "candidate": PLAN},
    ]
    verdicts = anyio.run(_verdicts, [json.dumps(row).encode() for row in rows])
    assert verdicts == ["accept", "accept", "reject", "reject", "reject", "error"]


async def _verdicts(lines: list[bytes]) -> list[str]:
    return [row.document["verdict"] async for row in check_lines(lines)]


def _with_hotel(entry: str) -> list[dict[str, Any]]:
    return [{**day, "accommodation": entry} if "Glenrock" in day["accommodation"] else day for day in PLAN]


def test_critics_agree_with_the_oracle_on_every_kind_of_fault() -> None:
    rng = random.Random(5)
    rejected: Counter[str] = Counter()
    for _ in range(12):
        specimen = SPECIMENS.draw(rng)
        trip = specimen.problem
        for answer in specimen.answers:
            assert accepts(trip, answer)
            assert SPECIMENS.is_right(trip, answer)
        for variant in SPECIMENS.rewritten(specimen, rng):
            assert accepts(trip, variant.document), variant.family
            assert SPECIMENS.is_right(trip, variant.document), variant.family
        for variant in SPECIMENS.damaged(specimen, rng):
            verdict = accepts(trip, variant.document)
            assert verdict == SPECIMENS.is_right(trip, variant.document), variant
            rejected[variant.family] += not verdict
    assert set(rejected) == set(FAULTS)
    assert all(rejected.values()), rejected


def test_every_critic_is_the_only_one_to_see_some_fault() -> None:
    rng = random.Random(5)
    alone: set[str] = set()
    for _ in range(20):
        specimen = SPECIMENS.draw(rng)
        for variant in SPECIMENS.damaged(specimen, rng):
            if variant.family != "no_key":
                found = rejecting(specimen.problem, DOMAIN.read_candidate(variant.document, specimen.problem))
                alone |= found if len(found) == 1 else set()
    assert alone == set(CRITICS)


@pytest.mark.slow
def test_critics_agree_with_the_oracle_on_ten_thousand_faults() -> None:
    rng = random.Random(6)
    for _ in range(300):
        specimen = SPECIMENS.draw(rng)
        for variant in SPECIMENS.damaged(specimen, rng):
            right = SPECIMENS.is_right(specimen.problem, variant.document)
            assert accepts(specimen.problem, variant.document) == right, variant


ENTRIES = [
    *sorted({str(value) for day in PLAN for key, value in day.items() if key != "days"}),
    "Twin, Glenrock",
    "Bunk, Glenrock",
    "Petless, Glenrock",
    "Retreat, Glenrock",
    "Self-driving, from Dunmore to Glenrock",
    "Taxi, from Glenrock to Eastport",
    "Self-driving, from Glenrock to Eastport",
    "Chez Soi, Eastport",
    "Museum, Glenrock;Park, Glenrock",
]


@settings(max_examples=200)
@given(
    st.lists(
        st.tuples(
            st.integers(1, 5),
            st.sampled_from([key for key in PLAN[0] if key != "days"]),
            st.sampled_from(ENTRIES),
        ),
        max_size=4,
    ),
    st.integers(120_000, 140_000),
    st.sampled_from(["pets", "smoking", None]),
    st.sampled_from(["shared room", "not shared room", "private room", "entire room", None]),
    st.sampled_from(["no flight", "no self-driving", None]),
)
def test_critics_agree_with_the_oracle_on_random_changes(
    changes: list[tuple[int, str, str]], budget: int, rule: str | None, kind: str | None, means: str | None
) -> None:
    constraints = {"house_rule": rule, "room_type": kind, "transportation": means}
    trip = problem(budget_cents=budget, constraints=constraints)
    days = [dict(day) for day in PLAN]
    for number, key, entry in changes:
        days[number - 1][key] = entry
    assert accepts(trip, days) == SPECIMENS.is_right(trip, days)


@given(
    st.sampled_from([3, 5, 7]),
    st.integers(1, 8),
    st.sampled_from(["easy", "medium", "hard"]),
    st.integers(8, 12),
    st.integers(),
)
@settings(max_examples=60, deadline=None)
def test_the_planted_plan_is_right(days: int, people: int, level: Any, restaurants: int, seed: int) -> None:
    trip, planted = generate(days=days, people=people, level=level, restaurants=restaurants, seed=seed)
    assert rejecting(trip, planted) == set()
    assert trip.days == days
    assert trip.cities_to_visit == CITY_COUNTS[days]


def test_the_same_seed_gives_the_same_trip() -> None:
    assert generate(seed=5) == generate(seed=5)
    assert generate(seed=5) != generate(seed=6)


@pytest.mark.parametrize(
    "bad", [{"days": 4}, {"people": 0}, {"people": 9}, {"level": "nasty"}, {"restaurants": 7}]
)
def test_a_trip_that_cannot_be_is_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        generate(**bad)


@pytest.mark.parametrize(
    "changes",
    [
        {"dates": ["2022-03-01", "2022-03-03", "2022-03-04"]},
        {"dates": ["2022-02-30", "2022-03-01"]},
        {"dates": ["2022-3-1", "2022-3-2"]},
        {"dates": ["2022-03-01"]},
        {"cities": ["Dunmore", "Dunmore", "Glenrock", "Ironwood"]},
        {"cities": ["Dunmore", "Glenrock", "Eastport"]},
        {"cities": ["Dunmore"]},
        {"cities": ["Dunmore", "Glenrock", "A to B"]},
        {"cities": ["Dunmore", "Glenrock", "A, B"]},
        {"cities": []},
        {"cities_to_visit": 4},
        {"cities_to_visit": 0},
        {"people": True},
        {"people": "3"},
        {"people": 3.5},
        {"people": 0},
        {"budget_cents": -1},
        {"budget_cents": 1200.5},
        {"budget_cents": 10**30},
        {"more": 1},
        {"constraints": {"house_rule": "parities"}},
        {"constraints": {"cuisines": []}},
        {"constraints": {"room_type": "tent"}},
        {"reference": {}},
    ],
)
def test_what_is_no_trip_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ProblemError):
        problem(**changes)


def test_a_problem_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "trip.json").write_text(json.dumps(PROBLEM))
    assert DOMAIN.read_problem_file(tmp_path / "trip.json") == problem()
