from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modulo.critique import Critique, Remark, Verdict, Violation
from modulo.graph import Graph, Program
from modulo.problem import NO_SOLUTION, Problem
from modulo.protocols import Generation
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
NUMBERS = number_graph(is_target, is_even).check()
BLAMING = staged_graph(blames_half=True).check()
WRONG = Violation("wrong", "that is wrong")


def rejected_by(*critics: str) -> tuple[Critique, ...]:
    return tuple(Critique(Verdict.REJECT, (WRONG,), critic=critic) for critic in critics)


def tree_of(program: Program, *attempts: Attempt) -> Tree:
    tree = Tree(program, PROBLEM)
    for attempt in attempts:
        tree.add(attempt)
    return tree


def half(attempt_id: int, **rest: Any) -> Attempt:
    return attempt_at(BLAMING, attempt_id, "halver", 2, **({"accepted": True} | rest))


def number(attempt_id: int, built_on: int, *critics: str, **rest: Any) -> Attempt:
    """An answer that is built on a half; accepted unless critics reject it."""
    fields = {"inputs": {"half": built_on}, "accepted": not critics, "critiques": rejected_by(*critics)}
    return attempt_at(BLAMING, attempt_id, "doubler", 4, **(fields | rest))


# ---------------------------------------------------------------------------------------------------- attempts


def test_an_attempt_says_what_became_of_it() -> None:
    failed = attempt_at(NUMBERS, 0, "guess", error="no connection")
    assert (failed.text, failed.score, failed.violation_count) == ("", 0, 0)
    remarks = (Remark(score=1.5), Remark(score=2.0))
    judged = attempt_at(NUMBERS, 1, "guess", 5, critiques=rejected_by("is_target", "is_even"), remarks=remarks)
    assert (judged.text, judged.score, judged.violation_count) == ("5", 3.5, 2)


def test_a_tree_begins_with_nothing_and_the_first_stage() -> None:
    tree = Tree(BLAMING, PROBLEM, seed=3)
    assert (len(tree), tree.seed, dict(tree.live), tree.certified) == (0, 3, {}, ())
    assert tree.frontier().artefact == "half"
    assert tree.inputs_of("halver") == {}
    assert tree.inputs_of("doubler") is None
    assert list(tree.tips("halver")) == []


def test_attempts_are_found_by_their_ids() -> None:
    first = attempt_at(NUMBERS, 7, "guess", 5)
    tree = tree_of(NUMBERS, first)
    assert tree[7] is first
    assert 7 in tree
    assert 0 not in tree


# ------------------------------------------------------------------------------------------------------ chains


def test_a_chain_leads_from_the_root_to_the_attempt() -> None:
    chain = [attempt_at(NUMBERS, i, "guess", i, parent=i - 1 if i else None) for i in range(4)]
    other = attempt_at(NUMBERS, 4, "guess", 9)
    tree = tree_of(NUMBERS, *chain, other)
    assert tree.chain(chain[2]) == tuple(chain[:3])
    assert [tree.depth(attempt) for attempt in chain] == [1, 2, 3, 4]
    assert list(tree.tips("guess")) == [chain[3], other]
    assert tree.depth(other) == 1


def test_one_attempt_may_be_gone_on_from_several_times() -> None:
    root, *children = [attempt_at(NUMBERS, i, "guess", i, parent=0 if i else None) for i in range(4)]
    assert list(tree_of(NUMBERS, root, *children).tips("guess")) == children


@pytest.mark.parametrize(
    ("answers", "repeats"),
    [
        ([5, 5, 5], [0, 1, 2]),
        ([5, 6, 5], [0, 0, 0]),
        ([5, 6, 6], [0, 0, 1]),
        ([5, None, 5], [0, 0, 1]),
        ([5, 5, None, None, 5], [0, 1, 1, 1, 2]),
        ([None, 5, 5], [0, 0, 1]),
        ([5, None, 6], [0, 0, 0]),
    ],
)
def test_an_answer_given_again_is_counted_and_failed_calls_are_no_answers(
    answers: Sequence[int | None], repeats: Sequence[int]
) -> None:
    attempts = [attempt_at(NUMBERS, i, "guess", n, parent=i - 1 if i else None) for i, n in enumerate(answers)]
    tree = tree_of(NUMBERS, *attempts)
    assert [tree.repeats(attempt) for attempt in attempts] == repeats
    assert [tree.turn(attempt).repeats for attempt in attempts] == repeats


