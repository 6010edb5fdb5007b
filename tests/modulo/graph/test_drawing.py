from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

import modulo
from modulo.critique import Remark, Violation
from modulo.graph import Graph
from modulo.protocols import SoftCritic
from tests.modulo.sample_graphs import NOBODY, staged_graph, whole_number


class Taste(SoftCritic[object, int]):
    def remark(self, problem: object, candidate: int) -> Remark:
        return Remark(score=0.0)


@modulo.critic(proves="anything goes")
def accepts(problem: object, candidate: int) -> Iterator[Violation]:
    yield from ()


def small_graph() -> Graph:
    graph = Graph("small")
    number = graph.reformulator("number", whole_number, reads=graph.generator("guess", NOBODY))
    graph.critic("judge", accepts, reads=number, backprompts="guess")
    graph.soft_critic("taste", Taste(), reads=number)
    return graph


def test_a_graph_is_a_networkx_digraph_with_kinds() -> None:
    drawn = small_graph().digraph()
    assert dict(drawn.nodes(data="kind")) == {
        "guess": "generator",
        "number": "reformulator",
        "judge": "critic",
        "taste": "soft critic",
    }
    assert set(drawn.edges(data="kind")) == {
        ("guess", "number", "data"),
        ("number", "judge", "data"),
        ("number", "taste", "data"),
        ("judge", "guess", "backprompt"),
    }


def test_a_graph_draws_itself_as_mermaid() -> None:
    assert small_graph().to_mermaid() == (
        "flowchart LR\n"
        '  n0(["guess"])\n'
        '  n1["number"]\n'
        '  n2{{"judge"}}\n'
        '  n3(("taste"))\n'
        "  n0 --> n1\n"
        "  n1 --> n2\n"
        "  n1 --> n3\n"
        "  n2 -.-> n0\n"
    )


def test_a_graph_draws_itself_as_dot() -> None:
    assert small_graph().to_dot() == (
        'digraph "small" {\n'
        "  rankdir=LR;\n"
        '  "guess" [shape=oval];\n'
        '  "number" [shape=box];\n'
        '  "judge" [shape=hexagon];\n'
        '  "taste" [shape=circle];\n'
        '  "guess" -> "number";\n'
        '  "number" -> "judge";\n'
        '  "number" -> "taste";\n'
        '  "judge" -> "guess" [style=dashed];\n'
        "}\n"
    )


def test_a_back_edge_to_an_earlier_stage_is_drawn() -> None:
    edges = set(staged_graph(blames_half=True).digraph().edges(data="kind"))
    assert ("is_double", "halver", "backprompt") in edges
    assert ("half", "doubler", "data") in edges


@pytest.mark.parametrize(
    "name", ['a "quoted" name', "a\\b", "line\nbreak\r", "#quot;", "<b>bold</b>", "`code`", "end", "ü"]
)
def test_any_name_is_drawn_as_text(name: str) -> None:
    graph = Graph(name)
    graph.critic("judge", accepts, reads=graph.generator(name, NOBODY))
    mermaid, dot = graph.to_mermaid(), graph.to_dot()
    assert len(mermaid.splitlines()) == 4
    (label,) = re.findall(r'n0\(\["(.*)"\]\)', mermaid)
    assert not set(label) & set('"<>`\n\r')
    assert len(dot.splitlines()) == 6
    quoted = re.findall(r'"((?:[^"\\]|\\.)*)"', dot)
    assert len(quoted) == 5  # the graph, two nodes and both ends of an edge


def test_a_name_that_stands_for_no_node_is_drawn_too() -> None:
    graph = Graph("g")
    graph.critic("judge", accepts, reads="nowhere")
    assert '["nowhere"]' in graph.to_mermaid()
    assert '"nowhere" -> "judge";' in graph.to_dot()
