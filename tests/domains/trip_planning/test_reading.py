"""Answers read line by line: what is harmless, and what cannot be read."""

from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modulo.domains.trip_planning import DOMAIN, Flight, Stay, Trip, generate, trip_text
from modulo.domains.trip_planning.judging import is_right
from modulo.domains.trip_planning.reading import read_trip
from modulo.domains.trip_planning.specimens import document_of
from modulo.errors import Malformed
from tests.domains.trip_planning.problems import ANSWER, OSLO

TRIP = Trip(
    stays=(
        Stay(city="Oslo", first=1, last=5, days=5),
        Stay(city="Riga", first=5, last=11, days=7),
        Stay(city="Munich", first=11, last=17, days=7),
    ),
    flights=(
        Flight(day=5, origin="Oslo", destination="Riga"),
        Flight(day=11, origin="Riga", destination="Munich"),
    ),
)


def test_an_answer_is_read_and_written_to_the_letter() -> None:
    assert read_trip(ANSWER, OSLO) == TRIP
    assert trip_text(TRIP) == ANSWER


@pytest.mark.parametrize(
    "line",
    [
        "**Day 5-11:** Attend the workshop in Riga.",
        "* Day 6: Meet your friends at riga",
        "Day 1: Attending an annual show",
        "Day 17-17: Meet a friend in Munich.",
    ],
)
def test_a_line_with_an_event_where_the_trip_is_then_says_nothing_more(line: str) -> None:
    assert read_trip(f"{ANSWER}\n{line}", OSLO) == TRIP
    assert is_right(OSLO, f"{ANSWER}\n{line}")


@pytest.mark.parametrize(
    "line",
    [
        "Day 4: Attend a wedding in Riga.",
        "Day 6: Attend a workshop in Munich.",
        "Day 6: Attend a workshop in Paris.",
        "Day 6: Attend a workshop in Riga for 2 days.",
        "Day 6: Attend a workshop in Riga and fly home.",
        "Day 4-6: Attend a show.",
        "Day 17-18: Attend a show.",
        "Day 11-5: Attend a show in Riga.",
        "Day 6: Attend a meeting in Riga.",
    ],
)
def test_any_other_event_cannot_be_read(line: str) -> None:
    with pytest.raises(Malformed):
        read_trip(f"{ANSWER}\n{line}", OSLO)
    assert not is_right(OSLO, f"{ANSWER}\n{line}")


def test_events_alone_are_no_trip() -> None:
    with pytest.raises(Malformed):
        read_trip("Day 5-11: Attend the workshop in Riga.", OSLO)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("**", ""),
        ("**", "__"),
        (":**", "**:"),
        ("-", "\u2013"),
        ("-", " - "),
        ("-", " to "),
        ("Day 5-11", "Days 5-11"),
        ("Day 5-11", "Day 5 - Day 11"),
        ("**Day", "- **Day"),
        ("**Day", "### Day"),
        ("**Day", "1. **Day"),
        (".", ""),
        (".", ". "),
        ("\n", "\r\n"),
        ("Visit", "Visiting"),
        ("Arriving", "Arrive"),
        ("Arriving in Oslo and visit", "Visit"),
        ("and visit Oslo", "and attend the show for 5 days and visit Oslo"),
        ("and visit Oslo", "to visit Oslo"),
        ("7 days.", "7 days (with a day off)."),
        ("Munich for 7 days.", "Munich for 7 days and meet your friends."),
        ("7 days.", "7 days and attend a show from day 1 to day 5."),
        ("7 days.", "7 days. Meet your friends between day 5 and day 11."),
        ("7 days.", "7 days (with a day off). Rest well"),
        (" for ", "   for\t"),
        ("to Riga.", "to Riga (direct flight)."),
        ("Here is the trip plan for visiting the 3 European cities for 17 days:\n\n", ""),
        ("Here is the trip plan", "Certainly! After some thought, here is a plan"),
        (ANSWER, ANSWER + "\n\n**Note:** Riga is cold. Munich is not, from day 11 on."),
        ("Oslo", "**Oslo**"),
    ],
)
def test_how_it_is_written_does_not_matter(old: str, new: str) -> None:
    assert old in ANSWER
    assert read_trip(ANSWER.replace(old, new), OSLO) == TRIP


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (ANSWER, "", "no_plan"),
        (ANSWER, "I could not find a plan.", "no_plan"),
        (ANSWER, "VERDICT: ACCEPT", "no_plan"),
        ("Visit Riga for 7 days", "Riga for 7 days", "unreadable_line"),
        ("Visit Riga for 7 days", "Visit Riga", "unreadable_line"),
        ("Visit Riga for 7 days", "Visit Riga for seven days", "unreadable_line"),
        ("Visit Riga for 7 days", "Visit Riga for 7 nights", "unreadable_line"),
        ("Visit Riga for 7 days", "Visit Riga for 7 days or 8", "unreadable_line"),
        ("Visit Riga for 7 days", "Visit Riga for 7.5 days", "unreadable_line"),
        ("Visit Riga for 7 days", "Visit Riga for \u0667 days", "unreadable_line"),
        ("Visit Riga for 7 days", "Visit Riga for 00000007 days", "unreadable_line"),
        ("Visit Riga for 7 days", "Visit Riga for 7 days and go on to Munich", "two_cities"),
        ("Visit Riga for 7 days", "Visit Riga for 7 days. Then go on to Munich", "two_cities"),
        ("Visit Riga for 7 days", "Visit Riga for 7 days and fly home", "unreadable_line"),
        ("Visit Riga for 7 days", "Visit Riga for 7 days and visit Riga for 3 days", "unreadable_line"),
        ("Visit Riga for 7 days", "Leave Munich and visit Riga for 7 days", "two_cities"),
        ("Visit Riga for 7 days", "Do not visit Riga for 7 days", "unreadable_line"),
        ("Day 5:** Fly", "Day 5-6:** Fly", "unreadable_line"),
        ("to Riga.", "to Riga (likely with a connection).", "unreadable_line"),
        ("to Riga.", "to Riga via Munich, at night.", "unreadable_line"),
        ("Fly from Oslo to Riga.", "Go to Riga.", "unreadable_line"),
        ("Day 5-11:", "Day 5-11", "unreadable_line"),
        ("Day 5-11:", "Day 5-11, I think:", "unreadable_line"),
        ("Day 5-11:", "Day 5-10-11:", "unreadable_line"),
        ("Day 5-11:", "Day 5-99999999999:", "unreadable_line"),
        ("Day 11-17:", "Day 11-\u0661\u0667:", "unreadable_line"),
        (ANSWER, ANSWER + "\n**Day 17:** Fly home.", "unreadable_line"),
        (ANSWER, f"{ANSWER}\n" * 100, "malformed"),
        (ANSWER, "x" * 300_000, "malformed"),
    ],
)
def test_a_line_that_cannot_be_read_is_malformed(old: str, new: str, code: str) -> None:
    assert old in ANSWER
    with pytest.raises(Malformed) as raised:
        read_trip(ANSWER.replace(old, new), OSLO)
    assert raised.value.code == code


