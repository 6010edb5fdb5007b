"""The critic of days: tables of answers, an oracle that tries all orders, and planted faults."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import modulo
from modulo.critique import Violation
from modulo.domains.meeting_planning import DOMAIN, best_day, generate, most_meetings, read_schedule
from modulo.domains.meeting_planning.problem import next_friend

from .statements import PROBLEM, WITH_INES, WITH_KAVYA, changed


def violations(lines: list[str]) -> tuple[Violation, ...]:
    return best_day().critique(PROBLEM, read_schedule(lines, PROBLEM)).violations


@pytest.mark.parametrize(
    "lines",
    [
        WITH_INES,
        WITH_KAVYA,
        [*WITH_INES, "You wait until 1:37PM."],
        [*WITH_INES, "You wait until 11:00PM."],
        changed(
            WITH_INES,
            2,
            "You travel to The Castro in 17 minutes and arrive at 9:17AM.",
            "You travel to Fisherman's Wharf in 24 minutes and arrive at 9:41AM.",
        ),
    ],
)
def test_a_day_that_is_possible_and_best_is_accepted(lines: list[str]) -> None:
    assert violations(lines) == ()


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (WITH_INES[:4], ["too_few"]),
        (WITH_INES[:1], ["too_few"]),
        (changed(WITH_INES, 1, "You start at Nob Hill at 8:59AM."), ["wrong_start", "wrong_travel"]),
        (changed(WITH_INES, 1, "You start at The Castro at 9:00AM."), ["wrong_start", "wrong_travel"]),
        (WITH_INES[1:], ["wrong_start", "no_way"]),
        ([*WITH_INES, WITH_INES[0]], ["second_start"]),
        (
            changed(WITH_INES, 2, "You travel to Fisherman's Wharf in 12 minutes and arrive at 9:12AM."),
            ["wrong_travel"],
        ),
        (
            changed(WITH_INES, 2, "You travel to Fisherman's Wharf in 11 minutes and arrive at 9:12AM."),
            ["wrong_travel"],
        ),
        (
            changed(WITH_INES, 5, "You travel to Haight-Ashbury in 22 minutes and arrive at 12:36PM."),
            ["wrong_travel"],
        ),
        (
            changed(WITH_INES, 2, "You travel to Bayview in 11 minutes and arrive at 9:11AM."),
            ["no_way", "no_way", "wrong_place"],
        ),
        (changed(WITH_INES, 3, "You wait until 9:10AM."), ["too_early"]),
        (changed(WITH_INES, 6, "You meet Jonas for 60 minutes from 12:36PM to 1:36PM."), ["too_early"]),
        (changed(WITH_INES, 6, "You meet Jonas for 60 minutes from 12:37PM to 1:38PM."), ["wrong_minutes"]),
        (changed(WITH_INES, 6, "You meet Jonas for 59 minutes from 12:37PM to 1:36PM."), ["too_short"]),
        (changed(WITH_INES, 6, "You meet Jonas for 60 minutes from 1:01PM to 2:01PM."), ["not_there"]),
        (changed(WITH_INES, 6, "You meet Jonas for 60 minutes from 1:37AM to 2:37AM."), ["too_early", "not_there"]),
        (
            changed(WITH_INES, 4, "You meet Ines for 45 minutes from 11:29AM to 12:14PM."),
            ["wrong_travel", "too_early", "not_there"],
        ),
        (
            changed(WITH_INES, 6, "You meet Kavya for 90 minutes from 12:37PM to 2:07PM."),
            ["wrong_place", "not_there"],
        ),
        (
            changed(WITH_INES, 6, "You meet Nobody for 60 minutes from 12:37PM to 1:37PM."),
            ["unknown_friend"],
        ),
        (
            [*WITH_INES[:4], "You meet Ines for 45 minutes from 12:15PM to 1:00PM."],
            ["met_twice", "too_few"],
        ),
        (changed(WITH_INES, 5), ["wrong_place"]),
    ],
)  # fmt: skip
def test_every_fault_is_named(lines: list[str], expected: list[str]) -> None:
    assert [violation.code for violation in violations(lines)] == expected


def test_violations_say_where_and_what_to_do() -> None:
    lines = changed(WITH_INES, 5, "You travel to Haight-Ashbury in 20 minutes and arrive at 12:35PM.")
    (wrong,) = violations(lines)
    assert wrong.location == "step 5"
    assert wrong.expected == "You travel to Haight-Ashbury in 22 minutes and arrive at 12:37PM."
    (few,) = violations(WITH_INES[:4])
    assert (few.expected, few.hint) == ("2 friends, as many as can be", "meet Jonas after Ines.")
    (late,) = violations(changed(WITH_INES, 6, "You meet Jonas for 70 minutes from 12:55PM to 2:05PM."))
    assert late.hint == "begin at 12:30PM at the earliest and at 1:00PM at the latest."


def test_a_bad_beginning_is_not_to_be_kept() -> None:
    assert next_friend(PROBLEM, ("Jonas",)) == (1, None)
    assert next_friend(PROBLEM, ("Jonas", "Ines")) == (0, None)
    assert next_friend(PROBLEM, ("Nobody",)) == (0, None)
    lines = [
        "You start at Nob Hill at 9:00AM.",
        "You travel to Haight-Ashbury in 13 minutes and arrive at 9:13AM.",
        "You meet Jonas for 60 minutes from 12:30PM to 1:30PM.",
    ]
    (few,) = violations(lines)
    assert few.hint in ("meet Ines first.", "meet Kavya first.")


@pytest.mark.anyio
@pytest.mark.parametrize("junk", [None, 1, "x", {}, [], {"steps": []}, {"steps": [{"kind": "fly"}]}])
async def test_what_is_no_schedule_is_rejected(junk: object) -> None:
    checked = await modulo.check(DOMAIN.graph_for_checking(), PROBLEM, junk)
    assert checked.verdict == "reject"


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 10_000))
def test_a_damaged_right_answer_is_rejected_unless_the_oracle_says_otherwise(seed: int) -> None:
    specimens = DOMAIN.specimens()
    rng = random.Random(seed)
    specimen = specimens.draw(rng)
    problem = specimen.problem
    for variant in specimens.damaged(specimen, rng):
        try:
            schedule = read_schedule(variant.document, problem)
        except ValueError:
            assert not specimens.is_right(problem, variant.document), variant
            continue
        right = specimens.is_right(problem, variant.document)
        assert best_day().critique(problem, schedule).accepts == bool(right), variant
    for variant in specimens.rewritten(specimen, rng):
        assert best_day().critique(problem, read_schedule(variant.document, problem)).accepts, variant


def test_a_planted_fault_would_be_noticed() -> None:
    """Without any one of its constraints, the critic accepts something that the oracle calls wrong."""
    from modulo.critics.constraints import Satisfies

    specimens = DOMAIN.specimens()
    rng = random.Random(1)
    drawn = [specimens.draw(rng) for _ in range(60)]
    whole = best_day().constraints
    tried = [(s, v) for s in drawn for v in specimens.damaged(s, rng)]
    unnoticed = []
    for left_out in whole:
        critic = Satisfies(*[one for one in whole if one is not left_out])
        if not any(_is_wrongly_accepted(critic, specimens, s.problem, v.document) for s, v in tried):
            unnoticed.append(left_out.name)
    assert unnoticed == []


def _is_wrongly_accepted(critic: object, specimens: object, problem: object, document: object) -> bool:
    try:
        schedule = read_schedule(document, problem)  # type: ignore[arg-type]
    except ValueError:
        return False
    accepted = critic.critique(problem, schedule).accepts  # type: ignore[attr-defined]
    return accepted and not specimens.is_right(problem, document)  # type: ignore[attr-defined]


def test_the_best_of_many_friends_is_found_at_once() -> None:
    problem, _ = generate(friends=12, out_of_reach=4, seed=1)
    free = [f.model_copy(update={"opens": 500, "closes": 1400, "minutes": 15}) for f in problem.friends]
    assert most_meetings(problem.model_copy(update={"friends": tuple(free)})) == 12
