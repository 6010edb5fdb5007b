"""The user's own problems, and every recorded answer to one."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path

from modulo.critics.plan import PddlProblem
from modulo.domains.pddl import DOMAIN
from modulo.domains.planning import parse_plan, pddl_prompt
from modulo.errors import Malformed


def kind_of(text: str, problem: PddlProblem) -> str:
    try:
        return "plan" if isinstance(parse_plan(text, problem), str) else "claim"
    except Malformed as error:
        return error.code


def test_the_prompt_is_the_pddl_itself() -> None:
    graph = DOMAIN.graph_for_checking()
    assert graph.generators["planner"].prompt is pddl_prompt


def test_recorded_answers_are_plans_or_malformed_for_a_reason(shared_data: Path) -> None:
    found: Counter[str] = Counter()
    with gzip.open(shared_data / "lrm_modulo_transcripts.jsonl.gz") as file:
        for run in map(json.loads, file):
            problem = PddlProblem(**run["problem"])
            found.update(kind_of(response["text"], problem) for response in run["responses"])
    assert found == {"plan": 1082, "claim": 9, "several_plans": 4, "no_plan": 4, "abbreviated": 2}


def test_recorded_plans_in_the_strict_format_are_read_as_they_are(shared_data: Path) -> None:
    with gzip.open(shared_data / "planbench_plans.jsonl.gz") as file:
        rows = [json.loads(line) for line in file]
    for row in rows:
        lines = [line.strip().lower().replace(",", "") for line in row["candidate"].strip().splitlines()]
        assert parse_plan(row["candidate"], PddlProblem(**row["problem"])) == "\n".join(lines)
