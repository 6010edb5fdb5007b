"""Answers with the verdict that is expected of each, as specimens: for those who have data and no generator."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from msgspec import Struct

from modulo.audit.paths import is_same_document
from modulo.canonical import JsonValue, canonical_json, parse_json
from modulo.errors import ConfigurationError, ModuloError, ProblemError
from modulo.specimens import Specimen, Specimens

__all__ = ["Case", "Cases", "read_cases"]


class Case(Struct, frozen=True, kw_only=True):
    """An answer with its expected verdict.

    Attributes:
        specimen: The problem with the answers to it that are right.
        document: The answer.
        is_right: Whether it should be accepted.
    """

    specimen: Specimen[Any]
    document: JsonValue
    is_right: bool


class Cases(Specimens[Any]):
    """Specimens that are given one by one.

    Nothing is known of other answers, so right answers are not mutated; attacks that answer nothing are tried.

    Raises:
        ConfigurationError: No answer is right.
    """

    def __init__(self, cases: Sequence[Case]) -> None:
        self.cases = tuple(cases)
        self.specimens = tuple(
            {id(case.specimen): case.specimen for case in cases if case.specimen.answers}.values()
        )
        if not self.specimens:
            raise ConfigurationError('an audit needs a right answer: no case has "expected": "accept"')

    def draw(self, rng: random.Random) -> Specimen[Any]:
        """One of the problems that have a right answer."""
        return rng.choice(self.specimens)

    def is_right(self, problem: Any, document: JsonValue) -> bool | None:
        """What the cases say; None of what is no case."""
        for case in self.cases:
            if case.specimen.problem is problem and is_same_document(case.document, document):
                return case.is_right
        return None

    def describe(self) -> dict[str, Any]:
        """How many there are."""
        return {"cases": len(self.cases)}


def read_cases(lines: Iterable[bytes], read_problem: Callable[[JsonValue], Any]) -> Cases:
    """Cases in JSON lines ``{"problem", "candidate", "expected"}``, as for ``modulo check``; other keys are ignored.

    Args:
        lines: The lines.
        read_problem: The problem in a document.

    Raises:
        ProblemError: A line is no such case.
        ConfigurationError: No answer is right.
    """
    rows = []
    for number, line in enumerate(lines, start=1):
        try:
            rows.append(_row(line))
        except ModuloError as error:
            raise ProblemError(f"case {number}: {error}") from error
    answers: dict[bytes, list[JsonValue]] = {}
    for key, _, document, is_right in rows:
        answers.setdefault(key, []).extend([document] if is_right else [])
    specimens: dict[bytes, Specimen[Any]] = {}
    for key, problem, _, _ in rows:
        if key not in specimens:
            specimens[key] = Specimen(read_problem(problem), tuple(answers[key]))
    return Cases(
        [
            Case(specimen=specimens[key], document=document, is_right=is_right)
            for key, _, document, is_right in rows
        ]
    )


def _row(line: bytes) -> tuple[bytes, JsonValue, JsonValue, bool]:
    row = parse_json(line)
    if not isinstance(row, dict) or not {"problem", "candidate", "expected"} <= row.keys():
        raise ProblemError('a case is {"problem", "candidate", "expected": "accept" or "reject"}')
    if row["expected"] not in ("accept", "reject"):
        raise ProblemError(f'"expected" is "accept" or "reject", not {row["expected"]!r:.80}')
    return canonical_json(row["problem"]), row["problem"], row["candidate"], row["expected"] == "accept"
