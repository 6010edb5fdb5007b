"""Batches: many rows about few problems, each read once while there is room."""

from __future__ import annotations

import json
from typing import Any

import pytest

from modulo import batch
from modulo.batch import check_lines
from modulo.domains.graph_coloring import DOMAIN, ColoringProblem

pytestmark = pytest.mark.anyio

PROBLEMS = [
    {"nodes": ["A", "B"], "edges": [["A", "B"]], "colors": ["red", "green"]},
    {"nodes": ["A", "B"], "edges": [], "colors": ["red", "green"]},
]
SAME, MIXED = {"A": "red", "B": "red"}, {"A": "red", "B": "green"}


async def verdicts(rows: list[tuple[int, Any]]) -> list[str]:
    lines = [
        json.dumps(
            {"id": 0, "domain": "graph_coloring", "problem": PROBLEMS[at], "candidate": candidate}
        ).encode()
        for at, candidate in rows
    ]
    return [row.document["verdict"] async for row in check_lines(lines)]


async def test_rows_are_judged_by_their_own_problem_in_any_order() -> None:
    rows = [(0, SAME), (1, SAME), (0, MIXED), (1, MIXED), (0, SAME), (0, "no coloring"), (1, SAME)]
    expected = ["reject", "accept", "accept", "accept", "reject", "reject", "accept"]
    assert await verdicts(rows) == expected


async def test_a_problem_is_read_once_for_all_of_its_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[object] = []
    original = type(DOMAIN).read_problem

    def counted(self: Any, document: Any) -> ColoringProblem:
        read.append(document)
        problem: ColoringProblem = original(self, document)
        return problem

    monkeypatch.setattr(type(DOMAIN), "read_problem", counted, raising=False)
    await verdicts([(0, SAME), (1, SAME), (0, MIXED), (1, MIXED)])
    assert len(read) == 2
    read.clear()
    monkeypatch.setattr(batch, "_BYTES_KEPT", 1)
    assert (
        await verdicts([(0, SAME), (1, SAME), (0, MIXED), (1, MIXED)]) == ["reject", "accept"] + ["accept"] * 2
    )
    assert len(read) == 4
