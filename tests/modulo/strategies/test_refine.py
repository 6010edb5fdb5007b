from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modulo.critique import Critique, Verdict, Violation
from modulo.errors import ConfigurationError
from modulo.graph import Graph
from modulo.problem import Problem
from modulo.protocols import DEFAULT_SAMPLING, Expansion
from modulo.strategies import Refine
from modulo.tree import Attempt, Tree
from tests.modulo.sample_graphs import (
    NOBODY,
    Target,
    attempt_at,
    is_even,
    is_target,
    number_graph,
    staged_graph,
    whole_number,
)

PROBLEM = Problem.of(Target(4), domain="numbers")
NUMBERS = number_graph(is_target).check()
STAGED = staged_graph(blames_half=True).check()
WRONG = Violation("wrong", "that is wrong")


def guess(attempt_id: int, value: int | None = 1, parent: int | None = None, **rest: Any) -> Attempt:
    return attempt_at(NUMBERS, attempt_id, "guess", value, parent=parent, **rest)


def tree_of(*attempts: Attempt, program: Any = NUMBERS) -> Tree:
    tree = Tree(program, PROBLEM)
    for attempt in attempts:
        tree.add(attempt)
    return tree


def asked(strategy: Refine, tree: Tree, n: int = 16) -> list[tuple[str, int | None]]:
    return [(expansion.node, expansion.parent) for expansion in strategy.ask(tree, n)]


def test_it_begins_with_one_conversation() -> None:
    assert Refine().ask(tree_of(), 16) == [Expansion(node="guess")]


def test_it_goes_on_from_the_latest_answer() -> None:
    assert asked(Refine(), tree_of(guess(0, 1), guess(1, 2, parent=0))) == [("guess", 1)]


def test_it_goes_on_after_a_failed_call() -> None:
    assert asked(Refine(), tree_of(guess(0, 1), guess(1, None, parent=0, error="lost"))) == [("guess", 1)]


def test_as_many_conversations_are_held_as_it_is_wide() -> None:
    wide = Refine(width=3)
    assert asked(wide, tree_of()) == [("guess", None)] * 3
    assert asked(wide, tree_of(guess(0), guess(1))) == [("guess", 0), ("guess", 1), ("guess", None)]
    tree = tree_of(guess(0), guess(1), guess(2), guess(3, parent=1))
    assert asked(wide, tree) == [("guess", 0), ("guess", 2), ("guess", 3)]


def test_of_more_conversations_than_it_is_wide_the_latest_are_gone_on_with() -> None:
    assert asked(Refine(width=2), tree_of(*map(guess, range(4)))) == [("guess", 2), ("guess", 3)]


def test_no_more_is_asked_for_than_may_run() -> None:
    assert len(Refine(width=5).ask(tree_of(), 2)) == 2
    assert len(Refine(width=10**12).ask(tree_of(), 2)) == 2  # without making them all


def test_a_conversation_that_is_too_long_is_given_up_for_a_new_one() -> None:
    restarting = Refine(restart_after=2)
    assert asked(restarting, tree_of(guess(0))) == [("guess", 0)]
    tree = tree_of(guess(0), guess(1, parent=0))
    assert asked(restarting, tree) == [("guess", None)]
    tree.add(guess(2))
    assert asked(restarting, tree) == [("guess", 2)]


def test_a_conversation_that_no_longer_fits_the_model_is_given_up() -> None:
    assert asked(Refine(), tree_of(guess(0), guess(1, None, parent=0, error_kind="context_overflow"))) == [
        ("guess", None)
    ]


def test_it_stops_when_the_same_answer_comes_again_and_again() -> None:
    chain = [guess(i, 5, parent=i - 1 if i else None) for i in range(4)]
    assert asked(Refine(patience=3), tree_of(*chain[:3])) == [("guess", 2)]
    assert asked(Refine(patience=3), tree_of(*chain)) == []
    assert asked(Refine(patience=None), tree_of(*chain)) == [("guess", 3)]


def test_it_goes_on_while_one_conversation_is_not_stuck() -> None:
    stuck = [guess(0, 5), guess(1, 5, parent=0)]
    assert asked(Refine(width=2, patience=1), tree_of(*stuck, guess(2, 6))) == [("guess", 1), ("guess", 2)]
    assert asked(Refine(width=2, patience=1), tree_of(*stuck, guess(2, 6), guess(3, 6, parent=2))) == []


def test_a_repeated_answer_raises_the_temperature_step_by_step_to_a_bound() -> None:
    temperatures = []
    chain = [guess(i, 5, parent=i - 1 if i else None) for i in range(9)]
    for length in range(1, 9):
        (expansion,) = Refine(heats=True).ask(tree_of(*chain[:length]), 1)
        temperatures.append(expansion.sampling.temperature)
    assert temperatures[0] is None
    assert temperatures[1:4] == pytest.approx([1.0, 1.2, 1.3])
    assert max(t for t in temperatures if t) == 1.3
    (expansion,) = Refine().ask(tree_of(*chain[:3]), 1)
    assert expansion.sampling == DEFAULT_SAMPLING


def test_an_accepted_answer_ends_its_conversation() -> None:
    assert asked(Refine(), tree_of(guess(0), guess(1, 4, parent=0, accepted=True))) == [("guess", None)]


