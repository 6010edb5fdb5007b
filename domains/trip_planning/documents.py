"""Problems in JSON documents and files: the statement alone, entries of the benchmark's file, or our own form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from modulo.canonical import JsonValue, canonical_json, codec_for, parse_json
from modulo.domain import read_file
from modulo.domains.trip_planning.problem import TripProblem
from modulo.domains.trip_planning.statement import read_statement
from modulo.errors import ProblemError

__all__ = ["read_problem", "read_problem_in"]

_MAX_CHARACTERS: Final = 1_000_000
_INTRODUCTION: Final = re.compile(
    r"\s*You are an expert at planning trips\. You are given a few constraints regarding the cities to visit and the "
    r"durations of staying at each city\. You are also given the flight information between the cities\."
)


def read_problem(document: JsonValue) -> TripProblem:
    """The problem in ``{"statement": TEXT}``, in an entry of the benchmark's file, or in our own form.

    Of an entry, ``prompt_0shot`` is read or, without one, the last problem of ``prompt_5shot``. Golden plans and
    predictions are no part of a problem.

    Raises:
        ProblemError: There is none.
    """
    match document:
        case {"statement": str(text), **others} if not others:
            return read_statement(text)
        case {"prompt_0shot": str(text)} | {"prompt_5shot": str(text)}:
            return read_statement(_last_task(text))
        case {"visits": _}:
            problem: TripProblem = codec_for(TripProblem).decode(canonical_json(document))
            return problem
    raise ProblemError(
        'a trip problem is {"statement": TEXT}, or an entry of the benchmark\'s file with "prompt_0shot"'
    )


def _last_task(text: str) -> str:
    """The statement in a prompt: all of it, or what follows the last ``TASK:`` after the benchmark's introduction."""
    if len(text) > _MAX_CHARACTERS:
        raise ProblemError(f"a prompt of more than {_MAX_CHARACTERS:,} characters is not read")
    introduction, mark, task = text.rpartition("TASK:")
    if not mark:
        return text
    if not _INTRODUCTION.match(introduction):
        raise ProblemError("the prompt does not begin with the benchmark's introduction")
    return task.strip().removesuffix("SOLUTION:")


def read_problem_in(path: Path) -> TripProblem:
    """The problem in a file of JSON; ``FILE#ID`` is an entry of the benchmark's file.

    Raises:
        ProblemError: There is none.
    """
    name, mark, wanted = str(path).partition("#")
    document = parse_json(read_file(Path(name)))
    if not mark:
        return read_problem(document)
    if not isinstance(document, Mapping) or wanted not in document:
        known = ", ".join(list(document)[:3]) if isinstance(document, Mapping) else "no entries"
        raise ProblemError(f"{name} has no problem {wanted!r}, but {known}, ...")
    return read_problem(document[wanted])
