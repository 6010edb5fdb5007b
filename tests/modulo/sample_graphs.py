"""Small graphs that the tests of the core run, check and certify with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import modulo
from modulo.certificate import Certificate, certificate_of
from modulo.critique import Critique, Soundness, Verdict, Violation
from modulo.graph import Graph, Program
from modulo.graph.problems import as_problem
from modulo.problem import Candidate
from modulo.protocols import Generation
from modulo.running.judging import applicable_critics
from modulo.testing import ScriptedGenerator
from modulo.tree import Attempt

NOBODY = ScriptedGenerator([])


@dataclass(frozen=True)
class Target:
    """The problem: find a number that is ``total``."""

    total: int


def whole_number(text: str) -> int:
    return int(text)


@modulo.critic(proves="the number is the target")
def is_target(problem: Target, candidate: int) -> Iterator[Violation]:
    if candidate != problem.total:
        yield Violation("wrong", f"{candidate} is not the target", hint=f"try {problem.total}")


@modulo.critic(proves="the number is even", soundness=Soundness.TESTS, cost=0.5)
def is_even(problem: Target, candidate: int) -> Iterator[Violation]:
    if candidate % 2:
        yield Violation("odd", f"{candidate} is odd")


@modulo.critic(proves="no number is the target", judges="unsolvability")
def is_negative(problem: Target, candidate: object) -> Iterator[Violation]:
    if problem.total >= 0:
        yield Violation("reachable", "there is a number that is the target")


def number_graph(*critics: modulo.Critic[Target, int]) -> Graph:
    """One generator, one reformulator, and critics: ``guess`` → ``number`` ⇐ critics."""
    graph = Graph("numbers")
    guess = graph.generator("guess", NOBODY)
    number = graph.reformulator("number", whole_number, reads=guess)
    for critic in critics or (is_target,):
        graph.critic(critic.id.rpartition(":")[2], critic, reads=number)
    return graph


@modulo.critic(proves="the half is half of the target", soundness=Soundness.TESTS)
def is_half(problem: Target, candidate: int) -> Iterator[Violation]:
    if 2 * candidate != problem.total:
        yield Violation("no_half", f"{candidate} is not half of the target")


@modulo.critic(proves="the number is twice the half")
def is_double(problem: Target, candidate: int, half: int) -> Iterator[Violation]:
    if candidate != 2 * half:
        yield Violation("no_double", f"{candidate} is not twice {half}")


def staged_graph(*, blames_half: bool = False) -> Graph:
    """Two stages: ``halver`` makes ``half``, and ``doubler`` builds ``number`` on it.

    The critic of the second stage may blame the generator of the first.
    """
    graph = Graph("stages")
    half = graph.reformulator("half", whole_number, reads=graph.generator("halver", NOBODY))
    doubler = graph.generator("doubler", NOBODY, reads=half)
    number = graph.reformulator("number", whole_number, reads=doubler)
    graph.critic("is_half", is_half, reads=half)
    graph.critic("is_target", is_target, reads=number)
    targets = ["halver", "doubler"] if blames_half else None
    graph.critic("is_double", is_double, reads=[number, half], backprompts=targets)
    return graph


def candidate_of(program: Program, artefact: str, value: object) -> Candidate[object]:
    """A value as a candidate for an artefact."""
    codec = program.stages[artefact].codec
    return Candidate.of(value, codec=codec, text=str(value), node="", model="", prompt_sha256="")


def attempt_at(program: Program, attempt_id: int, node: str, value: object = None, **rest: object) -> Attempt:
    """An attempt whose candidate is a value; without one, an attempt that has no candidate."""
    fields: dict[str, object] = {"id": attempt_id, "round": attempt_id + 1, "node": node}
    if value is not None:
        fields["candidate"] = candidate_of(program, program.stage_of[node], value)
        fields["generation"] = Generation(text=str(value))
    return Attempt(**(fields | rest))  # type: ignore[arg-type]


def certificate_for(graph: Graph, problem: object, **made: object) -> Certificate:
    """The certificate of an answer and what it is built on, as a run would write it if all critics accepted."""
    program = graph.check()
    wrapped = as_problem(graph, problem)
    critics = applicable_critics(program, wrapped)
    candidates = {name: candidate_of(program, name, made[name]) for name in program.stages}
    answer = candidates.pop(program.answer.artefact)
    is_claim = answer.claims_unsolvable
    nodes = [
        node
        for name in program.stages
        for node in critics[name]
        if (node.critic.judges == "unsolvability") == (is_claim and name == program.answer.artefact)
    ]
    return certificate_of(
        problem=wrapped,
        candidate=answer,
        artefacts=candidates,
        critics=[(node, Critique(Verdict.ACCEPT, critic=node.name)) for node in nodes],
        answer=program.answer.artefact,
        created_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        modulo_version="0.0.0",
    )
