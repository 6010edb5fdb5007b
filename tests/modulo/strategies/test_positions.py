"""Places to go on from, as they are found in attempts."""

from __future__ import annotations

from modulo.generators.choice import Models
from modulo.graph import Graph
from modulo.problem import Candidate, Problem
from modulo.protocols import Generation
from modulo.strategies.arms import folded
from modulo.strategies.positions import Positions
from modulo.tree import Attempt, Tree
from tests.modulo.strategies.stepping import KnowsDigits, lock


def tree_of(graph: Graph | None = None) -> Tree:
    return Tree((graph or lock(KnowsDigits(1.0))).check(), Problem.of("1234", domain="lock"))


def attempt(tree: Tree, text: str | None, *, label: str = "0", parent: int | None = None) -> Attempt:
    codec = tree.program.answer.codec
    made = Attempt(
        id=len(tree),
        round=1,
        node="digits",
        parent=parent,
        generation=None if text is None else Generation(text=text),
        candidate=None
        if text is None
        else Candidate.of(text, codec=codec, text=text, node="digits", model="", prompt_sha256=""),
        label=label,
    )
    tree.add(made)
    return made


def test_the_beginnings_of_an_answer_become_a_path_and_known_ones_are_kept_once() -> None:
    tree = tree_of()
    positions = Positions(tree)
    first = positions.note(attempt(tree, "1299"))
    assert [(place.id, place.parent and place.parent.id, place.score) for place in first.new] == [
        (1, 0, 0.25),
        (2, 1, 0.5),
    ]
    again = positions.note(attempt(tree, "1239"))
    assert [(place.id, place.parent and place.parent.id) for place in again.new] == [(3, 0)]
    assert positions.root.asked == 2
    assert [child.id for child in positions.root.children] == [1, 3]


def test_an_answer_belongs_to_the_place_that_its_label_names_whoever_stands_before_it() -> None:
    tree = tree_of()
    positions = Positions(tree)
    positions.note(attempt(tree, "1299"))
    assert positions.note(attempt(tree, "12|99", label="1.0.2", parent=0)).origin.id == 2
    assert positions.note(attempt(tree, "1", label="77")).origin is positions.root
    assert positions.note(attempt(tree, "1", label="not ours")).origin is positions.root


def test_a_call_that_failed_and_an_answer_without_beginning_lead_nowhere() -> None:
    tree = tree_of()
    positions = Positions(tree)
    assert not positions.note(attempt(tree, None)).new
    assert not positions.note(attempt(tree, "9")).new
    assert positions.root.asked == 2


def test_an_answer_without_a_right_step_is_told_so_every_other_time() -> None:
    tree = tree_of()
    positions = Positions(tree)
    positions.note(attempt(tree, "9"))
    asked = [positions.expansion(positions.root, tree, nth, None) for nth in range(4)]
    assert [expansion.parent for expansion in asked] == [None, 0, None, 0]
    assert {(expansion.prefix, expansion.backprompter, expansion.label) for expansion in asked} == {
        ("", None, "0")
    }


def test_without_steps_each_different_answer_is_a_place() -> None:
    tree = tree_of(lock(KnowsDigits(1.0), by_steps=False))
    positions = Positions(tree)
    found = [positions.note(attempt(tree, text)).new for text in ("12", "13", "12")]
    assert list(map(len, found)) == [1, 1, 0]
    place = found[1][0]
    expansion = positions.expansion(place, tree, 0, None)
    assert (expansion.parent, expansion.prefix, expansion.backprompter, expansion.label) == (1, "", None, "2")


def test_a_place_is_asked_of_the_model_that_it_was_found_with() -> None:
    model = KnowsDigits(1.0)
    tree = tree_of(lock(Models({"small": model, "large": model})))
    positions = Positions(tree)
    (*_, place) = positions.note(attempt(tree, "1299")).new
    assert positions.expansion(place, tree, 1, 0.3).sampling.model is None
    asked = [positions.expansion(positions.root, tree, nth, 0.3).sampling for nth in range(3)]
    assert [(sampling.model, sampling.temperature) for sampling in asked] == [
        ("small", 0.3),
        ("large", 0.3),
        ("small", 0.3),
    ]


def test_attempts_are_taken_once_each() -> None:
    tree = tree_of()
    for text in ("1", "2", "3"):
        attempt(tree, text)
        taken = folded(tree, "taken", list[int], lambda ids, one: ids.append(one.id))
    attempt(tree, "4")
    assert taken == [0, 1, 2]
    assert folded(tree, "taken", list[int], lambda ids, one: ids.append(one.id)) == [0, 1, 2, 3]
