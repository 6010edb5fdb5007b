"""A domain as a third party would install it."""

from __future__ import annotations

from modulo.canonical import JsonValue
from modulo.domain import Domain
from modulo.graph import Graph
from modulo.protocols import Generator
from tests.modulo.sample_graphs import Target, is_target, whole_number


class Numbers(Domain[Target]):
    name = "numbers"
    summary = "Guess a number"
    problem_type = Target

    def graph(self, generator: Generator) -> Graph:
        graph = Graph("numbers")
        number = graph.reformulator("number", whole_number, reads=graph.generator("guess", generator))
        graph.critic("is_target", is_target, reads=number)
        return graph

    def example(self) -> Target:
        return Target(4)

    def read_candidate(self, document: JsonValue, problem: Target) -> int:
        if not isinstance(document, int):
            raise ValueError("an answer is a whole number")
        return document


DOMAIN = Numbers()
NO_DOMAIN = Target(4)
