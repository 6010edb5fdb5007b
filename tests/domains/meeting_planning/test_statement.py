"""Statements: the benchmark's templates are read, nothing else is, and what is written reads back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modulo.domains.meeting_planning import (
    DOMAIN,
    Friend,
    generate,
    most_meetings,
    read_statement,
    write_statement,
)
from modulo.errors import ConfigurationError, ProblemError

from .statements import PROBLEM, STATEMENT


def test_a_statement_is_read() -> None:
    assert (PROBLEM.place, PROBLEM.arrives, len(PROBLEM.ways)) == ("Nob Hill", 540, 12)
    assert PROBLEM.friends[0] == Friend(
        name="Ines", place="Fisherman's Wharf", opens=690, closes=780, minutes=45
    )
    times = PROBLEM.times()
    assert times["Nob Hill", "Fisherman's Wharf"] == 11
    assert times["Fisherman's Wharf", "Nob Hill"] == 12


def test_entries_of_the_benchmark_are_read_and_other_endings_too() -> None:
    other = STATEMENT.replace(
        "'SOLUTION:'.", "'SOLUTION:', and follow the same solution format as shown above."
    )
    assert DOMAIN.read_problem({"prompt_0shot": other, "golden_plan": ["..."], "num_people": 3}) == PROBLEM
    bare = STATEMENT.replace("Your response should start with 'SOLUTION:'.", "")
    assert DOMAIN.read_problem({"statement": bare}) == PROBLEM
    assert DOMAIN.read_problem({"statement": bare + "SOLUTION:"}) == PROBLEM
    assert DOMAIN.read_problem(PROBLEM.model_dump(mode="json")) == PROBLEM


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("as many friends as possible", "some friends"),
        ("You are visiting", "You are leaving"),
        ("Travel distances (in minutes):", "Travel distances (in miles):"),
        ("Nob Hill to The Castro: 17.\n", ""),
        ("Nob Hill to The Castro: 17.", "Nob Hill to The Castro: 17."
         "\nNob Hill to The Castro: 18."),
        ("The Castro: 17.", "The Castro: seventeen."),
        ("The Castro: 17.", "The Castro: 99999."),
        ("The Castro: 17.", "The Castro: 17 or so."),
        ("You arrive at Nob Hill at 9:00AM.", ""),
        ("You arrive at Nob Hill at 9:00AM.", "You arrive at Nob Hill at 9:00."),
        ("You arrive at Nob Hill at 9:00AM.", "You arrive at Nob Hill at 9:75AM."),
        ("You arrive at Nob Hill at 9:00AM.", "You arrive at Presidio at 9:00AM."),
        ("You'd like to meet Ines for a minimum of 45 minutes.", ""),
        ("You'd like to meet Ines for", "You'd like to meet Jonas for"),
        ("minimum of 45 minutes", "maximum of 45 minutes"),
        ("minimum of 45 minutes", "minimum of 0 minutes"),
        ("11:30AM to 1:00PM", "1:00PM to 11:30AM"),
        ("11:30AM to 1:00PM", "11:30 to 13:00"),
        ("Jonas", "Ines"),
        ("CONSTRAINTS:", "REMARKS:"),
        ("Your response", "Lunch is at noon. Your response"),
        ("Your response should start with 'SOLUTION:'.", "Your response should be short."),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_an_error(old: str, new: str) -> None:
    assert old in STATEMENT
    with pytest.raises(ProblemError):
        read_statement(STATEMENT.replace(old, new))


@pytest.mark.parametrize("text", ["", "A to B: 1. " * 5000, STATEMENT * 2, STATEMENT[:-300]])
def test_what_is_no_statement_is_an_error(text: str) -> None:
    with pytest.raises(ProblemError):
        read_statement(text)


@settings(deadline=None, max_examples=50)
@given(st.integers(1, 10), st.integers(0, 2), st.integers(0, 10_000))
def test_a_statement_that_is_written_reads_back_to_the_same_problem(
    friends: int, out_of_reach: int, seed: int
) -> None:
    least = max(0, friends - 8)
    problem, _ = generate(friends=friends, out_of_reach=max(least, min(out_of_reach, friends)), seed=seed)
    assert read_statement(write_statement(problem)) == problem


@settings(deadline=None, max_examples=50)
@given(st.integers(1, 8), st.integers(0, 3), st.integers(0, 10_000))
def test_the_planted_schedule_meets_all_who_can_be_met(friends: int, out_of_reach: int, seed: int) -> None:
    problem, _ = generate(friends=friends, out_of_reach=min(out_of_reach, friends), seed=seed)
    assert most_meetings(problem) == friends - min(out_of_reach, friends)


@pytest.mark.parametrize("numbers", [{"friends": 0}, {"friends": 13}, {"friends": 9}, {"out_of_reach": 5}])
def test_numbers_that_make_no_sense_are_refused(numbers: dict[str, int]) -> None:
    with pytest.raises(ConfigurationError):
        generate(**{"out_of_reach": 0, **numbers})


def test_more_friends_than_can_be_searched_are_refused() -> None:
    friend = PROBLEM.friends[0].model_dump(mode="json")
    many = [{**friend, "name": f"A{'b' * number}"} for number in range(13)]
    with pytest.raises(ProblemError):
        DOMAIN.read_problem(PROBLEM.model_dump(mode="json") | {"friends": many})
