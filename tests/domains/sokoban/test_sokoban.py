"""Seeded levels of Sokoban, and their picture."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modulo.critics.plan import PddlProblem
from modulo.domains.sokoban import DOMAIN, DOMAIN_PDDL, generate
from modulo.domains.sokoban.wording import statement
from modulo.errors import ConfigurationError, ProblemError
from tests.domains.planning.solving import check_instance


@given(st.integers(4, 9), st.integers(1, 3), st.integers(0, 4), st.integers(1, 25), st.integers(0, 10_000))
def test_a_level_is_solved_by_its_plan_and_not_by_damaged_ones(
    size: int, boxes: int, walls: int, pulls: int, seed: int
) -> None:
    problem, plan = generate(size=size, boxes=boxes, walls=walls, pulls=pulls, seed=seed)
    check_instance(problem, plan, seed)


def test_the_same_seed_gives_the_same_level() -> None:
    assert generate(seed=5) == generate(seed=5)
    assert generate(seed=5) != generate(seed=6)


@pytest.mark.parametrize(
    "numbers", [{"size": 1}, {"size": 51}, {"boxes": 0}, {"walls": -1}, {"pulls": 0}, {"size": 3, "walls": 8}]
)
def test_a_level_that_cannot_be_is_refused(numbers: dict[str, int]) -> None:
    with pytest.raises(ConfigurationError, match="there is no level"):
        generate(**numbers)


def test_a_level_without_room_to_pull_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="use more cells"):
        generate(size=2, boxes=1, walls=0)


def test_the_picture_shows_walls_boxes_and_the_robot() -> None:
    problem = PddlProblem(
        DOMAIN_PDDL,
        """(define (problem small) (:domain typed-sokoban)
        (:objects up down left right - dir box1 box0 - box f0-0f f0-1f f0-2f f1-0f f1-1f f1-2f - loc)
        (:init (at-robot f0-0f) (at box1 f0-1f) (at box0 f1-0f) (clear f0-0f) (clear f0-2f) (clear f1-2f)
               (adjacent f0-0f f0-1f right) (adjacent f0-1f f0-2f right))
        (:goal (and (at box1 f0-2f))))""",
    )
    assert statement(problem) == (
        "The level, 2 rows of 3 cells, box 0 is box1, box 1 is box0:\n@0.\n1#.\nPush box 0 to f0-2f."
    )


def test_every_recorded_level_can_be_drawn(shared_data: Path) -> None:
    with gzip.open(shared_data / "lrm_modulo_transcripts.jsonl.gz") as file:
        rows = [json.loads(line) for line in file]
    levels = {row["problem"]["problem_pddl"]: row["problem"] for row in rows if row["suite"] == "sokoban"}
    for level in levels.values():
        problem = PddlProblem(**level)
        assert statement(problem).count("@") == 1
        assert DOMAIN.natural_prompt(problem)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("f0-0f", "cellar"),
        ("(:goal (and (at box0", "(:goal (and (not (at box0"),
    ],
)
def test_what_is_no_grid_is_not_drawn(old: str, new: str) -> None:
    text = DOMAIN.example().problem_pddl.replace(old, new)
    if "not" in new:
        text = text.replace("(:goal (and (not (at box0 f0-1f)", "(:goal (and (not (at box0 f0-1f))")
    with pytest.raises(ProblemError, match="use the PDDL prompt"):
        DOMAIN.natural_prompt(PddlProblem(DOMAIN_PDDL.replace(":typing", ":adl"), text))
