"""The domain as users meet it: batches, runs, instances and audits."""

from __future__ import annotations

import gzip
import json
from itertools import islice
from pathlib import Path

import pytest

import modulo
from modulo.audit import documents
from modulo.audit.documents import drawn_documents
from modulo.batch import check_lines
from modulo.domain import find_domain
from modulo.domains.trip_planning import (
    DOMAIN,
    Trip,
    generate,
    graph,
    parse_trip,
    statement,
    trip_text,
    valid_trip,
)
from modulo.domains.trip_planning.specimens import document_of
from modulo.domains.trip_planning.trip import trip_of
from modulo.errors import ConfigurationError
from modulo.testing import ScriptedGenerator
from tests.domains.trip_planning.problems import ANSWER, OSLO


@pytest.mark.anyio
async def test_every_row_of_the_shared_data_is_judged_as_expected(shared_data: Path) -> None:
    with gzip.open(shared_data / "trip_planning.jsonl.gz") as file:
        lines = list(file)
    expected = [json.loads(line)["expected"] for line in lines]
    assert [row.document["verdict"] async for row in check_lines(lines)] == expected
    assert len(expected) == 223


@pytest.mark.anyio
async def test_a_run_certifies_through_a_hint() -> None:
    wrong = trip_text(trip_of(("Oslo", 5), ("Munich", 7), ("Riga", 7)))
    guesses = ScriptedGenerator(["I cannot help.", wrong, f"Here you go:\n\n{ANSWER}\n\nHave fun!"])
    outcome = await modulo.solve(graph(guesses), OSLO, backprompter=DOMAIN.backprompter())
    assert isinstance(outcome, modulo.Certified)
    assert trip_text(outcome.solution) == ANSWER
    assert statement(OSLO) in guesses.requests[0].messages[0].content
    assert "fly to Riga on day 5" in guesses.requests[2].messages[-1].content
    assert (await modulo.verify(outcome.certificate)).certificate == outcome.certificate


@pytest.mark.anyio
async def test_the_claim_that_there_is_no_trip_is_certified_only_where_it_is_true() -> None:
    guesses = ScriptedGenerator(["No trip plan exists.", ANSWER])
    outcome = await modulo.solve(graph(guesses), OSLO, backprompter=DOMAIN.backprompter())
    assert isinstance(outcome, modulo.Certified)
    assert "There is a trip plan." in guesses.requests[1].messages[-1].content
    lonely = OSLO.model_copy(update={"connections": OSLO.connections[:1]})
    outcome = await modulo.solve(graph(ScriptedGenerator(["No trip plan exists."])), lonely)
    assert isinstance(outcome, modulo.Unsolvable)


def test_the_domain_is_installed() -> None:
    assert find_domain("trip_planning") is DOMAIN


def test_the_example_has_a_trip() -> None:
    problem, trip = generate(cities=4, seed=1)
    assert DOMAIN.example() == problem
    assert parse_trip(trip_text(trip), problem) == trip


def test_the_same_seed_gives_the_same_problem() -> None:
    assert generate(cities=9, seed=4) == generate(cities=9, seed=4)
    assert generate(cities=9, seed=4) != generate(cities=9, seed=5)


@pytest.mark.parametrize("bad", [{"cities": 1}, {"cities": 99}, {"density": 1.5}, {"appointments": -0.1}])
def test_a_problem_that_cannot_be_is_refused(bad: dict[str, float]) -> None:
    with pytest.raises(ConfigurationError):
        generate(**bad)  # type: ignore[arg-type]


def _verdicts(count: int, seed: int) -> list[tuple[str, str, str, object]]:
    """Every document of an audit on which critic and specimens disagree."""
    wrong = []
    for made in islice(documents(DOMAIN, count, seed), count):
        try:
            trip = DOMAIN.read_candidate(made.document, made.problem)
            verdict = valid_trip().critique(made.problem, trip).verdict.value
        except ValueError:
            verdict = "reject"
        if verdict != made.expected:
            wrong.append((made.family, made.expected, verdict, made.document))
    return wrong


def test_no_document_of_an_audit_is_misjudged() -> None:
    assert _verdicts(1500, seed=0) == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 6))
def test_no_document_of_a_long_audit_is_misjudged(seed: int) -> None:
    assert _verdicts(10_000, seed) == []


def test_chat_text_leads_to_right_answers_or_to_none() -> None:
    """Whatever is done to the text of an answer, what is read out of it and accepted is right."""
    specimens, accepted = DOMAIN.specimens(), 0
    for made in islice(drawn_documents(specimens, 1500, seed=3, with_texts=True), 1500):
        if made.route != "text":
            continue
        try:
            trip = parse_trip(str(made.document), made.problem)
        except ValueError:
            assert made.expected == "reject"
            continue
        if isinstance(trip, Trip) and valid_trip().critique(made.problem, trip).accepts:
            assert specimens.is_right(made.problem, document_of(trip))
            accepted += 1
        else:
            assert made.expected == "reject"
    assert accepted
