"""Formulas in conjunctive normal form, read from DIMACS CNF files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from modulo.errors import ProblemError

__all__ = ["CnfProblem", "read_dimacs_cnf"]

_MOST: Final = 10_000_000
"""Variables or clauses of a file; more are a mistake, or meant to fill the memory."""
_WORD = re.compile(r"-?[0-9]{1,9}", re.ASCII)
_HEADER = re.compile(r"p\s+cnf\s+([0-9]{1,9})\s+([0-9]{1,9})\s*", re.ASCII)


class CnfProblem(BaseModel):
    """A formula in conjunctive normal form.

    Attributes:
        variables: How many variables there are; they are called 1, 2, 3, ...
        clauses: Each a disjunction of literals: a variable, or its negation as a negative number. An empty one cannot
            be satisfied.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    variables: Annotated[int, Field(ge=0, le=_MOST)]
    clauses: tuple[tuple[int, ...], ...]

    @model_validator(mode="after")
    def _knows_its_variables(self) -> Self:
        for number, clause in enumerate(self.clauses, start=1):
            for literal in clause:
                if not 1 <= abs(literal) <= self.variables:
                    raise ValueError(f"clause {number} has the literal {literal}; there is no such variable")
        return self


def read_dimacs_cnf(text: str) -> CnfProblem:
    """The formula in a DIMACS CNF file.

    Comments begin with ``c``, the header is ``p cnf VARIABLES CLAUSES``, every clause ends with 0, on whatever lines
    it stands. A line ``%`` ends the file, as in those of SATLIB.

    Raises:
        ProblemError: It is none, or does not have as many clauses as its header says.
    """
    lines = _lines(text)
    number, header = next(lines, (1, ""))
    match = _HEADER.fullmatch(header)
    if match is None:
        raise ProblemError(f"line {number}: a header such as 'p cnf 3 2' is expected, not {header!r:.80}")
    variables, count = int(match[1]), int(match[2])
    if max(variables, count) > _MOST:
        raise ProblemError(f"line {number}: more than {_MOST:,} variables or clauses are not read")
    clauses = tuple(_clauses(lines, variables))
    if len(clauses) != count:
        raise ProblemError(f"the header says {count} clauses, but there are {len(clauses)}")
    return CnfProblem(variables=variables, clauses=clauses)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines that say something, with their numbers."""
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if stripped == "%":
            return
        if stripped and not (stripped == "c" or stripped.startswith(("c ", "c\t"))):
            yield number, stripped


def _clauses(lines: Iterator[tuple[int, str]], variables: int) -> Iterator[tuple[int, ...]]:
    clause: list[int] = []
    for number, line in lines:
        for word in line.split():
            if not _WORD.fullmatch(word) or abs(int(word)) > variables:
                raise ProblemError(
                    f"line {number}: {word!r:.80} is no literal of {variables} variables, and no 0"
                )
            literal = int(word)
            if literal:
                clause.append(literal)
            else:
                yield tuple(clause)
                clause = []
    if clause:
        raise ProblemError("the last clause does not end with 0")
