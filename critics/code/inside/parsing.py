"""Parses a program and never runs it: in a sandbox all the same, since a text can be made to break the parser."""

from __future__ import annotations

import ast
import os
from typing import Any

from modulo.critics.code.inside.servant import FILE, error_reply, read_job
from modulo.critics.code.inside.wire import dump

__all__ = ["main", "parameters"]


def main(fds: list[int]) -> None:
    """Tell what functions a program defines at its top level.

    Args:
        fds: The job, and the pipe for the answer.
    """
    job, answer = fds
    source = read_job(job)["source"]
    try:
        found: Any = ("parsed", _functions(ast.parse(source, FILE)))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        _, message, place, line = error_reply(error, source)
        found = ("failed", message or type(error).__name__, place, line)
    data = dump(found)
    while data:
        data = data[os.write(answer, data) :]


def _functions(tree: ast.Module) -> dict[str, tuple[list[str], int, bool]]:
    found = {}
    for part in tree.body:
        if isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef)):
            found[part.name] = parameters(part)
    return found


def parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> tuple[list[str], int, bool]:
    """Names of a function's positional parameters, how many have no default, and whether it takes any more."""
    given = function.args
    names = [arg.arg for arg in (*given.posonlyargs, *given.args)]
    return names, len(names) - len(given.defaults), given.vararg is not None
