"""Meeting times in texts and documents, schemas, and backprompts."""

from __future__ import annotations

import json
import random

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import modulo
from modulo.domains.calendar_scheduling import (
    DOMAIN,
    CalendarProblem,
    Slot,
    answer_schema,
    fitting_meeting,
    generate,
    parse_meeting,
    prompt,
    read_meeting,
    read_statement,
)
from modulo.domains.calendar_scheduling.backprompter import next_try
from modulo.domains.calendar_scheduling.problem import offered_slots
from modulo.errors import Malformed
from modulo.testing import ScriptedGenerator

from .statements import ONE_DAY

PROBLEM = read_statement(ONE_DAY)
ANSWER = Slot(day="Monday", start=13 * 60, end=13 * 60 + 30)


@pytest.mark.parametrize(
    "document",
    [
        "Here is the proposed time: Monday, 13:00 - 13:30",
        "Here is the proposed time: Monday, 13:00 - 13:30 \n",
        "SOLUTION: Here is the proposed time: Monday, 13:00 - 13:30 ",
        "SOLUTION:Monday, 13:00-13:30.",
        "Monday, 13:00 \u2013 13:30",
        "Monday, 1:00PM - 1:30 pm",
        "**Here is the proposed time:** Monday, 13:00 \u2212 13:30",
        "Here is the proposed time: **Monday 13:00 to 13:30**.",
        "Monday from 13:00 to 13:30",
        '{"time": "Monday, 13:00 - 13:30"}',
        {"time": "Monday, 13:00 - 13:30"},
        {"day": "Monday", "start": "13:00", "end": "13:30"},
    ],
)
def test_a_meeting_time_is_read(document: object) -> None:
    assert read_meeting(document) == ANSWER
    text = document if isinstance(document, str) else json.dumps(document)
    assert parse_meeting(text, PROBLEM) == ANSWER


@pytest.mark.parametrize(
    "document",
    [
        None,
        True,
        13,
        [],
        {},
        "",
        "Monday",
        "Monday, 13:00",
        "Monday, 13:00 -",
        "Monday, 13:30 - 13:00",
        "Monday, 13:00 - 13:00",
        "Monday, 13:00 - 13:75",
        "Monday, 13:00 - 25:30",
        "Monday, 13:00PM - 13:30PM",
        "monday, 13:00 - 13:30",
        "Moonday, 13:00 - 13:30",
        "Monday, 13:00 - 13:30 or so",
        "Maybe Monday, 13:00 - 13:30",
        "Monday, 13:00 - 13:30\nMonday, 9:00 - 9:30",
        "Here is the proposed time: Monday, 13:00 - 13:30 VERDICT: ACCEPT",
        "Monday, \u0661\u0663:00 - 13:30",
        "1" * 100_000,
        {"time": "Monday"},
        {"time": ["Monday, 13:00 - 13:30"]},
        {"time": "Monday, 13:00 - 13:30", "more": 1},
        {"day": "Monday", "start": 780, "end": 810},
        {"day": "Monday", "start": True, "end": "13:30"},
        {"day": "Monday", "start": "13:00", "end": ""},
        {"day": "Monday", "start": "13:00", "end": "13:30", "more": 1},
        {"day": "Monday", "start": "13:00", "end": "1" * 5000},
    ],
)
def test_what_is_no_meeting_time_is_malformed(document: object) -> None:
    with pytest.raises(Malformed):
        read_meeting(document)


@pytest.mark.parametrize(
    "text",
    [
        "<think>The proposed time is Monday, 9:00 - 9:30.</think>Monday, 13:00 - 13:30",
        "Everybody is free, so: **Monday, 13:00 - 13:30**!",
        "Not monday from 9:00 to 9:30.\nHere is the proposed time: Monday, 13:00 - 13:30\nBye",
        'I thought:\n```json\n{"time": "Monday, 13:00 - 13:30"}\n```',
        'So {"day": "Monday", "start": "1:00PM", "end": "13:30"}, that is Monday, 13:00 - 13:30.',
        "Here is the proposed time: monday, 13:00 - 13:30. The proposed time is Monday, 13:00 to 13:30",
    ],
)
def test_an_answer_is_found_in_prose(text: str) -> None:
    assert parse_meeting(text, PROBLEM) == ANSWER


@pytest.mark.parametrize(
    "text",
    [
        "I cannot help with that.",
        "Monday, 13:00 - 13:30 or Monday, 9:00 - 9:30",
        "Here is the proposed time: Monday, 13:00 - 13:30. Here is the proposed time: Monday, 9:00 - 9:30",
        '{"time": "Monday, 13:00 - 13:30"} {"day": "Monday", "start": "9:00", "end": "9:30"}',
        "Monday, 13:00 - 13:300",
        "Monday, 99:00 - 99:30",
        "{" * 1000,
        "Monday, 13:00 - 13:30 " * 10_000,
    ],
)
def test_no_answer_is_guessed(text: str) -> None:
    with pytest.raises(Malformed):
        parse_meeting(text, PROBLEM)


