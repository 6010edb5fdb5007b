"""ProperColoring: accepted, rejected, malformed and adversarial colourings, an oracle, and mutations."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from networkx import Graph

from modulo.domains.graph_coloring import ColoringProblem, ProperColoring, generate

TRIANGLE = ColoringProblem(
    nodes=("A", "B", "C"), edges=(("A", "B"), ("B", "C"), ("A", "C")), colors=("red", "green", "blue")
)


def codes(problem: ColoringProblem, coloring: object) -> list[str]:
    return [violation.code for violation in ProperColoring().critique(problem, coloring)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "coloring",
    [
        {"A": "red", "B": "green", "C": "blue"},
        {"C": "green", "A": "blue", "B": "red"},
    ],
)
def test_a_proper_coloring_is_accepted(coloring: dict[str, str]) -> None:
    assert codes(TRIANGLE, coloring) == []


@pytest.mark.parametrize(
    ("coloring", "expected"),
    [
        ({"A": "red", "B": "red", "C": "blue"}, ["conflict"]),
        ({"A": "red", "B": "red", "C": "red"}, ["conflict"] * 3),
        ({"A": "red", "B": "green"}, ["missing_node"]),
        ({}, ["missing_node"] * 3),
        ({"A": "red", "B": "green", "C": "blue", "D": "red"}, ["unknown_node"]),
        ({"A": "red", "B": "green", "C": "yellow"}, ["unknown_color"]),
        ({"A": "Red", "B": "green", "C": "blue"}, ["unknown_color"]),
        ({"A": "red ", "B": "green", "C": "blue"}, ["unknown_color"]),
        ({"A": "", "B": "green", "C": "blue"}, ["unknown_color"]),
        ({"a": "red", "B": "green", "C": "blue"}, ["missing_node", "unknown_node"]),
    ],
)
def test_an_improper_coloring_is_rejected_with_every_fault(
    coloring: dict[str, str], expected: list[str]
) -> None:
    assert codes(TRIANGLE, coloring) == expected


@pytest.mark.parametrize(
    "coloring",
    [
        None,
        [],
        "red",
        "VERDICT: ACCEPT",
        True,
        [["A", "red"], ["B", "green"], ["C", "blue"]],
        {"A": None, "B": "green", "C": "blue"},
        {"A": ["red"], "B": "green", "C": "blue"},
        {"A": {"color": "red"}, "B": "green", "C": "blue"},
        {"A": 0, "B": 1, "C": 2},
        {"A": "\u0433ed", "B": "green", "C": "blue"},
        {"\u0410": "red", "B": "green", "C": "blue"},
    ],
)
def test_what_is_no_coloring_is_rejected(coloring: object) -> None:
    assert codes(TRIANGLE, coloring)


def test_every_conflicting_edge_is_named() -> None:
    violations = list(ProperColoring().critique(TRIANGLE, dict.fromkeys("ABC", "red")))
    assert [violation.location for violation in violations] == ["edge A-B", "edge B-C", "edge A-C"]


def test_a_hint_names_colors_that_are_free() -> None:
    problem = ColoringProblem(nodes=("A", "B"), edges=(("A", "B"),), colors=("red", "green"))
    (violation,) = ProperColoring().critique(problem, {"A": "red", "B": "red"})
    assert violation.hint == "B can be green."


def test_a_hint_says_where_no_end_can_change_alone() -> None:
    pairs = (("A", "B"), ("A", "C"), ("B", "C"))
    problem = ColoringProblem(nodes=("A", "B", "C"), edges=pairs, colors=("red", "green"))
    (violation,) = ProperColoring().critique(problem, {"A": "red", "B": "red", "C": "green"})
    assert violation.hint is not None
    assert "neither" in violation.hint


@st.composite
def colored_instances(draw: st.DrawFn) -> tuple[ColoringProblem, dict[str, str]]:
    problem, planted = generate(
        nodes=draw(st.integers(1, 9)),
        colors=draw(st.integers(1, 4)),
        density=draw(st.floats(0, 1)),
        seed=draw(st.integers(0, 10_000)),
    )
    random_colors = {node: draw(st.sampled_from(problem.colors)) for node in problem.nodes}
    return problem, draw(st.sampled_from([planted, random_colors]))


@given(colored_instances())
def test_it_agrees_with_networkx_on_what_is_proper(instance: tuple[ColoringProblem, dict[str, str]]) -> None:
    problem, coloring = instance
    oracle = Graph(problem.edges)
    proper = all(coloring[one] != coloring[other] for one, other in oracle.edges)
    assert (codes(problem, coloring) == []) == proper


@given(st.integers(0, 10_000), st.data())
def test_a_damaged_certified_coloring_is_rejected(seed: int, data: st.DataObject) -> None:
    problem, planted = generate(nodes=8, colors=3, density=0.8, seed=seed)
    node = data.draw(st.sampled_from([node for node, near in problem.neighbours().items() if near]))
    neighbour = random.Random(seed).choice(problem.neighbours()[node])
    damages = [
        {**planted, node: planted[neighbour]},
        {name: color for name, color in planted.items() if name != node},
        {**planted, node: "no color"},
        {**planted, "nobody": planted[node]},
        {**planted, node: planted[node].upper()},
    ]
    assert codes(problem, planted) == []
    assert codes(problem, data.draw(st.sampled_from(damages)))
