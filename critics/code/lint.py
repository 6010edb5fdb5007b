"""A soft critic: what ruff has to say about a program."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Final

from modulo.critics.code.problem import CodeProblem
from modulo.critique import Remark
from modulo.errors import MissingDependencyError
from modulo.protocols import SoftCritic

__all__ = ["RuffRemarks"]

_SECONDS: Final = 20.0
_MAX_SHOWN: Final = 10


class RuffRemarks(SoftCritic[CodeProblem, str]):
    """Ranks programs by how little ruff finds to say of them. It parses and never runs them.

    Args:
        select: Rules, as ruff's ``--select`` takes them.
    """

    def __init__(self, select: str = "E,F,B,SIM,PERF") -> None:
        self._select = select

    def remark(self, problem: CodeProblem, candidate: str) -> Remark:
        """Minus the number of findings, and the first of them.

        Raises:
            MissingDependencyError: Ruff is not installed.
            RuntimeError: It failed.
        """
        command = [_find_ruff(), "check", "--isolated", "--no-cache", "--quiet", "--output-format=json"]
        command += [f"--select={self._select}", "--stdin-filename=solution.py", "-"]
        done = subprocess.run(  # noqa: S603  our own command line; the program is its input
            command,
            input=candidate.encode("utf-8", "replace"),
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
        if done.returncode not in (0, 1):
            raise RuntimeError(f"ruff ended with code {done.returncode}")
        findings = json.loads(done.stdout)
        lines = [f"line {found['location']['row']}: {found['message']}" for found in findings[:_MAX_SHOWN]]
        return Remark(score=-float(len(findings)), text="\n".join(lines) or None)


def _find_ruff() -> str:
    found = shutil.which("ruff") or shutil.which("ruff", path=sysconfig.get_path("scripts"))
    beside = Path(sys.executable).with_name("ruff")
    if found is None and not beside.exists():
        raise MissingDependencyError("the remarks come from ruff, which is not installed: pip install ruff")
    return found or str(beside)