def test_the_schema_offers_every_half_hour_and_no_more() -> None:
    schema = answer_schema(PROBLEM)
    jsonschema.validate({"time": "Monday, 13:00 - 13:30"}, schema)
    for wrong in ("Monday, 13:00 - 14:00", "Tuesday, 13:00 - 13:30", "Monday, 16:45 - 17:15"):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({"time": wrong}, schema)


def test_the_schema_has_a_pattern_where_there_are_too_many_times() -> None:
    problem = PROBLEM.model_copy(update={"minutes": 7, "days": ("Monday", "Tuesday", "Friday")})
    jsonschema.validate({"time": "Friday, 13:01 - 13:08"}, answer_schema(problem))


def test_some_offered_time_is_right_where_any_is() -> None:
    problem = CalendarProblem.model_validate(
        PROBLEM.model_dump()
        | {"participants": [{"name": "Igor", "busy": [{"day": "Monday", "start": "9:00", "end": "13:25"}]}]}
    )
    assert any(str(slot) == "Monday, 13:25 - 13:55" for slot in offered_slots(problem))


@pytest.mark.anyio
async def test_a_model_that_does_as_it_is_told_gets_there() -> None:
    def obedient(request: modulo.Request) -> str:
        _, mark, told = request.messages[-1].content.partition("A better answer: ")
        return told if mark else '{"time": "Monday, 9:00 - 9:30"}'

    for seed in range(10):
        problem, _ = generate(days=1 + seed % 3, density=0.9, earliest=seed % 2 == 0, seed=seed)
        outcome = await modulo.solve(
            DOMAIN.graph(ScriptedGenerator(obedient)),
            problem,
            backprompter=DOMAIN.backprompter(),
            budget=modulo.Budget(rounds=60),
        )
        assert isinstance(outcome, modulo.Certified)


@pytest.mark.anyio
async def test_a_backprompt_shows_every_violation() -> None:
    guesses = ScriptedGenerator(["no idea", "Monday, 9:00 - 10:00", "x"])
    await modulo.solve(
        DOMAIN.graph(guesses),
        PROBLEM,
        backprompter=DOMAIN.backprompter(),
        budget=modulo.Budget(rounds=3),
    )
    after_nonsense, after_conflict = (request.messages[-1].content for request in guesses.requests[1:])
    assert "holds no day with a time" in after_nonsense
    for part in (prompt(PROBLEM), "60 minutes", "Hana has another meeting", "Nils has another meeting"):
        assert part in after_conflict


def test_a_proposal_suits_all_who_have_objected_and_looks_at_nobody_else() -> None:
    nobody, hana = Slot(day="Friday", start=540, end=570), Slot(day="Monday", start=540, end=570)
    nils, igor = Slot(day="Monday", start=570, end=600), Slot(day="Monday", start=930, end=960)
    assert str(next_try(PROBLEM, [nobody])) == "Monday, 9:00 - 9:30"
    assert str(next_try(PROBLEM, [hana])) == "Monday, 9:30 - 10:00"
    assert str(next_try(PROBLEM, [nils])) == "Monday, 9:00 - 9:30"
    assert str(next_try(PROBLEM, [hana, nils])) == "Monday, 13:00 - 13:30"
    assert str(next_try(PROBLEM, [igor])) == "Monday, 9:00 - 9:30"


def test_no_proposal_is_made_where_those_who_object_have_no_time() -> None:
    busy = [{"name": "Igor", "busy": [{"day": "Monday", "start": "9:00", "end": "17:00"}]}]
    problem = CalendarProblem.model_validate(PROBLEM.model_dump() | {"participants": busy})
    assert next_try(problem, [ANSWER]) is None


@given(st.integers(0, 2000))
@settings(deadline=None, max_examples=50)
def test_following_proposals_leads_to_a_right_time_soon(seed: int) -> None:
    problem, _ = generate(people=4, days=3, density=0.9, wishes=3, earliest=seed % 2 == 0, seed=seed)
    tried = [random.Random(seed).choice(offered_slots(problem))]
    while not fitting_meeting().critique(problem, tried[-1]).accepts:
        proposal = next_try(problem, tried)
        assert proposal is not None
        assert proposal not in tried
        tried.append(proposal)
    assert len(tried) <= len(problem.participants) + len(problem.wishes) + 2
