"""Small studies with known outcomes: simulated ones, and graphs coloured by a recorded model."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import anyio

from modulo.bench.folder import StudyFolder
from modulo.bench.running import run_study
from modulo.bench.study import study_of

PROBLEM = {"nodes": ["A", "B"], "edges": [["A", "B"]], "colors": ["red", "blue"]}
RIGHT = '{"A": "red", "B": "blue"}'
WRONG = '{"A": "red", "B": "red"}'
OTHER = '{"A": "blue", "B": "blue"}'
HOSTILE = '</script></pre><script>document.title = "owned"</script><img src=x onerror="document.title=1">'

SIMULATED: dict[str, Any] = {
    "name": "simulated",
    "problems": [
        {"name": "easy", "domain": "simulated", "count": 3, "licence": "CC0-1.0"},
        {"name": "hard", "domain": "simulated", "count": 3, "difficulty": {"difficulty": "hard"}},
    ],
    "models": {
        "small": "simulated:easy=0.5,hard=0.1,cost_usd=0.01",
        "large": "simulated:easy=0.9,hard=0.5,cost_usd=0.05",
    },
    "strategies": {"refine": "refine", "best": "best_of_n:n=4,width=1", "vote": "self_consistency:n=3"},
    "budget": {"calls": 5},
}


def simulated(folder: Path, **changes: Any) -> StudyFolder:
    """A study of simulated models in a folder."""
    return _ran({**SIMULATED, **changes}, folder)


def never_right(folder: Path) -> StudyFolder:
    """A study in a folder of a model that never finds a right answer."""
    return simulated(folder, models={"m": "simulated:easy=0,hard=0"}, strategies={"refine": "refine"})


def colored(
    folder: Path,
    *answers: str,
    problems: Sequence[Any] = (PROBLEM,),
    licence: str | None = "MIT",
    **changes: Any,
) -> StudyFolder:
    """A study in a folder in which a recorded model gives these answers to each graph to be coloured."""
    folder.mkdir(parents=True, exist_ok=True)
    usage = {"prompt_tokens": 100, "completion_tokens": 10}
    responses = [{"text": answer, "usage": usage} for answer in answers]
    rows = [{"problem": problem, "model": "m", "responses": responses} for problem in problems]
    for name, lines in (("runs.jsonl", rows), ("graphs.jsonl", problems)):
        (folder / name).write_text("".join(json.dumps(line) + "\n" for line in lines))
    given = {
        "problems": [{"domain": "graph_coloring", "lines": "graphs.jsonl", "licence": licence}],
        "models": {"m": f"transcript:{folder / 'runs.jsonl'}"},
        "strategies": {"refine": "refine"},
    }
    return _ran({**given, **changes}, folder)


def _ran(document: dict[str, Any], folder: Path) -> StudyFolder:
    results = StudyFolder(folder / "results")
    anyio.run(lambda: run_study(study_of(document, where="here"), results, base=folder))
    return results
