"""Problems: what is a graph, DIMACS files, and seeded instances."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from modulo.domains.graph_coloring import DOMAIN, ColoringProblem, ProperColoring, generate, read_dimacs
from modulo.errors import ConfigurationError, ProblemError

SQUARE = "c a square\n\np edge 4 4\ne 1 2\ne 2 3\ne 3 4\ne 4 1\n"


@pytest.mark.parametrize(
    "fields",
    [
        {"nodes": [], "edges": [], "colors": ["red"]},
        {"nodes": ["A"], "edges": [], "colors": []},
        {"nodes": ["A", "A"], "edges": [], "colors": ["red"]},
        {"nodes": ["A"], "edges": [], "colors": ["red", "red"]},
        {"nodes": ["A"], "edges": [["A", "A"]], "colors": ["red"]},
        {"nodes": ["A"], "edges": [["A", "B"]], "colors": ["red"]},
        {"nodes": ["A", "B"], "edges": [["A", "B"], ["B", "A"]], "colors": ["red"]},
        {"nodes": ["A"], "edges": [], "colors": ["red"], "more": 1},
        {"nodes": "AB", "edges": [], "colors": ["red"]},
        {"nodes": ["A"], "edges": [["A"]], "colors": ["red"]},
    ],
)
def test_what_is_no_simple_graph_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ColoringProblem.model_validate(fields)
    with pytest.raises(ProblemError):
        DOMAIN.read_problem(fields)  # type: ignore[arg-type]


def test_a_dimacs_file_is_read() -> None:
    problem = read_dimacs(SQUARE)
    assert problem.nodes == ("1", "2", "3", "4")
    assert problem.edges == (("1", "2"), ("2", "3"), ("3", "4"), ("1", "4"))
    assert len(problem.colors) == 2


def test_edges_given_in_both_directions_count_once() -> None:
    assert len(read_dimacs("p col 2 2\ne 1 2\ne 2 1\n").edges) == 1


def test_the_number_of_colors_can_stand_in_the_file_or_be_given() -> None:
    assert len(read_dimacs("c colors 5\n" + SQUARE).colors) == 5
    assert len(read_dimacs("c colors 5\n" + SQUARE, colors=3).colors) == 3


@pytest.mark.parametrize(
    "text",
    [
        "",
        "c only a comment",
        "e 1 2",
        "p edge 2",
        "p edge x 1",
        "p edge 0 0",
        "p edge -1 0",
        "p edge 2 1\np edge 2 1",
        "p edge 2 1\ne 1 3",
        "p edge 2 1\ne 0 1",
        "p edge 2 1\ne 1 1",
        "p edge 2 1\ne 1",
        "p edge 2 1\nhello",
        "p edge 99999999999999999999 1",
        "p edge ² 1",
        '{"nodes": []}',
    ],
)
def test_what_is_no_dimacs_file_is_refused(text: str) -> None:
    with pytest.raises(ProblemError):
        read_dimacs(text)


@given(st.integers(1, 30), st.integers(1, 9), st.floats(0, 1), st.integers())
def test_the_planted_coloring_is_proper(nodes: int, colors: int, density: float, seed: int) -> None:
    problem, planted = generate(nodes=nodes, colors=colors, density=density, seed=seed)
    assert list(ProperColoring().critique(problem, planted)) == []


def test_the_same_seed_gives_the_same_instance() -> None:
    assert generate(nodes=20, seed=5) == generate(nodes=20, seed=5)
    assert generate(nodes=20, seed=5) != generate(nodes=20, seed=6)


@pytest.mark.parametrize("bad", [{"nodes": 0}, {"colors": 0}, {"density": 1.5}, {"density": -0.1}])
def test_an_instance_that_cannot_be_is_refused(bad: dict[str, float]) -> None:
    with pytest.raises(ConfigurationError):
        generate(**bad)  # type: ignore[arg-type]


def test_the_built_in_instance_has_more_wrong_colorings_than_right_ones() -> None:
    import itertools

    problem = DOMAIN.example()
    colorings = [dict(zip(problem.nodes, c, strict=True)) for c in itertools.product(problem.colors, repeat=6)]
    proper = [c for c in colorings if not list(ProperColoring().critique(problem, c))]
    assert 0 < len(proper) < len(colorings) / 20
