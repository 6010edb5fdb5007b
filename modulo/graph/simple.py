"""The graph of one generator and its critics, which ``solve`` makes where it is given no graph."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import chain, count
from typing import Any

from modulo.graph import Graph
from modulo.graph.nodes import Prompt
from modulo.protocols import Critic, Generator

__all__ = ["simple_graph"]


def simple_graph(
    *,
    generator: Generator | Callable[..., Any],
    critics: Iterable[Critic[Any, Any]] | Critic[Any, Any],
    prompt: Prompt | None = None,
    reformulator: Callable[..., Any] | None = None,
) -> Graph:
    """A graph named ``problem``, with a node ``generator``, perhaps ``answer``, and each critic by its own name."""
    graph = Graph("problem")
    answer = graph.generator("generator", generator, prompt=prompt)
    if reformulator is not None:
        answer = graph.reformulator("answer", reformulator, reads=answer)
    if isinstance(critics, Critic) or not isinstance(critics, Iterable):
        critics = [critics]
    taken = {*graph.generators, *graph.reformulators}
    for critic in critics:
        stem = getattr(critic, "id", "").rpartition(":")[2].rpartition(".")[2] or type(critic).__name__
        names = chain([stem], (f"{stem}-{number}" for number in count(2)))
        name = next(name for name in names if name not in taken)
        taken.add(name)
        graph.critic(name, critic, reads=answer)
    return graph
