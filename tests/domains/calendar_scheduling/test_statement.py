"""Statements: every template of the benchmark is read, nothing else is, and what is written reads back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modulo.domains.calendar_scheduling import (
    Phrase,
    Slot,
    Wish,
    free_stretches,
    generate,
    read_statement,
    write_statement,
)
from modulo.errors import ProblemError

from .statements import EARLIEST, ONE_DAY, PREAMBLE, SEVERAL_DAYS


def free(statement: str) -> list[str]:
    return [str(slot) for slot in free_stretches(read_statement(statement))]


def test_a_day_with_every_kind_of_calendar_is_read() -> None:
    problem = read_statement(ONE_DAY)
    assert [participant.name for participant in problem.participants] == ["Rosa", "Igor", "Hana", "Nils"]
    assert [len(participant.busy) for participant in problem.participants] == [0, 0, 2, 3]
    assert problem.participants[2].busy[1] == Slot(day="Monday", start=600, end=780)
    assert (problem.minutes, problem.days, problem.opens, problem.closes) == (30, ("Monday",), 540, 1020)
    assert problem.wishes == (Wish(name="Igor", phrase=Phrase.DO_NOT_WANT, day="Monday", after=840),)
    assert free(ONE_DAY) == ["Monday, 13:00 - 14:00"]


def test_a_wish_goes_on_over_several_days() -> None:
    problem = read_statement(SEVERAL_DAYS)
    assert [str(wish) for wish in problem.wishes] == [
        "Kofi would like to avoid more meetings on Monday",
        "Kofi would like to avoid more meetings on Tuesday before 10:00",
        "Lena would rather not meet on Tuesday after 15:00",
        "Lena can not meet on Monday before 10:00",
    ]
    assert free(SEVERAL_DAYS) == ["Tuesday, 11:00 - 12:00", "Wednesday, 16:00 - 17:00"]


@pytest.mark.parametrize(
    "sentence",
    [
        "The group would like to meet at their earlist availability.",
        "The group would like to meet at their earliest availability.",
        "You would like to schedule the meeting at their earlist availability.",
    ],
)
def test_the_earliest_time_can_be_asked_for(sentence: str) -> None:
    asked = "The group would like to meet at their earlist availability."
    problem = read_statement(EARLIEST.replace(asked, sentence))
    assert problem.earliest
    assert not read_statement(ONE_DAY).earliest
    assert str(free_stretches(problem)[0]) == "Tuesday, 9:30 - 11:00"


def test_mild_wishes_bind_where_the_statement_asks_to_meet_all_constraints() -> None:
    problem = read_statement(SEVERAL_DAYS)
    assert all(problem.binds(wish) for wish in problem.wishes)
    weaker = read_statement(SEVERAL_DAYS.replace("schedule and constraints", "schedule"))
    assert [weaker.binds(wish) for wish in weaker.wishes] == [False, False, False, True]


def test_the_task_is_enough() -> None:
    bare = ONE_DAY.removeprefix(PREAMBLE).replace("SOLUTION: ", "")
    assert read_statement(bare) == read_statement(ONE_DAY)
    assert read_statement(bare.replace("'", "\u2019").replace("\n", "\r\n  ")) == read_statement(ONE_DAY)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Find a time", "Bring cake. Find a time"),
        ("Find a time that works for everyone's schedule and constraints.", ""),
        ("SOLUTION: ", "SOLUTION: Here is the proposed time: Monday, 13:00 - 13:30"),
        ("SOLUTION: ", "SOLUTION: \n\nTASK: "),
        ("Igor do not want to meet", "Igor would love to meet"),
        ("Igor do not want to meet", "Olga do not want to meet"),
        ("Monday after 14:00", "Monday after 2PM"),
        ("Monday after 14:00", "Monday after 25:00"),
        ("Monday after 14:00", "Monday between 14:00 and 15:00"),
        ("Monday after 14:00", "Someday"),
        ("Rosahas no meetings the whole day.\n", ""),
        ("Rosahas no meetings the whole day.", "Rosa is on holiday."),
        ("Rosahas no meetings", "Igorhas no meetings"),
        ("Rosahas no meetings", "Rosalindhas no meetings"),
        ("10:00 to 13:00", "13:00 to 10:00"),
        ("10:00 to 13:00", "10:00 to 10:00"),
        ("10:00 to 13:00", "10:00 until 13:00"),
        ("10:00 to 13:00", "10:00 to 13:00 or so"),
        ("10:00 to 13:00; ", "10:00 to 13:00"),
        ("Hana is busy on Monday", "Hana may be busy on Monday"),
        ("half an hour", "a while"),
        ("half an hour", "0 minutes"),
        ("9:00 to 17:00 on Monday", "17:00 to 9:00 on Monday"),
        ("on Monday. \n", "on Monday or Tuesday. \n"),
        ("on Monday. \n", "on either Tuesday or Monday. \n"),
        ("Rosa, Igor, Hana and Nils", "Rosa, Rosa, Hana and Nils"),
        ("Rosa, Igor, Hana and Nils", "Rosa Maria, Igor, Hana and Nils"),
        ("You need to schedule", "Please schedule"),
        ("You are an expert", "You are a beginner"),
    ],
)
def test_what_is_not_understood_is_an_error(old: str, new: str) -> None:
    assert old in ONE_DAY
    with pytest.raises(ProblemError):
        read_statement(ONE_DAY.replace(old, new, 1))


@pytest.mark.parametrize("text", ["", " ", "9" * 5000, "Monday " * 5000, ONE_DAY[:-60], ONE_DAY * 2])
def test_what_is_no_statement_is_an_error(text: str) -> None:
    with pytest.raises(ProblemError):
        read_statement(text)


@settings(deadline=None, max_examples=50)
@given(st.data())
def test_a_statement_that_is_written_reads_back_to_the_same_problem(data: st.DataObject) -> None:
    problem, _ = generate(
        people=data.draw(st.integers(1, 7)),
        days=data.draw(st.integers(1, 5)),
        minutes=data.draw(st.sampled_from([30, 60])),
        wishes=data.draw(st.integers(0, 4)),
        earliest=data.draw(st.booleans()),
        seed=data.draw(st.integers(0, 10_000)),
    )
    changes = {
        "wishes_bind": data.draw(st.booleans()),
        "minutes": data.draw(st.sampled_from([30, 60, 45, 1, 480])),
    }
    problem = problem.model_copy(update=changes)
    assert read_statement(write_statement(problem)) == problem