def test_the_same_content_in_other_words_is_the_same_answer() -> None:
    first = attempt_at(NUMBERS, 0, "guess", 5)
    second = attempt_at(NUMBERS, 1, "guess", 5, parent=0, generation=Generation(text="it is 5"))
    assert tree_of(NUMBERS, first, second).repeats(second) == 1


def test_texts_without_canonical_form_are_compared_as_texts() -> None:
    texts = ["five", "five", "six", "6"]
    attempts = [
        attempt_at(NUMBERS, i, "guess", parent=i - 1 if i else None, generation=Generation(text=text))
        for i, text in enumerate(texts)
    ]
    attempts.append(attempt_at(NUMBERS, 4, "guess", 6, parent=3))
    tree = tree_of(NUMBERS, *attempts)
    assert [tree.repeats(attempt) for attempt in attempts] == [0, 1, 0, 0, 0]


def test_conversations_that_do_not_go_on_from_each_other_repeat_nothing() -> None:
    attempts = [attempt_at(NUMBERS, i, "guess", 5) for i in range(2)]
    assert tree_of(NUMBERS, *attempts).repeats(attempts[1]) == 0


# ------------------------------------------------------------------------------------------------------ stages


def test_an_accepted_artefact_opens_the_next_stage() -> None:
    tree = tree_of(BLAMING, half(0))
    assert dict(tree.live) == {"half": tree[0]}
    assert tree.frontier().artefact == "number"
    assert tree.inputs_of("doubler") == {"half": 0}
    assert tree.certified == ()
    answer = number(1, 0)
    tree.add(answer)
    assert tree.certified == (answer,)
    assert tree.live["number"] is answer
    assert tree.frontier() is BLAMING.answer


def test_a_rejected_artefact_opens_nothing() -> None:
    tree = tree_of(BLAMING, half(0, accepted=False, critiques=rejected_by("is_half")))
    assert dict(tree.live) == {}
    assert tree.inputs_of("doubler") is None


def test_the_first_accepted_artefact_stands_and_a_second_one_changes_nothing() -> None:
    tree = tree_of(BLAMING, half(0), half(1))
    assert tree.live["half"] is tree[0]


def test_a_claim_that_there_is_no_solution_can_stand_too() -> None:
    claim = attempt_at(NUMBERS, 0, "guess", NO_SOLUTION, accepted=True)
    tree = tree_of(NUMBERS, claim)
    assert tree.live["number"] is claim
    assert tree.certified == (claim,)


# -------------------------------------------------------------------------------------------------- back edges


def test_a_rejection_along_a_back_edge_withdraws_the_artefact_and_tells_its_generator() -> None:
    tree = tree_of(BLAMING, half(0))
    assert tree.add(number(1, 0, "is_double")) == (tree[0],)
    assert dict(tree.live) == {}
    assert tree.frontier().artefact == "half"
    assert tree.inputs_of("doubler") is None
    assert tree.was_blamed(tree[0])
    assert tree.turn(tree[0]).critiques == rejected_by("is_double")
    assert tree.turn(tree[1]).critiques == rejected_by("is_double")


def test_a_rejection_by_a_critic_without_a_back_edge_withdraws_nothing() -> None:
    tree = tree_of(BLAMING, half(0))
    assert tree.add(number(1, 0, "is_target")) == ()
    assert tree.live["half"] is tree[0]
    assert not tree.was_blamed(tree[0])
    assert tree.turn(tree[0]).critiques == ()
    assert tree.turn(tree[1]).critiques == rejected_by("is_target")


@pytest.mark.parametrize("verdict", [Verdict.ACCEPT, Verdict.UNDECIDED])
def test_only_a_rejection_withdraws(verdict: Verdict) -> None:
    critique = Critique(
        verdict, reason="no memory" if verdict is Verdict.UNDECIDED else None, critic="is_double"
    )
    tree = tree_of(BLAMING, half(0))
    assert tree.add(number(1, 0, accepted=False, critiques=(critique, *rejected_by("is_target")))) == ()
    assert tree.live["half"] is tree[0]


def test_a_conversation_about_a_withdrawn_artefact_is_not_gone_on_with() -> None:
    tree = tree_of(BLAMING, half(0), number(1, 0, "is_double"), half(2, parent=0))
    assert tree.live["half"] is tree[2]
    assert list(tree.tips("doubler")) == []
    assert list(tree.tips("halver")) == [tree[2]]


