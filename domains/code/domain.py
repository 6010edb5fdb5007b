"""The domain and its graph."""

from __future__ import annotations

from pathlib import Path

import modulo
from modulo.canonical import JsonValue
from modulo.critics.code import CodeProblem, PassesTests
from modulo.domain import Domain
from modulo.domains.code.extracting import parse_program
from modulo.domains.code.instances import PROBLEMS
from modulo.domains.code.reading import read_problem, read_problem_in
from modulo.domains.code.specimens import ProgramSpecimens
from modulo.domains.code.steps import CodeSteps
from modulo.domains.code.wording import prompt
from modulo.errors import Malformed

__all__ = ["DOMAIN", "CodeDomain", "graph"]


def graph(generator: modulo.Generator, tests: PassesTests | None = None) -> modulo.Graph:
    """Generator, extraction of the program, and ``PassesTests``.

    Args:
        generator: Writes the programs.
        tests: The critic, where it should have other limits or hide its tests.
    """
    result = modulo.Graph("code", problem_type=CodeProblem)
    programmer = result.generator("programmer", generator, prompt=prompt, steps=CodeSteps())
    program = result.reformulator("program", parse_program, reads=programmer)
    result.critic("passes_tests", tests or PassesTests(), reads=program, backprompts=programmer)
    return result


class CodeDomain(Domain[CodeProblem]):
    """Problems are JSON objects as in HumanEval or MBPP, or one of a file of them; answers are programs."""

    name = "code"
    summary = "write a Python function that passes the tests"
    problem_type = CodeProblem
    local_temperature = 0.2

    def graph(self, generator: modulo.Generator) -> modulo.Graph:
        """The domain's graph around a generator."""
        return graph(generator)

    def example(self) -> CodeProblem:
        """The longest run of equal neighbours."""
        return PROBLEMS["longest_run"]

    def read_problem(self, document: JsonValue) -> CodeProblem:
        """A problem in our own form, HumanEval's or MBPP's."""
        return read_problem(document)

    def read_problem_file(self, path: Path) -> CodeProblem:
        """The problem in a file; ``FILE#ID`` is that of a file of JSON lines (plain or .gz) with this id."""
        return read_problem_in(path)

    def read_candidate(self, document: JsonValue, problem: CodeProblem) -> str:
        """A program, as a text."""
        if not isinstance(document, str):
            raise Malformed("The answer is no text.")
        return document

    def specimens(self) -> ProgramSpecimens:
        """Programs for our own problems."""
        return ProgramSpecimens()


DOMAIN = CodeDomain()
