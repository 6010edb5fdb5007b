"""Parts of small graphs, sound ones and others, for the tests of graphs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

import modulo
from modulo.critique import Critique, Remark, Violation
from modulo.errors import GraphError
from modulo.graph import Graph
from modulo.protocols import Critic, SoftCritic
from tests.modulo.sample_graphs import NOBODY


@dataclass(frozen=True)
class Map:
    countries: tuple[str, ...]


@dataclass(frozen=True)
class Coloring:
    colors: dict[str, str]


@dataclass(frozen=True)
class Route:
    stops: tuple[str, ...]


def coloring_of(text: str) -> Coloring:
    return Coloring({})


def route_of(text: str) -> Route:
    return Route(())


def anything(text: str) -> Any:
    return text


@modulo.critic(proves="anything goes")
def accepts(problem: Any, candidate: Any) -> Iterator[Violation]:
    yield from ()


@modulo.critic(proves="both go")
def accepts_two(problem: Any, candidate: Any, other: Any) -> Iterator[Violation]:
    yield from ()


@modulo.critic(proves="a coloring")
def is_colored(problem: Map, candidate: Coloring) -> Iterator[Violation]:
    yield from ()


@modulo.critic(proves="no solution", judges="unsolvability")
def is_unsolvable(problem: Any, candidate: Any) -> Iterator[Violation]:
    yield from ()


class Taste(SoftCritic[Any, Any]):
    def remark(self, problem: Any, candidate: Any) -> Remark:
        return Remark(score=0.0)


class ProperRoute(Critic[Map, Route]):
    proves = "a route"

    def critique(self, problem: Map, candidate: Route) -> Critique:
        return Critique.accept()


def faults_of(graph: Graph) -> tuple[str, ...]:
    with pytest.raises(GraphError) as caught:
        graph.check()
    return caught.value.faults


def graph_of(*, critic: Any = accepts, **options: Any) -> Graph:
    """A sound graph of one generator and one critic, whose parts a test then spoils."""
    graph = Graph("g")
    graph.generator("guess", NOBODY, **options)
    graph.critic("judge", critic, reads="guess")
    return graph