def test_several_that_were_built_on_it_at_once_withdraw_it_once_and_say_it_once() -> None:
    tree = tree_of(BLAMING, half(0))
    withdrawn = [tree.add(number(i, 0, "is_double", round=2)) for i in (1, 2, 3)]
    assert withdrawn == [(tree[0],), (), ()]
    assert tree.turn(tree[0]).critiques == rejected_by("is_double")


def test_all_that_different_late_critics_said_is_kept() -> None:
    tree = tree_of(BLAMING, half(0))
    other = Violation("other", "that is wrong in another way")
    tree.add(number(1, 0, "is_double", round=2))
    tree.add(
        number(
            2, 0, round=2, accepted=False, critiques=(Critique(Verdict.REJECT, (other,), critic="is_double"),)
        )
    )
    assert [c.violations[0].code for c in tree.turn(tree[0]).critiques] == ["wrong", "other"]


def test_an_answer_that_came_after_its_foundation_was_withdrawn_does_not_stand() -> None:
    tree = tree_of(BLAMING, half(0), number(1, 0, "is_double", round=2), number(2, 0, round=3))
    assert dict(tree.live) == {}


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_an_answer_that_was_accepted_stands_whichever_sibling_is_rejected_before_or_after_it(
    order: tuple[int, int],
) -> None:
    rejected, accepted = order
    attempts = [number(rejected, 0, "is_double", round=2), number(accepted, 0, round=2)]
    tree = tree_of(BLAMING, half(0), *sorted(attempts, key=lambda attempt: attempt.id))
    assert dict(tree.live) == {"half": tree[0], "number": tree[accepted]}
    assert tree.frontier() is BLAMING.answer


def test_a_certified_answer_is_not_lost_to_a_worse_one_that_comes_later() -> None:
    tree = tree_of(BLAMING, half(0), number(1, 0), number(2, 0, "is_double"))
    assert dict(tree.live) == {"half": tree[0], "number": tree[1]}


def tower(levels: int, *, blames: int) -> Program:
    """Stages 0, 1, 2, ... each built on the one before; the critic of the last may blame one before it."""
    graph = Graph("tower")
    end = None
    for level in range(levels):
        generator = graph.generator(f"g{level}", NOBODY, reads=end or ())
        end = graph.reformulator(f"a{level}", whole_number, reads=generator)
        last = level == levels - 1
        graph.critic(f"c{level}", is_even, reads=end, backprompts=[f"g{blames}", generator] if last else None)
    return graph.check()


@pytest.mark.parametrize("blamed", [0, 1, 2])
def test_a_withdrawn_artefact_takes_everything_built_on_it_along(blamed: int) -> None:
    program = tower(4, blames=blamed)
    tree = Tree(program, PROBLEM)
    for level in range(3):
        inputs = {f"a{level - 1}": level - 1} if level else {}
        tree.add(attempt_at(program, level, f"g{level}", 2, inputs=inputs, accepted=True))
    last = attempt_at(program, 3, "g3", 3, inputs={"a2": 2}, critiques=rejected_by("c3"))
    assert tree.add(last) == tuple(tree[i] for i in range(blamed, 3))
    assert set(tree.live) == {f"a{i}" for i in range(blamed)}
    assert tree.frontier().artefact == f"a{blamed}"
    assert [tree.was_blamed(tree[i]) for i in range(3)] == [i == blamed for i in range(3)]


def test_what_is_not_built_on_the_withdrawn_artefact_stands() -> None:
    graph = Graph("fan")
    base = graph.reformulator("base", whole_number, reads=graph.generator("g0", NOBODY))
    side = graph.reformulator("side", whole_number, reads=graph.generator("g1", NOBODY))
    built = graph.generator("built", NOBODY, reads=base)
    free = graph.generator("free", NOBODY)
    mid = graph.reformulator("mid", whole_number, reads=built | free)
    top = graph.reformulator("top", whole_number, reads=graph.generator("g3", NOBODY, reads=[mid, side, base]))
    for name in (base, side, mid):
        graph.critic(f"judge {name.name}", is_even, reads=name)
    graph.critic("judge", is_even, reads=top, backprompts=["g0", "g3"])
    program = graph.check()
    for maker, survives in (("free", {"side", "mid"}), ("built", {"side"})):
        tree = Tree(program, PROBLEM)
        tree.add(attempt_at(program, 0, "g0", 2, accepted=True))
        tree.add(attempt_at(program, 1, "g1", 2, accepted=True))
        inputs = {"base": 0} if maker == "built" else {}
        tree.add(attempt_at(program, 2, maker, 2, inputs=inputs, accepted=True))
        inputs = {"mid": 2, "side": 1, "base": 0}
        tree.add(attempt_at(program, 3, "g3", 3, inputs=inputs, critiques=rejected_by("judge")))
        assert set(tree.live) == survives


