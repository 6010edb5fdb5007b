"""Other libraries, installed in a scratch environment and measured side by side in the same run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from importing import import_row
from measuring import Row

__all__ = ["environment", "install", "measure_peers"]

_LANGGRAPH = ("langgraph==1.2.22", "langgraph-checkpoint-sqlite", "aiosqlite")


def measure_peers(folder: Path, *, settings: dict[str, Any], imports: int) -> list[Row]:
    """Install the peers under a folder, unless they are there already, and measure them.

    A peer that cannot be installed or run is left out, and said so on standard error.

    Args:
        folder: Where the scratch environment is made or found.
        settings: For ``peer_loops.py``.
        imports: How many times each import is timed.
    """
    rows = []
    for requirements, measure in (
        (_LANGGRAPH, lambda python: [*_loops(python, settings), _import("langgraph.graph", python, imports)]),
        (("dspy",), lambda python: [_import("dspy", python, imports)]),
        (("litellm",), lambda python: [_import("litellm", python, imports)]),
    ):
        try:
            python = environment(folder)
            install(python, requirements)
            rows += measure(python)
        except subprocess.CalledProcessError as error:
            print(f"{requirements[0]} is left out: {error}\n{error.stderr or ''}", file=sys.stderr)
    return rows


def environment(folder: Path) -> Path:
    """The interpreter of the scratch environment under a folder, made unless it is there."""
    python = folder / "venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
    return python


def install(python: Path, requirements: Sequence[str]) -> None:
    """Install packages there.

    Raises:
        CalledProcessError: They cannot be.
    """
    print(f"installing {' '.join(requirements)} in {python.parents[1]} ...", file=sys.stderr)
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *requirements]
    subprocess.run(command, check=True, capture_output=True, text=True)


def _loops(python: Path, settings: dict[str, Any]) -> list[Row]:
    program = Path(__file__).with_name("peer_loops.py")
    command = [str(python), "-P", str(program), json.dumps(settings)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return [
        Row(what=r["what"], unit=r["unit"], values=r["wall"], cpu=r["cpu"], note=r["note"])
        for r in json.loads(done.stdout)
    ]


def _import(module: str, python: Path, repeats: int) -> Row:
    row, _ = import_row(f"import {module}", f"import {module}", repeats=repeats, python=python)
    return row
