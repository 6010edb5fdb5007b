"""Reads problems as HumanEval and MBPP publish them, one JSON object a line, and in our own form."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from modulo.canonical import JsonValue, canonical_json, codec_for, parse_json
from modulo.critics.code import CodeProblem
from modulo.domain import read_file
from modulo.errors import ProblemError
from modulo.generators.transcript import json_lines

__all__ = ["read_problem", "read_problem_in", "read_problems"]

_NO_SUBJECTS: Final = frozenset((*vars(builtins), "isclose", "Counter", "deepcopy", "copy"))
"""Functions that a test about another calls."""
_HUMAN_EVAL: Final = frozenset(
    ("task_id", "canonical_solution", "plus_input", "base_input", "contract", "atol")
)


def read_problem(document: JsonValue) -> CodeProblem:
    """A problem in our own form, HumanEval's or MBPP's.

    Raises:
        ProblemError: It is none.
    """
    if isinstance(document, dict) and "test_list" in document:
        document = _from_mbpp(document)
    elif isinstance(document, dict):
        document = {name: value for name, value in document.items() if name not in _HUMAN_EVAL}
    problem: CodeProblem = codec_for(CodeProblem).decode(canonical_json(document))
    return problem


def read_problems(path: Path) -> Mapping[str, CodeProblem]:
    """The problems in a file of JSON lines (plain or .gz), by id.

    Raises:
        ProblemError: It cannot be read, or a line holds no problem.
    """
    found: dict[str, CodeProblem] = {}
    for number, line in enumerate(json_lines(path), start=1):
        try:
            document = parse_json(line)
            problem = read_problem(document)
        except ProblemError as error:
            raise ProblemError(f"line {number} of {path}: {error}") from error
        assert isinstance(document, dict)
        found[str(document.get("task_id", document.get("id", number)))] = problem
    return found


def read_problem_in(path: Path) -> CodeProblem:
    """The problem in a file: of JSON, or of JSON lines with an id after ``#``.

    Raises:
        ProblemError: There is none.
    """
    name, mark, wanted = str(path).partition("#")
    if not mark:
        return read_problem(parse_json(read_file(path)))
    problems = read_problems(Path(name))
    if wanted not in problems:
        raise ProblemError(f"{name} has no problem {wanted!r}, but {', '.join(list(problems)[:5])}, ...")
    return problems[wanted]


def _from_mbpp(row: Mapping[str, Any]) -> dict[str, JsonValue]:
    tests = row["test_list"]
    if not isinstance(tests, list) or not all(isinstance(test, str) for test in tests) or not tests:
        raise ProblemError("test_list is no list of assertions")
    setup = row.get("test_setup_code") or "\n".join(row.get("test_imports") or ())
    words = row.get("text") or row.get("prompt")
    return {
        "prompt": f"{words}\nFor example:\n{tests[0]}",
        "entry_point": _entry_point(tests),
        "test": "\n".join([str(setup), *tests]).strip() + "\n",
    }


def _entry_point(tests: list[str]) -> str:
    for test in tests:
        for name in _called(test):
            if name not in _NO_SUBJECTS:
                return name
    raise ProblemError("no assertion of test_list calls a function")


def _called(test: str) -> list[str]:
    """Names of the functions that a test calls by nothing but their names, in the order of the text."""
    try:
        tree = ast.parse(test)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ProblemError(
            f"an assertion of test_list is no Python: {type(error).__name__}: {error}"
        ) from error
    calls = [
        node.func for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    ]
    return [name.id for name in sorted(calls, key=lambda name: (name.lineno, name.col_offset))]