def test_a_generator_hears_only_of_critics_that_backprompt_it() -> None:
    graph = staged_graph()
    graph.critic("only half", is_even, reads="number", backprompts="halver")
    program = graph.check()
    tree = tree_of(program, attempt_at(program, 0, "halver", 2, accepted=True))
    malformed = Critique(Verdict.REJECT, (WRONG,), critic="number")
    critiques = (malformed, *rejected_by("is_target", "only half"))
    last = attempt_at(program, 1, "doubler", 3, inputs={"half": 0}, critiques=critiques)
    tree.add(last)
    assert [critique.critic for critique in tree.turn(last).critiques] == ["number", "is_target"]
    assert [critique.critic for critique in tree.turn(tree[0]).critiques] == ["only half"]


def test_an_artefact_by_a_generator_that_is_not_blamed_is_withdrawn_without_a_word() -> None:
    graph = Graph("race")
    fast, slow = graph.generator("fast", NOBODY), graph.generator("slow", NOBODY)
    half = graph.reformulator("half", whole_number, reads=fast | slow)
    number = graph.reformulator("number", whole_number, reads=graph.generator("doubler", NOBODY, reads=half))
    graph.critic("is_half", is_even, reads=half)
    graph.critic("is_target", is_even, reads=number, backprompts=["fast", "doubler"])
    program = graph.check()
    for maker in ("fast", "slow"):
        tree = tree_of(program, attempt_at(program, 0, maker, 2, accepted=True))
        last = attempt_at(program, 1, "doubler", 3, inputs={"half": 0}, critiques=rejected_by("is_target"))
        assert tree.add(last) == (tree[0],)
        assert tree.was_blamed(tree[0]) is (maker == "fast")


# -------------------------------------------------------------------------------------------- random histories

moves = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from(["accept", "reject", "blame", "fail"]), st.booleans()),
    max_size=25,
)


@given(moves, st.integers(1, 3))
def test_what_stands_is_accepted_and_built_on_what_stands(
    moves: Sequence[tuple[int, str, bool]], width: int
) -> None:
    program = tower(3, blames=0)
    tree, next_id, chance = Tree(program, PROBLEM), 0, iter(moves)
    for round_number in range(1, len(moves) + 1):
        stage = tree.frontier()
        node = stage.generators[0].name
        inputs = tree.inputs_of(node)
        assert inputs is not None
        started = {name: tree.live[name] for name in tree.live}
        this_round = []
        for value, fate, goes_on in [move for _, move in zip(range(width), chance, strict=False)]:
            tips = list(tree.tips(node)) if goes_on else []
            attempt = attempt_at(
                program,
                next_id,
                node,
                None if fate == "fail" else value,
                round=round_number,
                parent=tips[-1].id if tips else None,
                inputs=inputs,
                accepted=fate == "accept",
                critiques=rejected_by(stage.critics[0].name) if fate == "blame" else (),
            )
            this_round.append(attempt)
            next_id += 1
        for attempt in this_round:
            withdrawn = tree.add(attempt)
            assert all(one.accepted for one in withdrawn)
        for artefact, attempt in tree.live.items():
            assert attempt.accepted
            assert program.stage_of[attempt.node] == artefact
            assert all(tree.live[name].id == made_by for name, made_by in attempt.inputs.items())
        if any(attempt.accepted for attempt in this_round):
            assert stage.artefact in tree.live
            assert started.items() <= tree.live.items()
        if stage is program.answer and stage.artefact in tree.live:
            break
    again = tree_of(program, *tree.attempts)
    assert again.live == tree.live
    assert [again.turn(attempt) for attempt in again.attempts] == [
        tree.turn(attempt) for attempt in tree.attempts
    ]
