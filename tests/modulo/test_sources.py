"""The digest of a critic's source: what it is made of, wherever that stands."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

CRITICS = """
import threading

import modulo
import checks
from modulo.critics.constraints import Satisfies, constraint
from modulo.critique import Violation
from modulo.protocols import Critic
from rules.far import far, plain


@constraint
def small(problem, candidate):
    if candidate > checks.LIMIT:
        yield Violation("large", "It is too large.")


def at_most(limit):
    @modulo.critic(proves="small")
    def judged(problem: object, candidate: int):
        if candidate > limit:
            yield Violation("large", "It is too large.")

    return judged


class Locked(Critic):
    proves = "nothing"

    def __init__(self):
        self.lock, self.rule = threading.Lock(), plain

    def critique(self, problem: object, candidate: int):
        return self.rule(problem, candidate)


near = Satisfies(small)
elsewhere = Satisfies(far)
"""
FAR = """
from modulo.critics.constraints import constraint
from . import deep; from .deeper import \\
    VALUE
if True: from .more import OTHER


@constraint
def far(problem, candidate):
    yield from ()


def plain(problem, candidate):
    return []
"""
FILES = {
    "critics.py": CRITICS,
    "checks.py": "LIMIT = 3\n",
    "rules/__init__.py": "",
    "rules/far.py": FAR,
    "rules/deep.py": "",
    "rules/deeper.py": "VALUE = 1\n",
    "rules/more.py": "OTHER = 1\n",
}


def written(folder: Path, **changed: str) -> Path:
    for name, text in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text + changed.get(Path(name).stem, ""), "utf-8")
    return folder


def digest(folder: Path, critic: str) -> str:
    program = (
        f"import critics; from modulo.sources import source_digest; print(source_digest(critics.{critic}))"
    )
    return _output(folder, program)


def _output(folder: Path, program: str) -> str:
    # By a process of its own: files are read once in each.
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(folder)!r}); {program}"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize(
    ("critic", "changed"),
    [
        ("near", "critics"),
        ("near", "checks"),
        ("elsewhere", "far"),
        ("elsewhere", "deep"),
        ("elsewhere", "deeper"),
        ("elsewhere", "more"),
        ("Locked()", "far"),
    ],
)
def test_a_change_of_anything_that_a_critic_is_made_of_is_seen(
    critic: str, changed: str, tmp_path: Path
) -> None:
    before = digest(written(tmp_path), critic)
    assert digest(tmp_path, critic) == before
    assert digest(written(tmp_path, **{changed: "# changed\n"}), critic) != before


def test_critics_that_close_over_other_numbers_differ(tmp_path: Path) -> None:
    written(tmp_path)
    assert digest(tmp_path, "at_most(3)") == digest(tmp_path, "at_most(3)")
    assert digest(tmp_path, "at_most(3)") != digest(tmp_path, "at_most(30)")


@pytest.mark.parametrize("change", ["LIMIT = 4", "def over(c): return c > LIMIT + 1"])
def test_code_without_a_file_counts_as_it_is_compiled(change: str, tmp_path: Path) -> None:
    notebook = """
import modulo
from modulo.sources import source_digest
LIMIT, other = 3, 1
def over(c): return c > LIMIT
@modulo.critic(proves="small")
def small(problem: object, candidate: int):
    if over(candidate): yield modulo.Violation("large", "large")
before = source_digest(small)
other = 2
print(before == source_digest(small))
exec(CHANGE)
print(before == source_digest(small))
"""
    program = f"exec({notebook.replace('CHANGE', repr(change))!r})"
    assert _output(tmp_path, program).split() == ["True", "False"]
