"""The critics of meeting times: tables of answers, an oracle that tries every minute, and planted faults."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import modulo
from modulo.domains.calendar_scheduling import (
    DOMAIN,
    CalendarProblem,
    Slot,
    fitting_meeting,
    free_stretches,
    generate,
    read_meeting,
    read_statement,
    wished_for,
    write_meeting,
)
from modulo.domains.calendar_scheduling.problem import WEEKDAYS

from .statements import EARLIEST, ONE_DAY, SEVERAL_DAYS


def codes(problem: CalendarProblem, line: str) -> list[str]:
    return [v.code for v in fitting_meeting().critique(problem, read_meeting(line)).violations]


@pytest.mark.parametrize(
    ("statement", "line"),
    [
        (ONE_DAY, "Monday, 13:00 - 13:30"),
        (ONE_DAY, "Monday, 13:30 - 14:00"),
        (ONE_DAY, "Monday, 13:10 - 13:40"),
        (SEVERAL_DAYS, "Tuesday, 11:00 - 12:00"),
        (SEVERAL_DAYS, "Wednesday, 16:00 - 17:00"),
        (EARLIEST, "Tuesday, 9:30 - 10:00"),
    ],
)
def test_a_time_that_meets_all_requirements_is_accepted(statement: str, line: str) -> None:
    assert codes(read_statement(statement), line) == []


@pytest.mark.parametrize(
    ("statement", "line", "expected"),
    [
        (ONE_DAY, "Monday, 12:59 - 13:29", ["busy"]),
        (ONE_DAY, "Monday, 13:31 - 14:01", ["busy", "against_wish"]),
        (ONE_DAY, "Monday, 9:15 - 9:45", ["busy", "busy"]),
        (ONE_DAY, "Monday, 13:00 - 14:00", ["wrong_duration"]),
        (ONE_DAY, "Monday, 13:00 - 13:29", ["wrong_duration"]),
        (ONE_DAY, "Monday, 16:00 - 16:30", ["against_wish"]),
        (ONE_DAY, "Monday, 8:00 - 8:30", ["outside_work_hours"]),
        (ONE_DAY, "Monday, 17:00 - 17:30", ["outside_work_hours", "against_wish"]),
        (ONE_DAY, "Monday, 1:00 - 1:30", ["outside_work_hours"]),
        (ONE_DAY, "Tuesday, 13:00 - 13:30", ["wrong_day"]),
        (SEVERAL_DAYS, "Monday, 12:00 - 13:00", ["against_wish"]),
        (SEVERAL_DAYS, "Tuesday, 9:00 - 10:00", ["against_wish"]),
        (SEVERAL_DAYS, "Wednesday, 15:30 - 16:30", ["busy"]),
        (SEVERAL_DAYS, "Thursday, 16:00 - 17:00", ["wrong_day"]),
        (EARLIEST, "Tuesday, 10:00 - 10:30", ["not_earliest"]),
        (EARLIEST, "Tuesday, 9:31 - 10:01", ["not_earliest"]),
        (EARLIEST, "Monday, 16:00 - 16:30", ["against_wish"]),
    ],
)
def test_every_fault_is_named(statement: str, line: str, expected: list[str]) -> None:
    assert codes(read_statement(statement), line) == expected


def test_a_mild_wish_that_does_not_bind_only_ranks() -> None:
    problem = read_statement(SEVERAL_DAYS.replace("schedule and constraints", "schedule"))
    against, kept = read_meeting("Monday, 13:00 - 14:00"), read_meeting("Tuesday, 11:00 - 12:00")
    assert fitting_meeting().critique(problem, against).accepts
    ranked = [wished_for().remark(problem, slot) for slot in (against, kept)]
    assert ranked[0].score < ranked[1].score
    assert ranked[0].text == "Kofi would like to avoid more meetings on Monday."
    assert not fitting_meeting().critique(problem, read_meeting("Monday, 9:00 - 10:00")).accepts


def test_the_earliest_time_is_found_whether_or_not_mild_wishes_bind() -> None:
    problem = read_statement(EARLIEST.replace("schedule and constraints", "schedule"))
    assert codes(problem, "Monday, 16:00 - 16:30") == []
    assert codes(problem, "Tuesday, 9:30 - 10:00") == ["not_earliest"]


def test_hints_say_when_each_of_them_has_time() -> None:
    problem = read_statement(ONE_DAY)
    busy, wish = fitting_meeting().critique(problem, read_meeting("Monday, 14:00 - 14:30")).violations
    assert busy.hint == "Nils is free on Monday, 15:30 - 16:30."
    assert wish.hint == "on Monday, Igor can meet until 14:00."
    (late,) = fitting_meeting().critique(problem, read_meeting("Monday, 13:00 - 13:20")).violations
    assert late.hint == "from 13:00 it lasts until 13:30."


@pytest.mark.anyio
@pytest.mark.parametrize("junk", ["Monday, 13:00 - 13:30", None, 1, True, {}, {"day": "Monday"}, [], ""])
async def test_what_is_no_meeting_time_is_rejected(junk: object) -> None:
    checked = await modulo.check(DOMAIN.graph_for_checking(), read_statement(ONE_DAY), junk)
    assert checked.verdict == "reject"


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 10_000), st.booleans(), st.data())
def test_it_agrees_with_an_oracle_that_tries_every_minute(
    seed: int, earliest: bool, data: st.DataObject
) -> None:
    problem, planted = generate(
        people=3, days=2, density=0.9, wishes=2, earliest=earliest, minutes=60, seed=seed
    )
    start = data.draw(st.sampled_from([planted.start, *range(530, 1000, 15)]))
    slot = Slot(
        day=data.draw(st.sampled_from(WEEKDAYS[:3])),
        start=start,
        end=start + data.draw(st.sampled_from([60, 59])),
    )
    right = DOMAIN.specimens().is_right(problem, write_meeting(slot))
    assert fitting_meeting().critique(problem, slot).accepts == right
    assert fitting_meeting().critique(problem, planted).accepts


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 10_000))
def test_a_damaged_right_answer_is_rejected_unless_the_oracle_says_otherwise(seed: int) -> None:
    specimens = DOMAIN.specimens()
    rng = random.Random(seed)
    specimen = specimens.draw(rng)
    for variant in specimens.damaged(specimen, rng):
        try:
            slot = read_meeting(variant.document)
        except ValueError:
            continue
        right = specimens.is_right(specimen.problem, variant.document)
        assert fitting_meeting().critique(specimen.problem, slot).accepts == bool(right), variant
    for variant in specimens.rewritten(specimen, rng):
        assert fitting_meeting().critique(specimen.problem, read_meeting(variant.document)).accepts, variant


def test_free_stretches_are_none_where_nobody_has_time() -> None:
    problem = read_statement(ONE_DAY.replace("after 14:00", "after 13:00"))
    assert free_stretches(problem) == ()
    assert codes(problem, "Monday, 13:00 - 13:30") == ["against_wish"]
