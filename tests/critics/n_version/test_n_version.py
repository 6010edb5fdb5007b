"""Verdicts of several implementations: only what all of them say."""

from __future__ import annotations

import json
import pickle
from itertools import product
from pathlib import Path
from typing import Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import modulo
from modulo import Budget, Certified, Critique, Exhausted, Graph, Verdict
from modulo.checking import check
from modulo.critics.n_version import NVersion
from modulo.critique import Soundness
from modulo.errors import ConfigurationError, CriticError, CriticsDisagree, MissingDependencyError
from modulo.protocols import Critic
from modulo.testing import ScriptedGenerator
from tests.critics.n_version.parts import (
    EvenByBit,
    EvenByRemainder,
    EvenInAnotherProcess,
    EvenLater,
    Says,
    SaysAswell,
    SaysToo,
    dies,
    hangs,
    nothing_wrong,
)

pytestmark = pytest.mark.anyio

EVERY_WAY = (EvenByRemainder(), EvenByBit(), EvenLater(), EvenInAnotherProcess())


def graph_of(critic: Critic[Any, Any], *answers: str) -> Graph:
    graph = Graph("parity")
    draft = graph.generator("draft", ScriptedGenerator(answers), prompt=lambda problem: "even?")
    number = graph.reformulator("number", int, reads=draft)
    graph.critic("even", critic, reads=number)
    return graph


async def test_what_all_accept_is_accepted_and_what_all_reject_is_rejected() -> None:
    critic = NVersion(EvenByRemainder(), EvenByBit())
    assert (await critic.critique(2, 4)).accepts
    rejected = await critic.critique(2, 5)
    assert rejected.verdict is Verdict.REJECT
    assert [violation.code for violation in rejected.violations] == ["odd"]
    assert rejected.violations[0].hint == "add one"


@pytest.mark.parametrize("parts", [EVERY_WAY, EVERY_WAY[2:], EVERY_WAY[::3], EVERY_WAY[::-1]])
async def test_parts_run_in_the_loop_on_threads_and_in_processes(parts: tuple[Critic[Any, Any], ...]) -> None:
    graph = graph_of(NVersion(*parts), "3", "4")
    outcome = await modulo.solve(graph, 2, budget=Budget(rounds=2))
    assert isinstance(outcome, Certified)
    assert outcome.solution == 4
    assert outcome.attempts[0].critiques[0].verdict is Verdict.REJECT
    certificate = outcome.certificate
    (entry,) = certificate.critics
    assert [part["id"] for part in entry.options["parts"]] == [part.id for part in parts]
    assert f"the sum is even ({len(parts)} independent implementations agree)" == certificate.claim.text
    await modulo.verify(certificate, graph=graph)


async def test_a_disagreement_is_a_failure_that_says_what_each_of_them_said(tmp_path: Path) -> None:
    critic = NVersion(EvenByRemainder(), EvenByBit(wrong_about=4), saves_to=tmp_path)
    with pytest.raises(CriticsDisagree) as caught:
        await critic.critique(2, 4)
    assert "EvenByRemainder says accept" in caught.value.reason
    assert "EvenByBit says reject: The last bits differ." in caught.value.reason
    outcome = await modulo.solve(graph_of(critic, "4"), 2, budget=Budget(rounds=1))
    assert isinstance(outcome, Exhausted)
    (attempt,) = outcome.attempts
    (critique,) = attempt.critiques
    assert critique.verdict is Verdict.UNDECIDED
    assert critique.failed
    assert attempt.error_kind == "critic"
    (path,) = tmp_path.iterdir()
    assert str(path) in str(critique.reason)
    checked = await check(graph_of(critic), 2, 4)
    assert checked.verdict == "error"


async def test_a_disagreement_is_a_decision_that_a_replay_repeats(tmp_path: Path) -> None:
    graph = graph_of(NVersion(EvenByRemainder(), EvenByBit(wrong_about=4)), "4", "6")
    trace = tmp_path / "run.jsonl"
    with modulo.Trace(trace) as recorded:
        await modulo.solve(graph, 2, budget=Budget(rounds=2), trace=recorded)
    assert (await modulo.replay(trace, graph=graph)).differences == ()
    agreeing = graph_of(NVersion(EvenByRemainder(), EvenByBit()), "4", "6")
    assert (await modulo.replay(trace, graph=agreeing)).differences != ()


SAYS = ["accept", "accept this", "reject", "undecided", "crash", "exit", "nothing"]
FAILS = {"crash", "exit", "nothing"}


@pytest.mark.parametrize("said", [*product(SAYS, SAYS, ["accept", "reject", "undecided"])])
async def test_no_verdict_comes_of_anything_but_agreement(said: tuple[str, ...]) -> None:
    critic = NVersion(*[kind(says) for kind, says in zip((Says, SaysToo, SaysAswell), said, strict=True)])
    kinds = {says.removesuffix(" this") for says in said}
    if {"accept", "reject"} <= kinds:
        with pytest.raises(CriticsDisagree):
            await critic.critique(1, 1)
        return
    if kinds & FAILS:
        with pytest.raises(CriticError):
            await critic.critique(1, 1)
        return
    critique = await critic.critique(1, 1)
    assert critique.verdict == (kinds.pop() if len(kinds) == 1 else "undecided")
    assert not critique.failed


