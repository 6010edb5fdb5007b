"""What critics of programs are audited on: programs for our own problems, and programs with one thing changed."""

from __future__ import annotations

import random
import re
import subprocess
import sys
import warnings
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

from modulo.canonical import JsonValue
from modulo.critics.code import CodeProblem
from modulo.domains.code.instances import PROBLEMS
from modulo.specimens import Specimen, Specimens, Variant

__all__ = ["ProgramSpecimens"]

_PROGRAMS: Final[Mapping[str, tuple[str, ...]]] = {
    "longest_run": (
        "def longest_run(values):\n    best = run = 0\n    before = object()\n    for value in values:\n"
        "        run = run + 1 if value == before else 1\n        before = value\n        best = max(best, run)\n"
        "    return best\n",
        "from itertools import groupby\n\n\ndef longest_run(values):\n"
        "    return max((len(list(group)) for _, group in groupby(values)), default=0)\n",
    ),
    "caesar": (
        "def caesar(text, shift):\n    moved = []\n    for letter in text:\n        for first in 'aA':\n"
        "            if ord(first) <= ord(letter) < ord(first) + 26:\n"
        "                letter = chr((ord(letter) - ord(first) + shift) % 26 + ord(first))\n"
        "                break\n        moved.append(letter)\n    return ''.join(moved)\n",
    ),
    "merge_spans": (
        "def merge_spans(spans):\n    merged = []\n    for first, last in sorted(spans):\n"
        "        if merged and first <= merged[-1][1] + 1:\n"
        "            merged[-1] = (merged[-1][0], max(merged[-1][1], last))\n        else:\n"
        "            merged.append((first, last))\n    return merged\n",
    ),
    "balanced": (
        "def balanced(text):\n    closing = {'(': ')', '[': ']', '{': '}'}\n    wanted = []\n"
        "    for mark in text:\n        if mark in closing:\n            wanted.append(closing[mark])\n"
        "        elif mark in closing.values():\n            if not wanted or wanted.pop() != mark:\n"
        "                return False\n    return not wanted\n",
    ),
}

_CHANGES: Final = (
    ("==", "!="),
    ("<=", "<"),
    ("< ", "<= "),
    ("+ 1", "+ 2"),
    ("+ 1", ""),
    ("- ", "+ "),
    ("26", "25"),
    ("max(", "min("),
    ("default=0", "default=1"),
    ("sorted(spans)", "spans"),
    ("return not wanted", "return True"),
    ("return False", "return True"),
    ("not ", ""),
    (".append(", ".extend("),
    ("[-1]", "[0]"),
    ("break", "pass"),
)
_LAST_TEST: Final = re.compile(r"assert candidate\((.*)\) (?:==|is) .*\n*\Z")
_SECONDS: Final = 5.0
_MOST_CHARACTERS: Final = 20_000
_DONE: Final = "every test passed"
_RUN: Final = """\
import resource, sys
resource.setrlimit(resource.RLIMIT_CPU, (2, 2))
resource.setrlimit(resource.RLIMIT_AS, (1 << 29, 1 << 29))
program, test, name, done = [part.decode() for part in sys.stdin.buffer.read().split(b"\\0")]
space = {"__name__": "solution"}
exec(program, space)
exec(test, tests := {})
tests["check"](space[name])
sys.stdout.write(done)
"""


class ProgramSpecimens(Specimens[CodeProblem]):
    """Our own problems with programs that solve them. Slow, as running programs is: audit with a smaller ``--n``."""

    def draw(self, rng: random.Random) -> Specimen[CodeProblem]:
        """One of the problems."""
        name = rng.choice(sorted(_PROGRAMS))
        return Specimen(PROBLEMS[name], _PROGRAMS[name])

    def damaged(self, specimen: Specimen[CodeProblem], rng: random.Random) -> Iterator[Variant]:
        """Programs with another operator or constant, under another name, or wrong in the last test alone."""
        name = specimen.problem.entry_point
        for program in map(str, specimen.answers):
            for old, new in _CHANGES:
                if old in program:
                    yield Variant("other_operator", program.replace(old, new, 1))
            yield Variant("other_name", program.replace(f"def {name}", f"def {name}s"))
            yield Variant("prints", program.replace("return ", "print("))
            yield Variant("returns_nothing", program.replace("    return ", "    "))
            yield Variant("leaves", f"{program}\nraise SystemExit(0)\n")
            last = _LAST_TEST.search(specimen.problem.test)
            if last:
                yield Variant(
                    "wrong_in_last_test",
                    f"{program}\n_right = {name}\n\n\ndef {name}(*args):\n"
                    f"    return object if args == ({last[1]},) else _right(*args)\n",
                )
        yield Variant("always_equal", _always_equal(name))

    def rewritten(self, specimen: Specimen[CodeProblem], rng: random.Random) -> Iterator[Variant]:
        """The same programs with comments, blank lines, and prints of their own."""
        for program in map(str, specimen.answers):
            yield Variant("comments", f"# A program.\n\n\n{program}\n\n# Its end.\n")
            yield Variant("prints", f"{program}\nprint('FAILED')\n")
            yield Variant("helper", f"def helper():\n    raise ValueError\n\n\n{program}")

    def is_right(self, problem: CodeProblem, document: JsonValue) -> bool:
        """By running program and tests together in a process of its own; for changes of harmless programs only."""
        if not isinstance(document, str) or len(document) > _MOST_CHARACTERS:
            return False
        if "__eq__" in document:  # it would decide itself what is equal to what the tests expect
            return False
        # Most changes by chance are no Python any more, which is quicker told than tried.
        return _is_python(document) and _passes(document, problem.test, problem.entry_point)

    def describe(self) -> dict[str, Any]:
        """Which programs."""
        return {"specimens": "modulo.domains.code programs", "problems": sorted(_PROGRAMS)}


def _always_equal(name: str) -> str:
    return (
        "class Same:\n    def __eq__(self, other):\n        return True\n\n    def __bool__(self):\n"
        "        return True\n"
        f"\n\ndef {name}(*args):\n    return Same()\n"
    )


def _is_python(text: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # such as of changes that compare with ``is``
            compile(text, "solution", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


@lru_cache(maxsize=10_000)
def _passes(program: str, test: str, name: str) -> bool:
    try:
        parts = "\0".join([program, test, name, _DONE]).encode()
        ran = subprocess.run(  # noqa: S603  changes of our own programs
            [sys.executable, "-I", "-S", "-c", _RUN],
            input=parts,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except (UnicodeEncodeError, subprocess.TimeoutExpired):
        return False
    return ran.returncode == 0 and ran.stdout.decode("utf-8", "replace").endswith(_DONE)
