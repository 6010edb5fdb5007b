"""Graphs as networkx, Mermaid and DOT."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import networkx

if TYPE_CHECKING:
    from modulo.graph import Graph

__all__ = ["digraph", "dot", "mermaid"]

_MERMAID = {
    "generator": '{id}(["{label}"])',
    "reformulator": '{id}["{label}"]',
    "critic": '{id}{{{{"{label}"}}}}',
    "soft critic": '{id}(("{label}"))',
}
_DOT_SHAPES = {"generator": "oval", "reformulator": "box", "critic": "hexagon", "soft critic": "circle"}


def digraph(graph: Graph) -> networkx.DiGraph[str]:
    """The nodes and edges of a graph, names that stand for no node included."""
    result: networkx.DiGraph[str] = networkx.DiGraph(name=graph.name)
    kinds: Mapping[str, Mapping[str, Any]] = {
        "generator": graph.generators,
        "reformulator": graph.reformulators,
        "critic": graph.critics,
        "soft critic": graph.soft_critics,
    }
    for kind, nodes in kinds.items():
        for name, node in nodes.items():
            result.add_node(name, kind=kind)
            result.add_edges_from(((source, name) for source in node.reads), kind="data")
    for name, critic in graph.critics.items():
        # No critic feeds data to anything, so a feedback edge never overwrites a data edge.
        result.add_edges_from(((name, target) for target in critic.backprompts), kind="backprompt")
    return result


def mermaid(graph: Graph) -> str:
    """A Mermaid flow chart. Generators are round, critics hexagons; dotted arrows carry feedback."""
    drawn = digraph(graph)
    ids = {name: f"n{i}" for i, name in enumerate(drawn)}
    lines = ["flowchart LR"]
    for name, kind in _kinds(drawn):
        lines.append("  " + _MERMAID[kind].format(id=ids[name], label=_mermaid_text(name)))
    for source, target, kind in drawn.edges(data="kind"):
        arrow = "-.->" if kind == "backprompt" else "-->"
        lines.append(f"  {ids[source]} {arrow} {ids[target]}")
    return "\n".join(lines) + "\n"


def dot(graph: Graph) -> str:
    """A Graphviz digraph. Generators are ovals, critics hexagons; dashed arrows carry feedback."""
    drawn = digraph(graph)
    lines = [f"digraph {_dot_text(str(graph.name))} {{", "  rankdir=LR;"]
    for name, kind in _kinds(drawn):
        lines.append(f"  {_dot_text(name)} [shape={_DOT_SHAPES[kind]}];")
    for source, target, kind in drawn.edges(data="kind"):
        style = " [style=dashed]" if kind == "backprompt" else ""
        lines.append(f"  {_dot_text(source)} -> {_dot_text(target)}{style};")
    return "\n".join([*lines, "}"]) + "\n"


def _kinds(drawn: networkx.DiGraph[str]) -> Iterator[tuple[str, str]]:
    """Every node with its kind. A name that stands for no node is drawn as what it most likely stands for."""
    for name, attributes in drawn.nodes(data=True):
        yield name, attributes.get("kind", "reformulator")


# Mermaid reads labels as Markdown with HTML in it.
_MERMAID_ESCAPES = {ord(c): f"#{ord(c)};" for c in '#"&<>`'} | {ord(c): " " for c in "\r\n"}


def _mermaid_text(name: str) -> str:
    return name.translate(_MERMAID_ESCAPES)


def _dot_text(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"').replace("\r", " ").replace("\n", " ")
    return f'"{escaped}"'
