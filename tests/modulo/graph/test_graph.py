"""Graphs: what is a sound program, and which structures are none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any

import pytest

from modulo.graph import Graph, Node
from modulo.graph.nodes import Either
from modulo.problem import NO_SOLUTION, NoSolution
from modulo.testing import ScriptedGenerator
from tests.modulo.graph.graphs import (
    Coloring,
    Map,
    Taste,
    accepts,
    accepts_two,
    anything,
    coloring_of,
    faults_of,
    graph_of,
    is_colored,
    is_unsolvable,
)
from tests.modulo.sample_graphs import NOBODY, is_even, number_graph, staged_graph, whole_number

# ------------------------------------------------------------------------------------------------ sound graphs


def test_one_generator_and_one_critic_are_a_program() -> None:
    program = graph_of().check()
    assert list(program.stages) == ["guess"]
    assert program.answer.artefact == "guess"
    assert program.answer.critics[0].backprompts == ("guess",)


def test_a_chain_of_reformulators_ends_in_one_artefact() -> None:
    graph = Graph("g")
    guess = graph.generator("guess", NOBODY)
    first = graph.reformulator("first", anything, reads=guess)
    second = graph.reformulator("second", coloring_of, reads=first)
    graph.critic("judge", is_colored, reads=second)
    program = graph.check()
    assert [node.name for node in program.answer.paths["guess"]] == ["first", "second"]
    assert program.answer.codec.annotation is Coloring
    assert program.stage_of == {"guess": "second"}


def test_stages_come_in_an_order_in_which_each_follows_what_it_is_built_on() -> None:
    graph = Graph("g")
    graph.generator("c", NOBODY, reads=["a", "b"])
    graph.generator("b", NOBODY, reads="a")
    graph.generator("a", NOBODY)
    for name in "abc":
        graph.critic(f"judge {name}", accepts, reads=name)
    program = graph.check()
    assert list(program.stages) == ["a", "b", "c"]
    assert [node.name for node in program.generators] == ["a", "b", "c"]
    assert [node.name for node in program.critics] == ["judge a", "judge b", "judge c"]
    assert program.generator("b").reads == ("a",)


def test_several_generators_may_race_for_one_artefact() -> None:
    graph = Graph("g")
    fast, slow = graph.generator("fast", NOBODY), graph.generator("slow", NOBODY)
    graph.critic("judge", accepts, reads=fast | slow)
    graph.critic("second", accepts, reads=slow | fast)
    program = graph.check()
    assert [node.name for node in program.answer.generators] == ["fast", "slow"]
    assert len(program.answer.critics) == 2
    assert program.answer.critics[0].backprompts == ("fast", "slow")


@pytest.mark.parametrize(
    "join",
    [
        lambda a, b, c: a | b | c,
        lambda a, b, c: a | (b | c),
        lambda a, b, c: a | "b" | c,
        lambda a, b, c: "a" | b | "c",
        lambda a, b, c: "a" | (b | c),
        lambda a, b, c: a | b | a | c,
    ],
)
def test_alternatives_are_written_with_handles_or_names(join: Callable[..., Either]) -> None:
    graph = Graph("g")
    nodes = [graph.generator(name, NOBODY) for name in "abc"]
    answer = graph.reformulator("answer", anything, reads=join(*nodes))
    graph.critic("judge", accepts, reads=answer)
    assert graph.check().stage_of == dict.fromkeys("abc", "answer")


def test_a_back_edge_names_what_a_rejection_withdraws() -> None:
    program = staged_graph(blames_half=True).check()
    assert program.answer.withdraws == {"is_double": ("half",)}
    assert not staged_graph().check().answer.withdraws


def test_nodes_may_be_read_before_they_are_added() -> None:
    graph = Graph("g")
    graph.critic("judge", accepts, reads="answer")
    graph.reformulator("answer", anything, reads="guess")
    graph.generator("guess", NOBODY)
    assert graph.check().answer.artefact == "answer"


def test_names_may_come_from_an_enum_and_are_plain_text_afterwards() -> None:
    class Name(StrEnum):
        GUESS = "guess"
        JUDGE = "judge"

    graph = Graph("g")
    graph.generator(Name.GUESS, NOBODY)
    graph.critic(Name.JUDGE, accepts, reads=Name.GUESS, backprompts=[Name.GUESS])
    (critic,) = graph.check().critics
    names = (critic.name, *critic.reads, *critic.backprompts)
    assert [(type(name), name) for name in names] == [(str, "judge"), (str, "guess"), (str, "guess")]


def test_a_graph_is_checked_again_after_it_was_changed() -> None:
    graph = graph_of()
    first = graph.check()
    assert graph.check() is first
    graph.critic("second", accepts, reads="guess")
    assert len(graph.check().critics) == 2


def test_the_type_of_problems_is_the_one_that_functions_are_annotated_with() -> None:
    assert number_graph().problem_type.__name__ == "Target"
    assert graph_of().problem_type is Any
    assert Graph("g", problem_type=Map).problem_type is Map


def test_a_reformulator_may_say_that_it_can_claim_there_is_no_solution() -> None:
    def convert(text: str) -> Coloring | NoSolution:
        return NO_SOLUTION

    graph = Graph("g")
    graph.reformulator("answer", convert, reads=graph.generator("guess", NOBODY))
    graph.critic("judge", is_colored, reads="answer")
    graph.critic("refuter", is_unsolvable, reads="answer")
    assert graph.check().answer.codec.annotation is Coloring


def test_generators_and_conversions_can_be_replaced_in_a_copy() -> None:
    graph = Graph("g")
    guess = graph.generator("guess", NOBODY)
    first = graph.reformulator("first", whole_number, reads=guess)
    second = graph.reformulator("second", lambda number: Coloring({}), reads=first)
    graph.critic("judge", accepts, reads=second)
    other = ScriptedGenerator(["1"])
    copy = graph.with_nodes(generators={"guess": other}, conversions={"first": coloring_of, "second": None})
    path = copy.check().answer.paths["guess"]
    assert copy.check().answer.generators[0].generator is other
    assert [node.convert("x") for node in path if node.convert] == [Coloring({}), "x"]
    assert copy.check().answer.codec.annotation is graph.check().answer.codec.annotation
    assert graph.check().answer.paths["guess"][0].convert is whole_number


# ----------------------------------------------------------------------------------------- faults of structure


def test_an_empty_graph_has_no_generator() -> None:
    assert faults_of(Graph("g")) == ("it has no generator.",)


def test_an_answer_without_a_hard_critic_is_refused() -> None:
    graph = Graph("g")
    graph.generator("guess", NOBODY)
    assert faults_of(graph) == ("the answer 'guess' has no hard critic, so nothing could be certified.",)


def test_a_soft_critic_or_a_critic_of_claims_is_no_hard_critic_of_solutions() -> None:
    graph = Graph("g")
    graph.generator("guess", NOBODY)
    graph.soft_critic("taste", Taste(), reads="guess")
    graph.critic("refuter", is_unsolvable, reads="guess")
    assert faults_of(graph) == ("the answer 'guess' has no hard critic, so nothing could be certified.",)


def test_an_artefact_without_a_hard_critic_must_not_flow_to_the_next_generator() -> None:
    graph = Graph("g")
    draft = graph.generator("draft", NOBODY)
    final = graph.generator("final", NOBODY, reads=draft)
    graph.critic("judge", accepts, reads=final)
    assert faults_of(graph) == (
        "artefact 'draft' has no hard critic, so it must not flow to the next generator.",
    )


@pytest.mark.parametrize("length", [1, 2, 3])
def test_a_circle_of_data_is_refused_with_its_nodes(length: int) -> None:
    graph = Graph("g")
    for i in range(length):
        graph.generator(f"g{i}", NOBODY, reads=f"g{(i + 1) % length}")
        graph.critic(f"c{i}", accepts, reads=f"g{i}")
    (circle,) = [fault for fault in faults_of(graph) if "circle" in fault]
    assert all(f"'g{i}'" in circle for i in range(length))


def test_a_circle_through_reformulators_is_refused() -> None:
    graph = Graph("g")
    graph.generator("guess", NOBODY)
    graph.reformulator("a", anything, reads=Either(("guess", "b")))
    graph.reformulator("b", anything, reads="a")
    graph.critic("judge", accepts, reads="b")
    assert "data runs in a circle: 'a' → 'b' → 'a'." in faults_of(graph)


def test_a_reformulator_that_nothing_leads_to_is_unreachable() -> None:
    graph = graph_of()
    graph.reformulator("lost", anything, reads="found")
    graph.reformulator("found", anything, reads="lost")
    faults = faults_of(graph)
    assert "reformulator 'lost' is unreachable: no generator leads to it." in faults
    assert "reformulator 'found' is unreachable: no generator leads to it." in faults


def test_a_critic_that_no_generator_could_hear_is_refused() -> None:
    graph = graph_of()
    graph.critic("lonely", accepts, reads=graph.reformulator("lost", anything, reads="nowhere"))
    assert "critic 'lonely' has no generator to backprompt: none leads to 'lost'." in faults_of(graph)


def test_a_critic_that_wants_nobody_to_hear_it_is_refused() -> None:
    graph = Graph("g")
    graph.critic("judge", accepts, reads=graph.generator("guess", NOBODY), backprompts=[])
    (fault,) = faults_of(graph)
    assert fault.startswith("critic 'judge' backprompts nobody")


def test_two_conversions_of_one_node_are_refused() -> None:
    graph = Graph("g")
    guess = graph.generator("guess", NOBODY)
    graph.critic("a", accepts, reads=graph.reformulator("left", anything, reads=guess))
    graph.critic("b", accepts, reads=graph.reformulator("right", anything, reads=guess))
    fork = "'guess' is converted by 'left' and 'right'; only one reformulator may convert it."
    assert fork in faults_of(graph)


def test_two_ends_are_refused() -> None:
    graph = graph_of()
    graph.critic("other judge", accepts, reads=graph.generator("other", NOBODY))
    assert faults_of(graph) == ("'guess' and 'other' are all ends of the graph; a graph has one answer.",)


def test_what_is_converted_further_cannot_be_read() -> None:
    graph = Graph("g")
    guess = graph.generator("guess", NOBODY)
    graph.reformulator("answer", anything, reads=guess)
    graph.critic("judge", accepts, reads="answer")
    graph.critic("early", accepts, reads=guess)
    (fault,) = faults_of(graph)
    assert fault.startswith(
        "critic 'early' reads 'guess', which is converted further into 'answer'; it must read"
    )


@pytest.mark.parametrize(
    ("add", "reader"),
    [
        (lambda graph: graph.critic("new", accepts, reads="judge"), "critic 'new'"),
        (lambda graph: graph.soft_critic("new", Taste(), reads="judge"), "soft critic 'new'"),
        (lambda graph: graph.generator("new", NOBODY, reads="judge"), "generator 'new'"),
        (lambda graph: graph.reformulator("new", anything, reads="judge"), "reformulator 'new'"),
        (
            lambda graph: graph.reformulator("new", anything, reads=Node("guess") | "judge"),
            "reformulator 'new'",
        ),
        (lambda graph: graph.reformulator("new", anything, reads="taste"), "reformulator 'new'"),
    ],
)
def test_a_critic_gives_nothing_to_read(add: Callable[[Graph], Node], reader: str) -> None:
    graph = graph_of()
    graph.soft_critic("taste", Taste(), reads="guess")
    add(graph)
    assert any(f.startswith(f"{reader} reads ") and "which is a critic" in f for f in faults_of(graph))


def test_names_that_do_not_exist_are_all_reported() -> None:
    graph = Graph("g")
    graph.generator("guess", NOBODY, reads="gess")
    graph.reformulator("answer", anything, reads="gues")
    graph.critic("judge", accepts, reads=["guess", "anwser"], backprompts=["ges", "judge"])
    faults = faults_of(graph)
    for sentence in (
        "'guess' reads 'gess', which does not exist.",
        "'answer' reads 'gues', which does not exist.",
        "'judge' reads 'anwser', which does not exist.",
        "critic 'judge' backprompts 'ges', which does not exist.",
        "critic 'judge' backprompts 'judge', which is no generator.",
    ):
        assert sentence in faults


def test_two_nodes_of_one_name_are_refused_whatever_their_kinds() -> None:
    adds: Sequence[Callable[[Graph], Node]] = (
        lambda graph: graph.generator("x", NOBODY),
        lambda graph: graph.reformulator("x", anything, reads="guess"),
        lambda graph: graph.critic("x", accepts, reads="guess"),
        lambda graph: graph.soft_critic("x", Taste(), reads="guess"),
    )
    for first in adds:
        for second in adds:
            graph = graph_of()
            first(graph)
            second(graph)
            assert "two nodes are called 'x'." in faults_of(graph)


@pytest.mark.parametrize("is_first", [True, False])
def test_a_node_with_the_name_of_a_choice_is_not_taken_for_it(is_first: bool) -> None:
    graph = Graph("g")
    a, b = graph.generator("a", NOBODY), graph.generator("b", NOBODY)
    if is_first:
        graph.reformulator("a | b", anything, reads=a)
    graph.critic("judge", accepts, reads=a | b)
    if not is_first:
        graph.reformulator("a | b", anything, reads=a)
    assert "two nodes are called 'a | b'." in faults_of(graph)


def test_a_critic_may_only_read_what_its_candidate_is_always_built_on() -> None:
    graph = Graph("g")
    plan, other = graph.generator("plan", NOBODY), graph.generator("other", NOBODY)
    slow, fast = (
        graph.generator("slow", NOBODY, reads=[plan, other]),
        graph.generator("fast", NOBODY, reads=other),
    )
    for name in ("plan", "other"):
        graph.critic(f"judge {name}", accepts, reads=name)
    graph.critic("judge", accepts_two, reads=[slow | fast, plan])
    graph.critic("right", accepts_two, reads=[slow | fast, other])
    graph.critic("twisted", accepts_two, reads=[plan, other])
    assert faults_of(graph) == (
        "critic 'judge' reads 'plan', on which 'slow | fast' is not always built.",
        "critic 'twisted' reads 'other', on which 'plan' is not built.",
    )


def test_a_back_edge_leads_to_a_generator_that_has_a_part_in_the_candidate() -> None:
    graph = staged_graph()
    graph.critic("odd", is_even, reads="half", backprompts="doubler")
    assert faults_of(graph) == ("critic 'odd' backprompts 'doubler', which has no part in 'half'.",)