def test_stages_are_worked_on_one_after_the_other() -> None:
    first = attempt_at(STAGED, 0, "halver", 2, accepted=True)
    assert asked(Refine(), tree_of(program=STAGED)) == [("halver", None)]
    assert asked(Refine(), tree_of(first, program=STAGED)) == [("doubler", None)]
    second = attempt_at(STAGED, 1, "doubler", 5, inputs={"half": 0})
    assert asked(Refine(), tree_of(first, second, program=STAGED)) == [("doubler", 1)]


def test_a_generator_that_is_blamed_later_goes_on_from_the_answer_that_was_withdrawn() -> None:
    first = attempt_at(STAGED, 0, "halver", 2, accepted=True)
    blame = Critique(Verdict.REJECT, (WRONG,), critic="is_double")
    second = attempt_at(STAGED, 1, "doubler", 5, inputs={"half": 0}, critiques=(blame,))
    tree = tree_of(first, second, program=STAGED)
    assert asked(Refine(), tree) == [("halver", 0)]
    tree.add(attempt_at(STAGED, 2, "halver", 3, parent=0, accepted=True))
    assert asked(Refine(), tree) == [("doubler", None)]


def test_all_generators_of_an_artefact_race() -> None:
    graph = Graph("race")
    fast, slow = graph.generator("fast", NOBODY), graph.generator("slow", NOBODY)
    graph.critic("judge", is_even, reads=graph.reformulator("number", whole_number, reads=fast | slow))
    program = graph.check()
    tree = tree_of(program=program)
    assert asked(Refine(), tree) == [("fast", None), ("slow", None)]
    tree.add(attempt_at(program, 0, "fast", 3))
    assert asked(Refine(width=2), tree) == [("fast", 0), ("fast", None), ("slow", None), ("slow", None)]


def raced_by_a_last_resort() -> Any:
    graph = Graph("race")
    model, planner = graph.generator("model", NOBODY), graph.generator("planner", NOBODY)
    graph.critic("judge", is_even, reads=graph.reformulator("number", whole_number, reads=model | planner))
    return graph.check()


def test_a_last_resort_is_asked_when_the_others_have_tried_often_enough() -> None:
    program, strategy = raced_by_a_last_resort(), Refine(last_resort="planner", last_resort_after=2)
    tree = tree_of(program=program)
    assert asked(strategy, tree) == [("model", None)]
    tree.add(attempt_at(program, 0, "model", 1))
    assert asked(strategy, tree) == [("model", 0)]
    tree.add(attempt_at(program, 1, "model", 3, parent=0))
    assert asked(strategy, tree) == [("planner", None), ("model", 1)]
    assert asked(strategy, tree, n=1) == [("planner", None)]


def test_a_last_resort_is_asked_when_the_others_are_stuck() -> None:
    program, strategy = raced_by_a_last_resort(), Refine(last_resort="planner", last_resort_after=9, patience=1)
    tree = tree_of(
        attempt_at(program, 0, "model", 1), attempt_at(program, 1, "model", 1, parent=0), program=program
    )
    assert asked(strategy, tree) == [("planner", None), ("model", 1)]


def test_a_last_resort_that_the_graph_has_not_is_refused() -> None:
    with pytest.raises(
        ConfigurationError, match="last_resort='planer' is no generator of this graph; there are guess"
    ):
        Refine(last_resort="planer").ask(tree_of(), 1)


@pytest.mark.parametrize(
    "settings",
    [
        {"width": 0},
        {"width": None},
        {"width": 1.5},
        {"width": True},
        {"width": "2"},
        {"restart_after": 0},
        {"restart_after": -1},
        {"patience": 0},
        {"patience": 2.0},
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match=f"Refine: {next(iter(settings))} must be"):
        Refine(**settings)


strategies = st.builds(
    Refine,
    width=st.integers(1, 4),
    restart_after=st.none() | st.integers(1, 3),
    patience=st.none() | st.integers(1, 3),
    heats=st.booleans(),
)


@given(strategies)
def test_it_is_made_again_from_its_description(strategy: Refine) -> None:
    assert Refine(**strategy.describe()) == strategy  # type: ignore[arg-type]


@given(strategies, st.lists(st.lists(st.none() | st.integers(1, 2), min_size=8, max_size=8), max_size=8))
def test_it_keeps_nothing_to_itself_and_holds_what_it_promises(
    strategy: Refine, answers: Sequence[Sequence[int | None]]
) -> None:
    tree, next_id = tree_of(), 0
    for number, values in enumerate(answers, 1):
        expansions = strategy.ask(tree, 16)
        assert expansions == strategy.ask(tree, 16)
        assert expansions == Refine(**strategy.describe()).ask(tree_of(*tree.attempts), 16)  # type: ignore[arg-type]
        assert len(expansions) in (0, strategy.width)
        assert len({e.parent for e in expansions if e.parent is not None}) == sum(
            e.parent is not None for e in expansions
        )
        for expansion, value in zip(expansions, values, strict=False):
            if expansion.parent is not None and strategy.restart_after:
                assert tree.depth(tree[expansion.parent]) < strategy.restart_after
            attempt = guess(next_id, value, parent=expansion.parent, round=number)
            tree.add(attempt)
            strategy.tell(tree, attempt)
            strategy.tell(tree, attempt)
            next_id += 1
