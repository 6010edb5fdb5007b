"""Schedules in texts and documents, and what models are asked."""

from __future__ import annotations

import json

import jsonschema
import pytest

import modulo
from modulo.domains.meeting_planning import (
    DOMAIN,
    answer_schema,
    best_day,
    generate,
    parse_schedule,
    prompt,
    read_schedule,
    write_schedule,
)
from modulo.errors import Malformed, ProblemError
from modulo.testing import ScriptedGenerator

from .statements import PROBLEM, WITH_INES, WITH_KAVYA

RIGHT = read_schedule(WITH_INES, PROBLEM)
TEXT = " ".join(WITH_INES)
MEETINGS = {
    "meetings": [
        {"friend": "Ines", "start": "11:30AM", "end": "12:15PM"},
        {"friend": "Jonas", "start": "12:37PM", "end": "1:37PM"},
    ]
}


@pytest.mark.parametrize(
    "document",
    [
        TEXT,
        f"SOLUTION:{TEXT}",
        f"SOLUTION: {TEXT} \n",
        TEXT[:-1],
        "\n".join(f"{number}. {line}" for number, line in enumerate(WITH_INES, 1)),
        "\n".join(f"- {line}" for line in WITH_INES),
        TEXT.replace("9:11AM", "9:11 AM").replace("12:15PM", "12:15"),
        TEXT.replace("1:37PM", "13:37"),
        TEXT.replace("AM", "am").replace("PM", " pm"),
        f"**SOLUTION:** {TEXT}",
        [line.removesuffix(".") for line in WITH_INES],
        [*(f"* {line} " for line in WITH_INES), ""],
        TEXT.replace("'", "\u2019"),
        MEETINGS,
        json.dumps(MEETINGS),
        RIGHT.model_dump(mode="json"),
    ],
)
def test_a_schedule_is_read(document: object) -> None:
    assert read_schedule(document, PROBLEM) == RIGHT
    assert parse_schedule(document if isinstance(document, str) else TEXT, PROBLEM) == RIGHT


def test_what_is_written_reads_back() -> None:
    assert write_schedule(RIGHT) == f"SOLUTION:{TEXT}"


@pytest.mark.parametrize(
    "document",
    [
        None,
        True,
        1,
        "",
        "SOLUTION:",
        [],
        [1],
        {},
        {"meetings": None},
        {"meetings": "Ines"},
        {"meetings": [{"friend": "Ines"}]},
        {"meetings": [{"friend": "Ines", "start": 690, "end": 735}]},
        {"meetings": [{"friend": "Ines", "start": "11:30AM", "end": "11:30AM"}]},
        {"meetings": [{"friend": "Ines", "start": "11:30AM", "end": "99:30PM"}]},
        {"meetings": [{"friend": "Nobody", "start": "11:30AM", "end": "12:15PM"}]},
        {"meetings": [{"friend": "Ines", "start": "11:00PM", "end": "11:59PM"}] * 2 + MEETINGS["meetings"][1:]},
        {"meetings": MEETINGS["meetings"], "more": 1},
        {"meetings": MEETINGS["meetings"] * 100},
        {"steps": []},
        {"steps": [{"kind": "wait"}]},
        {"steps": [{"kind": "wait", "until": 600}]},
        {"steps": [{"kind": "wait", "until": "10:00", "more": 1}]},
        f"{TEXT} That is the best plan.",
        f"Sure! {TEXT}",
        f"SOLUTION:SOLUTION:{TEXT}",
        TEXT.replace("You wait until 11:30AM.", "You have breakfast."),
        TEXT.replace("You wait until 11:30AM.", "You wait until 11:75AM."),
        TEXT.replace("You wait until 11:30AM.", "You wait for Ines."),
        TEXT.replace("45 minutes", "45 long minutes"),
        TEXT.replace("45 minutes", "-45 minutes"),
        TEXT.replace("45 minutes", f"{'4' * 5000} minutes"),
        TEXT.replace("You", "you"),
        "You wait until 9:00AM. " * 300,
        "You start at " * 10_000,
        '{"meetings": ',
    ],
)
def test_what_is_no_schedule_is_refused(document: object) -> None:
    with pytest.raises((Malformed, ProblemError)):
        read_schedule(document, PROBLEM)


@pytest.mark.parametrize(
    "text",
    [
        f"Let me think. Ines first.\n\nSOLUTION: {TEXT}\n\nThis plan meets two friends.",
        f"SOLUTION: {' '.join(WITH_KAVYA)}\nOn second thought:\nSOLUTION: {TEXT}",
        f"<think>{' '.join(WITH_KAVYA)} No.</think>{TEXT}",
        "**Plan**\n" + "\n".join(f"* **{line}**" for line in WITH_INES),
        f"```json\n{json.dumps(MEETINGS)}\n```",
        f"{json.dumps(MEETINGS)} which is: {TEXT}",
    ],
)
def test_a_schedule_is_found_in_prose(text: str) -> None:
    assert parse_schedule(text, PROBLEM) == RIGHT


@pytest.mark.parametrize(
    "text",
    [
        "I cannot help with that.",
        f"{TEXT} {' '.join(WITH_KAVYA)}",
        f"{TEXT} Or else: {' '.join(WITH_KAVYA)}",
        TEXT.replace("You wait until 11:30AM.", "You have breakfast."),
        f"{TEXT} {json.dumps({'meetings': []})}",
        "You meet them all.",
        "x" * 60_000,
    ],
)
def test_no_schedule_is_guessed(text: str) -> None:
    with pytest.raises(Malformed):
        parse_schedule(text, PROBLEM)


def test_the_schema_holds_answers_to_the_friends_of_the_problem() -> None:
    jsonschema.validate(MEETINGS, answer_schema(PROBLEM))
    for wrong in ({"meetings": [{"friend": "Ines", "start": "11:30", "end": "12:15PM"}]}, {"meetings": [{}]}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, answer_schema(PROBLEM))


@pytest.mark.anyio
async def test_backprompts_show_every_violation_until_a_right_day_is_certified() -> None:
    guesses = ScriptedGenerator(
        ["no idea", json.dumps({"meetings": MEETINGS["meetings"][1:]}), json.dumps(MEETINGS)]
    )
    outcome = await modulo.solve(DOMAIN.graph(guesses), PROBLEM, backprompter=DOMAIN.backprompter())
    assert isinstance(outcome, modulo.Certified)
    assert outcome.solution == RIGHT
    after_nonsense, after_one = (request.messages[-1].content for request in guesses.requests[1:])
    assert "holds no schedule" in after_nonsense
    assert "1 friends are met" in after_one
    assert prompt(PROBLEM) in after_one


def test_the_example_has_a_best_day() -> None:
    problem, schedule = generate(friends=3, seed=1)
    assert problem == DOMAIN.example()
    assert best_day().critique(problem, schedule).accepts
