"""The critic of assignments, and its reformulator."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias

from modulo.canonical import JsonValue, parse_json
from modulo.critics.sat.problem import CnfProblem
from modulo.critique import Violation
from modulo.errors import Malformed, ProblemError
from modulo.problem import NO_SOLUTION, NoSolution
from modulo.protocols import Critic

__all__ = ["Assignment", "SatisfyingAssignment", "parse_assignment"]

Assignment: TypeAlias = list[int]
"""Literals that are true: a variable that is true as its number, one that is false as the negative of it."""

_FORM: Final = "give the literals that are true, such as: v 1 -2 3 0"
_WORD = re.compile(r"-?[0-9]{1,9}", re.ASCII)
_TOO_LARGE: Final = 10**9
_MOST_SHOWN: Final = 20


class SatisfyingAssignment(Critic[CnfProblem, Assignment]):
    """Judges whether an assignment satisfies a formula in conjunctive normal form.

    **Sound for:** no variable is both true and false, there is no variable that the formula does not have, and every
    clause has a literal that the assignment makes true. So every completion of a partial one satisfies the formula.

    **Does not check:** claims that no assignment exists.

    Args:
        complete: Whether every variable must have a value.
    """

    proves = "this assignment satisfies every clause of the formula"
    version = "1"

    def __init__(self, *, complete: bool = False) -> None:
        self._complete = complete

    def options(self) -> Mapping[str, JsonValue]:
        """Whether assignments must be complete."""
        return {"complete": self._complete}

    def critique(self, problem: CnfProblem, candidate: Assignment) -> Iterator[Violation]:
        """Every literal that cannot stand there, and every clause that is not satisfied, up to some number."""
        if not isinstance(candidate, list | tuple) or not all(map(_is_literal, candidate)):
            yield Violation("malformed", "The answer is no list of literals.", hint=_FORM)
            return
        true = frozenset(candidate)
        yield from _faulty_literals(problem, true)
        if self._complete:
            missing = [one for one in range(1, problem.variables + 1) if not true & {one, -one}]
            for variable in missing[:_MOST_SHOWN]:
                yield Violation(
                    "unassigned", f"Variable {variable} has no value.", location=f"variable {variable}"
                )
        yield from _unsatisfied(problem, true)


def parse_assignment(text: str) -> Assignment | NoSolution:
    """The assignment in an answer: lines ``v 1 -2 0`` as solvers print them, a JSON list, or numbers alone.

    Returns:
        The literals in their order, without the closing 0; or ``NO_SOLUTION`` for ``s UNSATISFIABLE`` alone.

    Raises:
        Malformed: It is none of these, or stands among other text.
    """
    lines = [line.strip() for line in text.splitlines()]
    lines = [line for line in lines if line and not (line == "c" or line.startswith("c "))]
    if lines == ["s UNSATISFIABLE"]:
        return NO_SOLUTION
    if lines[:1] == ["s SATISFIABLE"]:
        del lines[0]
    if lines and all(line == "v" or line.startswith("v ") for line in lines):
        return _until_zero(" ".join(line[1:] for line in lines).split())
    if lines and lines[0].startswith("["):
        return _json_list("\n".join(lines))
    return _until_zero(" ".join(lines).split())


def _json_list(text: str) -> Assignment:
    try:
        document = parse_json(text)
    except ProblemError as error:
        raise Malformed(f"The answer is {error}.", hint=_FORM) from error
    words = [json.dumps(one) for one in document]
    return _literals(words)


def _until_zero(words: list[str]) -> Assignment:
    return _literals(words[:-1] if words[-1:] == ["0"] else words)


def _literals(words: list[str]) -> Assignment:
    for word in words:
        if not _WORD.fullmatch(word) or int(word) == 0:
            raise Malformed(f"{word:.40} is no literal.", hint=_FORM)
    if not words:
        raise Malformed("The answer holds no literal.", hint=_FORM)
    return [int(word) for word in words]


def _is_literal(value: object) -> bool:
    return type(value) is int and 0 < abs(value) < _TOO_LARGE


def _faulty_literals(problem: CnfProblem, true: frozenset[int]) -> Iterator[Violation]:
    for literal in sorted(true, key=abs):
        variable = abs(literal)
        if not 1 <= variable <= problem.variables:
            yield Violation(
                "unknown_variable",
                f"There is no variable {variable}.",
                expected=f"1 to {problem.variables}",
            )
        elif literal > 0 and -literal in true:
            yield Violation(
                "contradiction",
                f"Variable {variable} is both true and false.",
                location=f"variable {variable}",
            )


def _unsatisfied(problem: CnfProblem, true: frozenset[int]) -> Iterator[Violation]:
    shown = 0
    for number, clause in enumerate(problem.clauses, start=1):
        if not true.isdisjoint(clause):
            continue
        shown += 1
        if shown > _MOST_SHOWN:
            return
        literals = " ".join(map(str, clause[:_MOST_SHOWN]))
        yield Violation(
            "unsatisfied",
            f"Clause {number} ({literals}) is not satisfied." if clause else f"Clause {number} is empty.",
            location=f"clause {number}",
            hint=f"make one of these true: {literals}." if clause else None,
        )