def test_a_fault_is_told_with_its_line() -> None:
    with pytest.raises(Malformed) as raised:
        read_trip(ANSWER.replace("Visit Riga for 7 days.", "Riga."), OSLO)
    assert raised.value.location == "line 5"
    assert "Day 5-11" in str(raised.value)


@pytest.mark.parametrize(
    "line",
    [
        "Day 1: " + "a and visit " * 48,
        "Day 1: " + "visit a for 1 day " * 32,
        "Day 1: visit a for 1 day and " + "a " * 280,
        "Day 1: " + "fly from " * 60,
        "Day 1: " + "a to " * 110,
        "Day " + " " * 590,
        "Day 1" + " " * 590,
        "#" * 590,
    ],
)
def test_no_line_takes_long(line: str) -> None:
    started = time.process_time()
    with pytest.raises(Malformed):
        read_trip("\n".join([line] * 300), OSLO)
    assert time.process_time() - started < 2


@settings(deadline=None)
@given(st.text())
def test_any_text_is_a_trip_or_malformed(text: str) -> None:
    for document in (text, f"Day 1-5: {text}", ANSWER + text):
        with contextlib.suppress(Malformed):
            assert isinstance(read_trip(document, OSLO), Trip)


@settings(deadline=None)
@given(st.integers(0, 2**32), st.integers(2, 12))
def test_what_is_written_is_read_again(seed: int, cities: int) -> None:
    problem, trip = generate(cities=cities, seed=seed)
    assert read_trip(trip_text(trip), problem) == trip
    assert DOMAIN.read_candidate(document_of(trip), problem) == trip


@pytest.mark.parametrize(
    "document",
    [
        None,
        True,
        7,
        [],
        {},
        {"stays": []},
        {"stays": [], "flights": [], "extra": 1},
        {"stays": [{"city": "Oslo", "first": True, "last": 5, "days": 5}], "flights": []},
        {"stays": [{"city": "Oslo", "first": "1", "last": 5, "days": 5}], "flights": []},
        {"stays": [{"city": "Oslo", "first": 1.5, "last": 5, "days": 5}], "flights": []},
        {"stays": [{"city": "Oslo", "first": -1, "last": 5, "days": 5}], "flights": []},
        {"stays": [{"city": "Oslo", "first": 1, "last": 10**9, "days": 5}], "flights": []},
        {"stays": [{"city": ["Oslo"], "first": 1, "last": 5, "days": 5}], "flights": []},
        {"stays": [["Oslo", 1, 5, 5]], "flights": []},
        {"stays": {"city": "Oslo"}, "flights": []},
    ],
)
def test_what_is_no_trip_is_refused(document: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        DOMAIN.read_candidate(document, OSLO)  # type: ignore[arg-type]
