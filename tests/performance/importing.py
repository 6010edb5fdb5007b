"""Time of ``import modulo`` in a fresh interpreter, and what it must not load."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from measuring import Row

__all__ = ["import_row", "measure_import"]

_PROGRAM = """
import json, sys, time
wall, cpu = time.perf_counter(), time.process_time()
{statement}
wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
print(json.dumps([wall, cpu, sorted({{name.partition(".")[0] for name in sys.modules}})]))
"""

_UNWANTED = ("litellm", "networkx")


def measure_import(*, repeats: int) -> list[Row]:
    """The import alone, and with every public name, since those load what they need when first used."""
    alone, loaded = import_row("import modulo", "import modulo", repeats=repeats, reach=0.2)
    names, loaded_for_names = import_row("from modulo import *", "from modulo import *", repeats=repeats)
    unwanted = [name for name in _UNWANTED if name in loaded]
    return [
        alone,
        Row(what="of litellm and networkx, it loads", unit="modules", values=[len(unwanted)], reach=0),
        replace(names, note=_loads(loaded_for_names)),
    ]


def import_row(
    what: str,
    statement: str,
    *,
    repeats: int,
    reach: float | None = None,
    python: str | Path = sys.executable,
) -> tuple[Row, frozenset[str]]:
    """Time a statement in that many new interpreters; also which top-level modules are loaded after it."""
    # An untimed run before the others writes byte code.
    runs = [_run(statement, python) for _ in range(repeats + 1)][1:]
    row = Row(what=what, unit="s", values=[run[0] for run in runs], cpu=[run[1] for run in runs], reach=reach)
    return row, frozenset(runs[-1][2])


def _run(statement: str, python: str | Path) -> tuple[float, float, list[str]]:
    # -P: this folder is no place to import from; nor may litellm ask the network for prices.
    command = [str(python), "-P", "-c", _PROGRAM.format(statement=statement)]
    environment = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "PATH": ""}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    wall, cpu, modules = json.loads(done.stdout.splitlines()[-1])
    return wall, cpu, modules


def _loads(modules: frozenset[str]) -> str:
    found = [name for name in (*_UNWANTED, "pydantic", "anyio") if name in modules]
    return f"everything that a first solve() needs; loads {', '.join(found)}"
