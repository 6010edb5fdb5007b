"""Prompts, and trips out of chat."""

from __future__ import annotations

import json
import time

import pytest

from modulo.domains.trip_planning import parse_trip, prompt, statement
from modulo.domains.trip_planning.reading import read_trip
from modulo.domains.trip_planning.specimens import document_of
from modulo.errors import Malformed
from modulo.problem import NO_SOLUTION
from tests.domains.trip_planning.problems import ANSWER, OSLO

TRIP = read_trip(ANSWER, OSLO)
OTHER = ANSWER.replace("Riga", "Bergen")


@pytest.mark.parametrize(
    "text",
    [
        ANSWER,
        f"Sure, here it is!\n\n```\n{ANSWER}\n```\n\nI hope this helps.",
        f"<think>\n{OTHER}\nNo, that is wrong.\n</think>\n{ANSWER}",
        f"My first try:\n{OTHER}\n\n**Final answer:**\n\n{ANSWER}",
        f"First:\n{OTHER}\nSOLUTION:\n{ANSWER}",
        f"{ANSWER}\n\nOnce more:\n\n{ANSWER}",
        ANSWER.replace("Oslo", "OSLO").replace("Riga", "riga"),
        f"Here:\n```json\n{json.dumps(document_of(TRIP))}\n```\nas {{asked}}.",
        f"{ANSWER}\n\nor, for programs, {json.dumps(document_of(TRIP))}",
    ],
)
def test_the_trip_is_found_in_chat(text: str) -> None:
    assert parse_trip(text, OSLO) == TRIP


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "no_plan"),
        ("Sorry, I cannot help with that.", "no_plan"),
        (f"{ANSWER}\n\nOr else:\n\n{OTHER}", "several_plans"),
        (f"{ANSWER}\n\n**Final answer:**\n\nas above", "no_plan"),
        (f"{ANSWER}\n**Day 17:** Go home.", "unreadable_line"),
        (f"{ANSWER}\n{json.dumps(document_of(read_trip(OTHER, OSLO)))}", "several_plans"),
        ('{"stops": []}', "no_plan"),
        ("{" * 10_000, "malformed"),
        (f"{ANSWER}\n\n**Day 1-2:** ...", "unreadable_line"),
    ],
)
def test_what_holds_no_single_trip_is_malformed(text: str, code: str) -> None:
    with pytest.raises(Malformed) as raised:
        parse_trip(text, OSLO)
    assert raised.value.code == code


@pytest.mark.parametrize("text", ["No solution.", "There is no such trip", "no valid trip plan exists"])
def test_a_claim_that_there_is_none_is_one_only_if_nothing_else_is_said(text: str) -> None:
    assert parse_trip(text, OSLO) is NO_SOLUTION
    assert parse_trip(f"{text}\n{ANSWER}", OSLO) == TRIP
    with pytest.raises(Malformed):
        parse_trip(f"I think: {text}", OSLO)


@pytest.mark.parametrize(
    "text",
    ["<think>" * 25_000, "\n" * 200_000, "solution" + " " * 190_000 + "x", " #*" * 60_000, "no " * 60_000],
    ids=["thoughts", "lines", "spaces", "marks", "words"],
)
def test_no_text_takes_long(text: str) -> None:
    started = time.process_time()
    with pytest.raises(Malformed):
        parse_trip(text, OSLO)
    assert time.process_time() - started < 2


def test_the_prompt_holds_the_statement_and_an_example_that_can_be_read() -> None:
    text = prompt(OSLO)
    assert text.startswith(statement(OSLO))
    example = read_trip(text[text.index("Here is the trip plan") :], OSLO)
    assert [(stay.first, stay.last, stay.days) for stay in example.stays] == [(1, 5, 5), (5, 8, 4)]
    assert len(example.flights) == 1
