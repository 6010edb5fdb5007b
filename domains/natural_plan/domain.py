"""How the domains of NATURAL PLAN read their problems."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import TypeVar

from modulo.canonical import JsonValue
from modulo.domain import Domain
from modulo.domains.natural_plan.documents import read_entry, statement_in

__all__ = ["NaturalPlanDomain"]

P = TypeVar("P")


class NaturalPlanDomain(Domain[P]):
    """Problems are statements of the benchmark, entries of its files, or JSON of our own."""

    local_temperature = 0.5

    @abstractmethod
    def read_statement(self, statement: str) -> P:
        """The problem in a statement.

        Raises:
            ProblemError: Something in it is not understood.
        """

    def read_problem(self, document: JsonValue) -> P:
        """A statement, an entry of the benchmark's file, or a problem in our own form.

        Raises:
            ProblemError: It is none of these, or something in the statement is not understood.
        """
        statement = statement_in(document)
        return super().read_problem(document) if statement is None else self.read_statement(statement)

    def read_problem_file(self, path: Path) -> P:
        """The problem in a JSON file; ``FILE#ID`` is an entry of the benchmark's file."""
        return self.read_problem(read_entry(path))
