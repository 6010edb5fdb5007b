"""Problems in documents and files: the statement alone, the benchmark's entries, and our own form."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from modulo.domains.trip_planning import DOMAIN, generate, statement
from modulo.errors import ProblemError
from tests.domains.trip_planning.problems import ANSWER, OSLO, STATEMENT

INTRODUCTION = (
    "You are an expert at planning trips. You are given a few constraints regarding the cities to visit and the "
    "durations of staying at each city. You are also given the flight information between the cities."
)
EXAMPLE = f"TASK: {statement(generate(cities=3, seed=5)[0])}\nSOLUTION: Here is the trip plan ..."
EXAMPLES = f"Here are a few example tasks and solutions:\n\n{EXAMPLE}"
FEW_SHOT = f"{INTRODUCTION}\n\n{EXAMPLES}\n\nTASK: {STATEMENT}\nSOLUTION:"
ENTRY = {
    "cities": "Oslo**Riga**Munich",
    "durations": "5**7**7",
    "num_cities": "3",
    "prompt_0shot": STATEMENT,
    "prompt_5shot": FEW_SHOT,
    "golden_plan": ANSWER,
    "pred_5shot_pro": "whatever",
}


@pytest.mark.parametrize(
    "document",
    [
        {"statement": STATEMENT},
        ENTRY,
        {"prompt_0shot": STATEMENT},
        {"prompt_0shot": f"{INTRODUCTION}\n\nTASK: {STATEMENT}\nSOLUTION: "},
        {"prompt_5shot": FEW_SHOT},
        OSLO.model_dump(mode="json"),
    ],
)
def test_a_problem_is_read_in_each_of_its_forms(document: dict[str, object]) -> None:
    assert DOMAIN.read_problem(document) == OSLO  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "document",
    [
        None,
        STATEMENT,
        {},
        {"statement": 7},
        {"statement": STATEMENT, "budget": 100},
        {"prompt_0shot": FEW_SHOT.replace("Munich", "Munich and Bergen")},
        {"prompt_0shot": f"Be quick. {FEW_SHOT}"},
        {"prompt_5shot": f"{FEW_SHOT} TASK: "},
        {"prompt_5shot": "TASK: " * 1_000_000},
        OSLO.model_dump(mode="json") | {"budget": 100},
        OSLO.model_dump(mode="json") | {"days": "17"},
        OSLO.model_dump(mode="json") | {"days": True},
        OSLO.model_dump(mode="json") | {"visits": []},
    ],
)
def test_what_is_no_problem_is_refused(document: object) -> None:
    with pytest.raises(ProblemError):
        DOMAIN.read_problem(document)  # type: ignore[arg-type]


def test_an_entry_of_the_benchmarks_file_is_named_behind_a_hash(tmp_path: Path) -> None:
    file = tmp_path / "trip_planning.json"
    file.write_text(json.dumps({"trip_planning_example_158": ENTRY}))
    assert DOMAIN.read_problem_file(Path(f"{file}#trip_planning_example_158")) == OSLO
    with pytest.raises(ProblemError, match="no entry 'other'; there are trip_planning_example_158"):
        DOMAIN.read_problem_file(Path(f"{file}#other"))
    with pytest.raises(ProblemError, match="choose one of the problems"):
        DOMAIN.read_problem_file(file)


def test_a_file_with_one_problem_is_read(tmp_path: Path) -> None:
    file = tmp_path / "problem.json"
    file.write_text(json.dumps({"statement": STATEMENT}))
    assert DOMAIN.read_problem_file(file) == OSLO
    file.write_text("[1]")
    with pytest.raises(ProblemError, match="no entry 'x'"):
        DOMAIN.read_problem_file(Path(f"{file}#x"))
    with pytest.raises(ProblemError, match="cannot be read"):
        DOMAIN.read_problem_file(tmp_path / "none.json")
