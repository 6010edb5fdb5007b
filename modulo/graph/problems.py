"""Problems as a graph takes them."""

from __future__ import annotations

from typing import Any

from modulo.errors import ProblemError
from modulo.graph import Graph
from modulo.problem import Problem

__all__ = ["as_problem"]


def as_problem(graph: Graph, problem: Any) -> Problem[Any]:
    """The problem for a graph, checked against the types that the graph's functions take.

    Raises:
        ProblemError: It is not JSON-serialisable, or of another type.
    """
    result = problem if isinstance(problem, Problem) else Problem.of(problem, domain=graph.name)
    if result.domain != graph.name:
        raise ProblemError(f"a problem of domain {result.domain!r} was given to the graph {graph.name!r}")
    for reader, wanted in graph.check().problem_types:
        if isinstance(wanted, type) and not hasattr(wanted, "__args__") and wanted is not object:
            try:
                fits = isinstance(result.value, wanted)
            except TypeError:  # a protocol that cannot be checked at run time
                continue
            if not fits:
                kind = type(result.value).__name__
                raise ProblemError(f"{reader} takes a problem of type {wanted.__name__}, not {kind}")
    return result
