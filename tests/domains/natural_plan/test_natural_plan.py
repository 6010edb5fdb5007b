"""What the domains of NATURAL PLAN share: times of day, documents and files, and reading in order."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modulo.domains.natural_plan import (
    Scanner,
    in_12_hours,
    in_24_hours,
    read_12_hours,
    read_24_hours,
    read_entry,
    statement_in,
)
from modulo.errors import ProblemError


@given(st.integers(0, 1439))
def test_times_of_day_read_back(minute: int) -> None:
    assert read_24_hours(in_24_hours(minute)) == minute
    assert read_12_hours(in_12_hours(minute)) == minute


@pytest.mark.parametrize(
    ("text", "minute"), [("12:00AM", 0), ("12:30PM", 750), ("9:05 AM", 545), ("11:59PM", 1439)]
)
def test_noon_and_midnight_are_told_apart(text: str, minute: int) -> None:
    assert read_12_hours(text) == minute


@pytest.mark.parametrize("text", ["", "9", "9:0", "9:60", "24:01", "-9:00", "9:00 ", "9:00AM", "\u0669:00"])
def test_what_is_no_time_in_24_hours_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no time of day"):
        read_24_hours(text)


@pytest.mark.parametrize("text", ["", "9:00", "0:30AM", "13:00PM", "9:60AM", "9:00am", "9:00XM", "9:00AMPM"])
def test_what_is_no_time_in_12_hours_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no time of day"):
        read_12_hours(text)


def test_a_statement_stands_alone_or_in_an_entry_of_the_benchmark() -> None:
    assert statement_in({"statement": "x"}) == "x"
    assert statement_in({"prompt_0shot": "x", "golden_plan": "y", "num_people": "2"}) == "x"
    assert statement_in({"prompt_5shot": "x", "prompt_0shot": "y"}) == "y"
    assert statement_in({"prompt_5shot": "x"}) == "x"
    assert statement_in({"statement": "x", "more": "y"}) is None
    assert statement_in(["x"]) is None


@pytest.mark.parametrize("document", [{"statement": 1}, {"prompt_0shot": None}, {"statement": "x" * 200_000}])
def test_a_statement_is_a_text_of_bounded_length(document: dict[str, object]) -> None:
    with pytest.raises(ProblemError):
        statement_in(document)  # type: ignore[arg-type]


def test_an_entry_of_a_file_is_chosen_by_its_id(tmp_path: Path) -> None:
    path = tmp_path / "calendar.json"
    path.write_text(json.dumps({"example_1": {"prompt_0shot": "x"}, "example_2": {"prompt_0shot": "y"}}))
    assert read_entry(Path(f"{path}#example_2")) == {"prompt_0shot": "y"}
    with pytest.raises(ProblemError, match="no entry 'example_3'; there are example_1"):
        read_entry(Path(f"{path}#example_3"))
    with pytest.raises(ProblemError, match="choose one of the problems"):
        read_entry(path)


def test_a_file_of_one_problem_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "one.json"
    path.write_text('{"statement": "x"}')
    assert read_entry(path) == {"statement": "x"}
    with pytest.raises(ProblemError, match="cannot be read"):
        read_entry(tmp_path / "none.json")


def test_a_scanner_passes_nothing_over() -> None:
    scanner = Scanner("one \n two\u2019s")
    assert scanner.take(re.compile("two")) is None
    assert scanner.expect(re.compile("one"), "'one'")[0] == "one"
    with pytest.raises(ProblemError, match='go on with its end, but there is "two\'s"'):
        scanner.end("its end")
    scanner.expect(re.compile("two's"), "'two'")
    scanner.end("its end")
    with pytest.raises(ProblemError, match="the end of the statement"):
        scanner.expect(re.compile("more"), "more")
