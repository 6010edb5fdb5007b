"""The domain and its graph."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import modulo
from modulo.canonical import JsonValue
from modulo.domain import Domain, generated
from modulo.domains.game24.backprompter import Game24Backprompter
from modulo.domains.game24.critic import MakesTarget, NoExpressionExists
from modulo.domains.game24.instances import generate
from modulo.domains.game24.problem import Game24Problem, read_problem, read_problem_in
from modulo.domains.game24.specimens import Game24Specimens
from modulo.domains.game24.steps import Game24Steps
from modulo.domains.game24.text import answer_schema, parse_expression, prompt
from modulo.domains.game24.tools import calculator
from modulo.errors import Malformed
from modulo.tool import Tool

__all__ = ["DOMAIN", "Game24Domain", "graph"]


def graph(generator: modulo.Generator) -> modulo.Graph:
    """Generator, parser, ``MakesTarget``, and ``NoExpressionExists`` for claims that there is no solution."""
    result = modulo.Graph("game24", problem_type=Game24Problem)
    player = result.generator("player", generator, prompt=prompt, steps=Game24Steps())
    expression = result.reformulator("expression", parse_expression, reads=player)
    result.critic("makes_target", MakesTarget(), reads=expression, backprompts=player)
    result.critic("no_expression_exists", NoExpressionExists(), reads=expression, backprompts=player)
    return result


class Game24Domain(Domain[Game24Problem]):
    """Problems are JSON (``numbers``, ``target``) or one of a file of puzzles; answers are expressions."""

    name = "game24"
    summary = "make 24 of numbers with + - * / and parentheses"
    problem_type = Game24Problem
    local_temperature = 0.7

    def graph(self, generator: modulo.Generator) -> modulo.Graph:
        """The domain's graph around a generator."""
        return graph(generator)

    def example(self) -> Game24Problem:
        """The puzzle 4, 5, 6, 10."""
        return Game24Problem(numbers=(4, 5, 6, 10))

    def generate(self, seed: int, **difficulty: Any) -> Game24Problem:
        """See ``instances.generate``: ``count``, ``largest``, ``target``."""
        return generated(generate, seed, difficulty)[0]

    def read_problem(self, document: JsonValue) -> Game24Problem:
        """Numbers and a target; a ``rank`` is passed over."""
        return read_problem(document)

    def read_problem_file(self, path: Path) -> Game24Problem:
        """The problem in a file; ``FILE#RANK`` is one of a file of puzzles (JSON lines, plain or .gz, or CSV)."""
        return read_problem_in(path)

    def read_candidate(self, document: JsonValue, problem: Game24Problem) -> str:
        """An expression, as a text."""
        if not isinstance(document, str):
            raise Malformed("The answer is no text.")
        return document

    def answer_schema(self, problem: Game24Problem) -> Mapping[str, JsonValue]:
        """An object with an expression of numbers of the problem."""
        return answer_schema(problem)

    def strategy(self) -> modulo.Strategy:
        """Refine for as long as the budget lasts: a small model repeats itself before it gets there."""
        return modulo.Refine(patience=None)

    def backprompter(self) -> modulo.Backprompter:
        """All violations, and one step more of a solution each round."""
        return Game24Backprompter()

    def tools(self) -> tuple[Tool, ...]:
        """A calculator."""
        return (calculator(),)

    def specimens(self) -> Game24Specimens:
        """Puzzles made backwards from the target, with their expressions."""
        return Game24Specimens()


DOMAIN = Game24Domain()
