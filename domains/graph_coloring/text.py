"""Prompts for colourings, and colourings out of chat text."""

from __future__ import annotations

from collections.abc import Mapping

from modulo.canonical import JsonValue, parse_json
from modulo.domains.graph_coloring.problem import Coloring, ColoringProblem
from modulo.errors import Malformed, ProblemError
from modulo.json_in_text import json_object_in

__all__ = ["answer_schema", "parse_coloring", "prompt", "read_coloring"]

_FORM = 'Answer with one JSON object that gives each node its color, such as {"A": "red", "B": "blue"}.'


def prompt(problem: ColoringProblem) -> str:
    """The problem in words, with the answer's format."""
    edges = ", ".join(f"{one}-{other}" for one, other in problem.edges)
    return (
        f"Color the nodes of a graph. Nodes: {', '.join(problem.nodes)}. Colors: {', '.join(problem.colors)}.\n"
        f"Edges: {edges or 'none'}.\n"
        "Two nodes that are joined by an edge must have different colors.\n"
        "Answer with one JSON object that gives each node its color."
    )


def answer_schema(problem: ColoringProblem) -> Mapping[str, JsonValue]:
    """The JSON schema of an answer: one allowed colour for each node."""
    return {
        "type": "object",
        "properties": {node: {"type": "string", "enum": list(problem.colors)} for node in problem.nodes},
        "required": list(problem.nodes),
        "additionalProperties": False,
    }


def parse_coloring(text: str, problem: ColoringProblem) -> Coloring:
    """The colouring in a chat answer: its one JSON object, with prose or code fences around it.

    Names of nodes and colours are taken whatever their case. Nothing is filled in or left out.

    Raises:
        Malformed: There is no such object, or there are several different ones.
    """
    value = json_object_in(text, form=_FORM)
    return _with_known_names(read_coloring(value), problem)


def read_coloring(document: object) -> Coloring:
    """A colouring in a JSON document, or in its text, to the letter.

    Raises:
        Malformed: The document is not an object of texts.
    """
    if isinstance(document, str):
        try:
            document = parse_json(document)
        except ProblemError as error:
            raise Malformed(f"The answer is {error}.", hint=_FORM) from error
    if not isinstance(document, dict) or not document:
        raise Malformed("The answer is not a JSON object of nodes and colors.", hint=_FORM)
    for node, color in document.items():
        if not isinstance(color, str):
            raise Malformed(f"The color of node {node!s:.80} is not a text.", location=f"node {node!s:.80}")
    return document


def _with_known_names(coloring: Coloring, problem: ColoringProblem) -> Coloring:
    nodes = _by_folded_name(problem.nodes)
    colors = _by_folded_name(problem.colors)
    named = [(nodes.get(_folded(n), n), colors.get(_folded(c), c)) for n, c in coloring.items()]
    if len({node for node, _ in named}) != len(named):
        raise Malformed("A node is given twice.")
    return dict(named)


def _by_folded_name(names: tuple[str, ...]) -> dict[str, str]:
    """Names by what is left of them without case; those that would be confused are left alone."""
    folded = [_folded(name) for name in names]
    return {key: name for key, name in zip(folded, names, strict=True) if folded.count(key) == 1}


def _folded(name: str) -> str:
    return name.strip().casefold()