@settings(max_examples=200, deadline=None)
@given(st.integers(-(10**6), 10**6), st.integers(-(10**6), 10**6), st.none() | st.integers(0, 5))
def test_nothing_is_decided_that_one_of_them_contradicts(
    problem: int, candidate: int, wrong: int | None
) -> None:
    critic = NVersion(EvenByRemainder(), EvenByBit(wrong_about=wrong))

    async def judged() -> Critique | None:
        try:
            return await critic.critique(problem, candidate)
        except CriticsDisagree:
            return None

    critique = anyio.run(judged)
    assert (critique is None) == (candidate == wrong)
    assert critique is None or critique.accepts == ((problem + candidate) % 2 == 0)


@pytest.mark.parametrize("does", [hangs, dies])
async def test_a_part_that_is_late_or_killed_is_a_failure_and_no_disagreement(does: Any) -> None:
    critic = NVersion(EvenByRemainder(), EvenInAnotherProcess(does, max_seconds=0.5))
    checked = await check(graph_of(critic), 2, 4)
    assert checked.verdict == "error"
    (critique,) = checked.critiques
    assert "EvenInAnotherProcess says nothing, since it failed" in str(critique.reason)


async def test_no_part_sees_what_another_one_does_to_its_values() -> None:
    critic = NVersion(Says("spoil the candidate"), SaysToo("accept"), nothing_wrong)
    candidate = [1]
    assert (await critic.critique([], candidate)).accepts
    assert candidate == [1]
    with pytest.raises(CriticError, match="changed the problem"):
        await NVersion(Says("spoil the problem"), SaysToo("accept")).critique([], [1])


def test_what_it_is_is_composed_of_its_parts() -> None:
    critic = NVersion(EvenByRemainder(), EvenByBit(wrong_about=7), EvenLater())
    assert critic.soundness is Soundness.TESTS
    assert critic.cost == 5.0
    assert critic.digests() == {"2: bits": "0" * 64}
    assert critic.options()["parts"][1] == {  # type: ignore[call-overload, index]
        "id": "tests.critics.n_version.parts:EvenByBit",
        "version": "2",
        "options": {"wrong_about": 7},
    }


async def test_an_acceptance_proves_what_the_parts_say_it_does() -> None:
    critique = await NVersion(Says("accept this"), SaysToo("accept")).critique(1, 1)
    assert critique.proves == "this very thing; whatever (2 independent implementations agree)"


class OnlySmall(EvenByBit):
    def applies_to(self, problem: int) -> bool:
        return problem < 10


class SaysOfNothing(EvenByBit):
    def applies_to(self, problem: int) -> Any:
        return 1


def test_it_applies_where_all_its_parts_do() -> None:
    critic = NVersion(EvenByRemainder(), OnlySmall())
    assert critic.applies_to(2)
    assert not critic.applies_to(12)
    with pytest.raises(TypeError, match="not True or False"):
        NVersion(EvenByRemainder(), SaysOfNothing()).applies_to(2)


class Format(EvenByBit):
    is_format = True


class OfClaims(Says):
    judges = "unsolvability"


@pytest.mark.parametrize(
    ("parts", "fault"),
    [
        ([], "at least two critics, not 0"),
        ([EvenByBit()], "at least two critics, not 1"),
        ([EvenByBit(), EvenByBit(wrong_about=3)], "the same implementation"),
        ([EvenByBit(), OnlySmall()], "the same implementation"),
        ([nothing_wrong, nothing_wrong], "the same implementation"),
        ([NVersion(EvenByBit(), EvenLater()), EvenByBit()], "the same implementation"),
        ([EvenByRemainder(), Format()], "format"),
        ([EvenByRemainder(), OfClaims("accept")], "the same kind of claim"),
        ([EvenByRemainder(), lambda problem, candidate: []], "is none"),
    ],
)
def test_parts_that_are_no_second_opinion_are_refused(parts: list[Any], fault: str) -> None:
    with pytest.raises(ConfigurationError, match=fault):
        NVersion(*parts)


async def test_versions_can_be_parts_of_versions() -> None:
    critic = NVersion(NVersion(EvenByBit(), EvenLater()), EvenByRemainder())
    assert (await critic.critique(2, 4)).accepts
    with pytest.raises(CriticError, match="says nothing"):
        await NVersion(NVersion(EvenByBit(wrong_about=4), EvenLater()), EvenByRemainder()).critique(2, 4)


class Missing(EvenByBit):
    async def prepare(self) -> None:
        raise MissingDependencyError("it is not installed")


async def test_what_a_part_lacks_is_said_before_the_first_call() -> None:
    generator = ScriptedGenerator(["4"])
    with pytest.raises(MissingDependencyError):
        await modulo.solve(2, generator=generator, critics=[NVersion(EvenByRemainder(), Missing())])
    assert generator.requests == []


def test_a_part_that_no_process_can_have_is_a_fault_of_the_graph() -> None:
    critic = NVersion(EvenByRemainder(), EvenInAnotherProcess(lambda problem, candidate: []))
    with pytest.raises(modulo.GraphError, match="'even, part 2' cannot be sent to a worker process"):
        graph_of(critic, "4").check()


def test_it_can_be_sent_to_a_worker_process(tmp_path: Path) -> None:
    critic = pickle.loads(pickle.dumps(NVersion(*EVERY_WAY, saves_to=tmp_path)))
    assert json.dumps(critic.options())
    assert [part.id for part in critic.parts] == [part.id for part in EVERY_WAY]
