"""The problem: nodes, edges and allowed colours; read from JSON or from DIMACS files."""

from __future__ import annotations

import itertools
from typing import Annotated, Final, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from modulo.errors import ProblemError

__all__ = ["Coloring", "ColoringProblem", "read_dimacs"]

Coloring: TypeAlias = dict[str, str]
"""A colour for each node."""

Name: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class ColoringProblem(BaseModel):
    """A graph and the colours allowed.

    Attributes:
        nodes: Names of the nodes, each once.
        edges: Pairs of different nodes, each pair once in either direction.
        colors: Names of the colours, each once.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    nodes: tuple[Name, ...] = Field(min_length=1)
    edges: tuple[tuple[Name, Name], ...]
    colors: tuple[Name, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _is_a_simple_graph(self) -> Self:
        known = set(self.nodes)
        if len(known) != len(self.nodes):
            raise ValueError("a node is named twice")
        if len(set(self.colors)) != len(self.colors):
            raise ValueError("a colour is named twice")
        seen = set()
        for one, other in self.edges:
            if one not in known or other not in known:
                raise ValueError(f"the edge {one}-{other} joins a node that does not exist")
            if one == other:
                raise ValueError(f"the edge {one}-{other} joins a node to itself, so nothing can be proper")
            if frozenset((one, other)) in seen:
                raise ValueError(f"the edge {one}-{other} is given twice")
            seen.add(frozenset((one, other)))
        return self

    def neighbours(self) -> dict[str, list[str]]:
        """For each node, the nodes that it is joined to, in the order of the edges."""
        found: dict[str, list[str]] = {node: [] for node in self.nodes}
        for one, other in self.edges:
            found[one].append(other)
            found[other].append(one)
        return found


def read_dimacs(text: str, *, colors: int | None = None) -> ColoringProblem:
    """Read a graph in DIMACS ``.col`` format. Nodes are called "1", "2", ...; colours "color1", "color2", ...

    Args:
        text: The file's text. A comment line ``c colors K`` sets the number of colours.
        colors: The number of colours; over the one in the file. Without either, as many as a greedy
            colouring (largest degree first) needs, so that there always is a solution.

    Source: "Clique and Coloring Problems Graph Format", DIMACS (1993). Edges given twice, as many files give
    them, count once, so that the number of edges in the ``p`` line is not checked.

    Raises:
        ProblemError: The text is no such file; the message gives the line.
    """
    count: int | None = None
    edges: dict[tuple[int, int], None] = {}
    for number, line in enumerate(text.splitlines(), 1):
        match line.split():
            case []:
                pass
            case ["c", "colors", amount] if colors is None:
                colors = _whole(amount, number, 1)
            case ["c", *_]:
                pass
            case ["p", "edge" | "edges" | "col", nodes, _] if count is None:
                count = _whole(nodes, number, 1)
            case ["e", one, other] if count is not None:
                edges[_edge(one, other, count, number)] = None
            case ["n" | "d" | "v" | "x", *_] if count is not None:
                pass  # optional descriptors of the format, which say nothing about colours
            case _:
                raise ProblemError(f"line {number} is not DIMACS colouring format: {line[:60]!r}")
    if count is None:
        raise ProblemError("there is no line 'p edge NODES EDGES'")
    palette = colors if colors is not None else _greedy_bound(count, list(edges))
    return ColoringProblem(
        nodes=tuple(str(node) for node in range(1, count + 1)),
        edges=tuple((str(one), str(other)) for one, other in edges),
        colors=tuple(f"color{i}" for i in range(1, palette + 1)),
    )


def _edge(one: str, other: str, count: int, line: int) -> tuple[int, int]:
    ends = _whole(one, line, 1), _whole(other, line, 1)
    if max(ends) > count:
        raise ProblemError(f"line {line}: node {max(ends)} of {count}")
    if ends[0] == ends[1]:
        raise ProblemError(f"line {line}: node {one} is joined to itself, so nothing can be proper")
    return min(ends), max(ends)


_MOST: Final = 100_000
"""Nodes or colours of a file; more are a mistake, or meant to fill the memory."""


def _whole(text: str, line: int, least: int) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9 or not least <= int(text) <= _MOST:
        raise ProblemError(f"line {line}: {text[:20]!r} is not a whole number from {least} to {_MOST}")
    return int(text)


def _greedy_bound(count: int, edges: list[tuple[int, int]]) -> int:
    neighbours: dict[int, list[int]] = {node: [] for node in range(1, count + 1)}
    for one, other in edges:
        neighbours[one].append(other)
        neighbours[other].append(one)
    color: dict[int, int] = {}
    for node in sorted(neighbours, key=lambda node: -len(neighbours[node])):
        taken = {color[other] for other in neighbours[node] if other in color}
        color[node] = next(c for c in itertools.count() if c not in taken)
    return max(color.values()) + 1
