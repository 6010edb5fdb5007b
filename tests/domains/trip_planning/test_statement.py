"""Statements: every sentence of the benchmark is read, and nothing else is."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modulo.domains.trip_planning import Appointment, Connection, generate, read_statement, statement
from modulo.errors import ProblemError
from tests.domains.trip_planning.problems import OSLO, STATEMENT

WITH_ALL = """\
You plan to visit 7 European cities for 22 days in total. You only take direct flights to commute between cities. \
You plan to stay in Oslo for 4 days. You want to meet a friend in Oslo between day 1 and day 4. \
You want to spend 4 days in Riga. \
You would like to meet your friends at Riga between day 4 and day 7 to tour together. \
You would like to visit Rome for 4 days. You plan to visit relatives in Rome between day 7 and day 10. \
You plan to stay in Nice for 4 days. You are going to attend a wedding in Nice between day 10 and day 13. \
You plan to stay in Lyon for 4 days. You have to attend a workshop in Lyon between day 13 and day 16. \
You plan to stay in Bern for 4 days. During day 16 and day 19, you have to attend a conference in Bern. \
You plan to stay in Kiel for 4 days. From day 19 to day 22, there is a annual show you want to attend in Kiel.

Here are the cities that have direct flights:
Oslo and Riga, from Riga to Rome.

Find a trip plan of visiting the cities for 22 days by taking direct flights to commute between them."""


def test_every_sentence_of_the_benchmark_is_read() -> None:
    problem = read_statement(WITH_ALL)
    assert problem.days == 22
    assert [(visit.city, visit.days) for visit in problem.visits] == [
        (city, 4) for city in ("Oslo", "Riga", "Rome", "Nice", "Lyon", "Bern", "Kiel")
    ]
    kinds = ("friend", "friends", "relatives", "wedding", "workshop", "conference", "show")
    for number, (visit, kind) in enumerate(zip(problem.visits, kinds, strict=True)):
        assert visit.appointments == (Appointment(kind=kind, first=3 * number + 1, last=3 * number + 4),)
    assert problem.connections == (
        Connection(origin="Oslo", destination="Riga", both_ways=True),
        Connection(origin="Riga", destination="Rome", both_ways=False),
    )
    assert problem.flights == {("Oslo", "Riga"), ("Riga", "Oslo"), ("Riga", "Rome")}


@pytest.mark.parametrize("text", [STATEMENT, WITH_ALL])
def test_a_statement_is_written_as_it_was_read(text: str) -> None:
    assert statement(read_statement(text)) == text


def test_how_the_words_are_spaced_does_not_matter() -> None:
    assert read_statement(" ".join(STATEMENT.split())) == OSLO
    assert read_statement("\n" + STATEMENT.replace(" ", "\n  ") + "\n") == OSLO


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("You plan to stay in Munich for 7 days. ", ""),
        ("visit 3 European", "visit 4 European"),
        ("visiting the cities for 17 days", "visiting the cities for 18 days"),
        ("You want to spend 7 days in Riga.", "You want to spend 7 days in Riga. You hate flying."),
        ("You want to spend 7 days in Riga.", "You want to spend 7 days in Riga and Bergen."),
        ("You want to spend 7 days in Riga.", "You want to spend 7 days in Munich."),
        ("You want to spend 7 days in Riga.", "You want to spend seven days in Riga."),
        ("You want to spend 7 days in Riga.", "You want to spend 0 days in Riga."),
        ("You want to spend 7 days in Riga.", "You want to spend 99999999999999999999 days in Riga."),
        ("You want to spend 7 days in Riga.", "You want to spend \u0667 days in Riga."),
        ("You want to spend 7 days in Riga.", "You want to spend 7 days in Riga"),
        ("You want to spend 7 days in Riga.", "You do not want to spend 7 days in Riga."),
        ("attend in Oslo", "attend in Bergen"),
        ("From day 1 to day 5", "From day 5 to day 1"),
        ("From day 1 to day 5", "From day 14 to day 18"),
        ("From day 1 to day 5", "From day 0 to day 5"),
        ("Oslo and Riga, ", "Oslo and Riga, Oslo-Munich, "),
        ("Oslo and Riga, ", "Oslo and Riga, Oslo and Oslo, "),
        ("Oslo and Riga, ", "Oslo and Riga; "),
        ("Oslo and Riga, ", "not Oslo and Riga and Munich, "),
        ("Oslo and Munich.", "Oslo and Munich. Flights are cheap."),
        ("You only take direct flights to commute between cities. ", ""),
        ("between them.", "between them. Spend little."),
        ("You plan to visit", "Please help. You plan to visit"),
        (STATEMENT, ""),
        (STATEMENT, "You plan to visit " * 20_000),
        (STATEMENT, " Here are the cities that have direct flights: " * 2000),
    ],
)
def test_what_is_not_understood_or_contradicts_itself_is_refused(old: str, new: str) -> None:
    assert old in STATEMENT
    with pytest.raises(ProblemError):
        read_statement(STATEMENT.replace(old, new))


@settings(deadline=None)
@given(st.integers(0, 2**32), st.integers(2, 12), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_generated_problems_survive_being_told(
    seed: int, cities: int, appointments: float, density: float, one_way: float
) -> None:
    problem, _ = generate(cities=cities, appointments=appointments, density=density, one_way=one_way, seed=seed)
    assert read_statement(statement(problem)) == problem


@settings(deadline=None)
@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    with pytest.raises(ProblemError):
        read_statement(text)


def test_every_statement_of_the_shared_data_is_read_and_written_to_the_letter(shared_data: Path) -> None:
    with gzip.open(shared_data / "trip_planning.jsonl.gz", "rt") as lines:
        texts = {json.loads(line)["problem"]["statement"] for line in lines}
    assert len(texts) == 120
    for text in texts:
        assert statement(read_statement(text)) == text
