"""What type checkers say of a user's program."""

from __future__ import annotations

from pathlib import Path

from mypy import api

ROOT = Path(__file__).resolve().parents[2]

PROGRAM = """
from typing import Any, assert_type
import modulo

@modulo.critic(proves="x")
def ok(problem: Any, candidate: list[str]) -> list[modulo.Violation]:
    return []

def parsed(text: str) -> list[str]:
    return [text]

async def main(graph: modulo.Graph[list[str]], untyped: modulo.Graph) -> None:
    assert_type(await modulo.solve(graph, 1), modulo.Outcome[list[str]])
    assert_type(await modulo.solve(untyped, 1, budget=modulo.Budget(rounds=1)), modulo.Outcome[Any])
    assert_type(await modulo.solve(1, generator=str, critics=[ok]), modulo.Outcome[str])
    outcome = modulo.solve_sync(1, generator=str, critics=ok, reformulator=parsed, seed=3)
    assert_type(outcome, modulo.Outcome[list[str]])
    match outcome:
        case modulo.Certified(solution):
            assert_type(solution, list[str])
    async with modulo.stream(graph, 1) as events:
        assert_type(await events.outcome(), modulo.Outcome[list[str]])
    async with modulo.stream(1, generator=str, critics=[ok]) as texts:
        assert_type(await texts.outcome(), modulo.Outcome[str])

modulo.solve_sync(1, generator=str)  # no critics
modulo.solve_sync(modulo.Graph("g"), 1, critics=[ok])  # a graph brings its own
modulo.solve_sync(modulo.Graph("g"), 1, tempo=1)  # no such option
modulo.critic(version="2")  # says not what it proves
"""


def test_solutions_have_the_type_of_the_graph_or_reformulator(tmp_path: Path) -> None:
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    settings = ["--strict", "--python-version", "3.11", "--config-file", str(ROOT / "pyproject.toml")]
    report, complaints, _ = api.run([*settings, "--no-error-summary", "--hide-error-context", str(path)])
    assert complaints == ""
    wrong = {int(line.split(":")[1]) for line in report.splitlines() if ": error:" in line}
    lines = PROGRAM.splitlines()
    assert wrong == {number for number, line in enumerate(lines, 1) if "  # " in line}
