from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import modulo
from modulo.checking import Checker, check, verify
from modulo.critique import Critique, Verdict, Violation
from modulo.errors import (
    CertificateError,
    ConfigurationError,
    GraphError,
    MissingDependencyError,
    ModuloError,
    NotApplicableError,
)
from modulo.graph import Graph
from modulo.problem import NO_SOLUTION, Problem
from modulo.protocols import Critic
from modulo.running.workers import worker_pool
from tests.modulo.sample_graphs import (
    NOBODY,
    Target,
    certificate_for,
    is_even,
    is_negative,
    is_target,
    number_graph,
    staged_graph,
    whole_number,
)

GRAPH = number_graph(is_target, is_even)


@modulo.critic(proves="anything")
def crashes(problem: Target, candidate: int) -> Iterator[Violation]:
    yield from (violation for violation in [1 / 0])  # type: ignore[misc]


@modulo.critic(proves="anything")
def forgets(problem: Target, candidate: int) -> None:
    return None


@modulo.critic(proves="anything")
def hesitates(problem: Target, candidate: int) -> Critique:
    return Critique.undecided("too large to tell")


@modulo.critic(proves="anything", max_seconds=60.0)
def works_elsewhere(problem: Target, candidate: int) -> Iterator[Violation]:
    if candidate == 13:
        yield Violation("unlucky", "13 is unlucky")


@modulo.critic(proves="large problems only", applies_to=lambda problem: problem.total > 100)
def is_for_large_ones(problem: Target, candidate: int) -> Iterator[Violation]:
    yield Violation("never", "nothing is good enough")


@modulo.critic(proves="it is a number", is_format=True)
def is_small(problem: Target, candidate: int) -> Iterator[Violation]:
    if candidate > 1000:
        yield Violation("long", "too many digits")


class Meddler(Critic[dict[str, int], int]):
    proves = "anything"

    def critique(self, problem: dict[str, int], candidate: int) -> Critique:
        problem["total"] = candidate
        return Critique.accept()


class Missing(Critic[Target, int]):
    proves = "anything"

    def critique(self, problem: Target, candidate: int) -> Critique:
        return Critique.accept()

    async def prepare(self) -> None:
        raise MissingDependencyError("install val")


class MissingForClaims(Missing):
    judges = "unsolvability"


@pytest.mark.parametrize(
    ("critics", "candidate", "verdict"),
    [
        ((is_target, is_even), 4, "accept"),
        ((is_target, is_even), 6, "reject"),
        ((is_target, hesitates), 4, "undecided"),
        ((is_target, hesitates), 5, "reject"),
        ((is_target, crashes), 4, "error"),
        ((is_target, forgets), 4, "error"),
        ((is_target, crashes), 5, "reject"),
        ((is_target, hesitates, crashes), 4, "error"),
        ((is_target, is_for_large_ones), 4, "accept"),
        ((is_target, is_negative), 4, "accept"),
        ((is_target, works_elsewhere), 4, "accept"),
    ],
)
@pytest.mark.anyio
async def test_a_candidate_is_accepted_only_if_every_critic_that_applies_accepts(
    critics: tuple[Critic[Target, int], ...], candidate: int, verdict: str
) -> None:
    assert (await check(number_graph(*critics), Target(4), candidate)).verdict == verdict


@pytest.mark.anyio
async def test_a_critic_that_is_not_asked_need_not_be_ready() -> None:
    checker = Checker(number_graph(is_target, MissingForClaims()), Target(4))
    assert (await checker.check(4)).verdict == "accept"
    with pytest.raises(MissingDependencyError):
        await checker.check(NO_SOLUTION)


@pytest.mark.anyio
async def test_every_critic_is_heard_in_the_order_of_the_graph() -> None:
    checked = await check(GRAPH, Target(4), 7)
    assert [(c.critic, c.verdict) for c in checked.critiques] == [
        ("is_target", Verdict.REJECT),
        ("is_even", Verdict.REJECT),
    ]
    assert [violation.code for c in checked.critiques for violation in c.violations] == ["wrong", "odd"]


@pytest.mark.anyio
async def test_a_format_critic_keeps_malformed_candidates_from_the_others() -> None:
    checked = await check(number_graph(is_target, is_small), Target(4), 5000)
    assert [critique.critic for critique in checked.critiques] == ["is_small"]
    assert checked.verdict == "reject"


@pytest.mark.anyio
async def test_a_crash_is_reported_as_what_it_is() -> None:
    checked = await check(number_graph(crashes), Target(4), 4)
    (critique,) = checked.critiques
    assert (critique.verdict, critique.failed) == (Verdict.UNDECIDED, True)
    assert critique.reason == "ZeroDivisionError: division by zero"


@pytest.mark.parametrize(
    ("critics", "total", "verdict"),
    [
        ((is_target, is_negative), -1, "accept"),
        ((is_target, is_negative), 4, "reject"),
        ((is_target,), -1, "reject"),
    ],
)
@pytest.mark.anyio
async def test_a_claim_that_there_is_no_solution_is_judged_by_those_who_can(
    critics: tuple[Critic[Target, int], ...], total: int, verdict: str
) -> None:
    checked = await check(number_graph(*critics), Target(total), NO_SOLUTION)
    assert checked.verdict == verdict
    assert len(checked.critiques) == 1


@pytest.mark.parametrize(
    ("graph", "problem", "candidate"),
    [
        (GRAPH, {"total": 4}, 4),
        (GRAPH, Problem.of(Target(4), domain="others"), 4),
        (GRAPH, Target("4"), 4),  # type: ignore[arg-type]
        (GRAPH, object(), 4),
        (number_graph(is_for_large_ones), Target(4), 4),
        (number_graph(Missing()), Target(4), 4),
        (staged_graph(), Target(4), 4),
        (Graph("empty"), Target(4), 4),
    ],
)
@pytest.mark.anyio
async def test_what_cannot_be_judged_is_an_error_and_no_verdict(
    graph: Graph, problem: Any, candidate: Any
) -> None:
    with pytest.raises(ModuloError):
        await check(graph, problem, candidate)


@pytest.mark.parametrize("candidate", ["4", 4.0, True, None, [4]])
@pytest.mark.anyio
async def test_a_candidate_of_another_type_is_rejected_as_malformed(candidate: object) -> None:
    checked = await check(GRAPH, Target(4), candidate)
    assert checked.verdict == "reject"
    assert [violation.code for c in checked.critiques for violation in c.violations] == ["malformed"]


@pytest.mark.anyio
async def test_the_error_says_what_is_missing() -> None:
    with pytest.raises(ConfigurationError, match="critics of 'number' read half too"):
        await check(staged_graph(), Target(4), 4)
    with pytest.raises(NotApplicableError):
        await check(number_graph(is_for_large_ones), Target(4), 4)
    with pytest.raises(MissingDependencyError, match="install val"):
        await check(number_graph(Missing()), Target(4), 4)
    with pytest.raises(GraphError):
        await check(Graph("empty"), Target(4), 4)


@pytest.mark.anyio
async def test_a_critic_that_changes_the_problem_gives_no_verdict() -> None:
    graph = Graph("g")
    graph.critic(
        "meddler", Meddler(), reads=graph.reformulator("n", whole_number, reads=graph.generator("g", NOBODY))
    )
    checked = await check(graph, {"total": 4}, 5)
    assert checked.verdict == "error"
    assert checked.critiques[0].reason == "it changed the problem while judging"
    with pytest.raises(CertificateError, match="changed the problem"):
        await verify(certificate_for(graph, {"total": 4}, n=5), graph=graph)


@pytest.mark.anyio
async def test_many_candidates_can_be_checked_with_the_same_worker_processes() -> None:
    graph = number_graph(works_elsewhere)
    async with worker_pool():
        verdicts = [(await check(graph, Target(4), n)).verdict for n in (4, 13)]
    assert verdicts == ["accept", "reject"]


# ------------------------------------------------------------------------------------------------------ verify


@pytest.mark.anyio
async def test_verification_runs_every_critic_again_and_says_what_they_said() -> None:
    certificate = certificate_for(staged_graph(), Target(4), half=2, number=4)
    verified = await verify(certificate, graph=staged_graph())
    assert verified.certificate == certificate
    assert [c.critic for c in verified.critiques] == ["is_half", "is_target", "is_double"]
    assert all(critique.accepts for critique in verified.critiques)


@pytest.mark.anyio
async def test_a_critic_in_a_worker_process_is_asked_there() -> None:
    graph = number_graph(works_elsewhere)
    await verify(certificate_for(graph, Target(4), number=4), graph=graph)
    with pytest.raises(CertificateError, match="13 is unlucky"):
        await verify(certificate_for(graph, Target(4), number=13), graph=graph)


@pytest.mark.parametrize(
    ("later", "says"),
    [
        (number_graph(is_target, is_even, is_small), "claim is"),
        (number_graph(is_target), "claim is"),
        (number_graph(is_even, is_target), "claim is"),
        (number_graph(is_target, hesitates), "'hesitates' says: too large to tell"),
        (number_graph(is_target, crashes), "'crashes' says: ZeroDivisionError"),
        (number_graph(is_for_large_ones), "no hard critic of 'number' applies"),
        (staged_graph(), "lacks artefacts that 'number' is built on"),
    ],
)
@pytest.mark.anyio
async def test_a_graph_with_other_critics_does_not_confirm_a_certificate(later: Graph, says: str) -> None:
    certificate = certificate_for(GRAPH, Target(4), number=4)
    later.name = GRAPH.name
    with pytest.raises(CertificateError, match=says):
        await verify(certificate, graph=later)


@pytest.mark.anyio
async def test_a_missing_dependency_is_no_verdict_on_the_certificate() -> None:
    graph = number_graph(Missing())
    certificate = certificate_for(graph, Target(4), number=4)
    with pytest.raises(MissingDependencyError):
        await verify(certificate, graph=graph)


@pytest.mark.anyio
async def test_a_graph_that_says_nothing_of_its_problems_verifies_with_the_problem_itself() -> None:
    @modulo.critic(proves="it is the target")
    def untyped(problem, candidate):  # type: ignore[no-untyped-def]
        if candidate != problem.total:
            yield Violation("wrong", "wrong")

    graph = Graph("untyped")
    graph.critic("c", untyped, reads=graph.reformulator("n", whole_number, reads=graph.generator("g", NOBODY)))
    certificate = certificate_for(graph, Target(4), n=4)
    await verify(certificate, graph=graph, problem=Target(4))
    with pytest.raises(CertificateError):
        await verify(certificate, graph=graph)


@pytest.mark.anyio
async def test_a_certificate_is_of_the_domain_of_its_graph() -> None:
    later = number_graph(is_target, is_even)
    later.name = "more numbers"
    with pytest.raises(
        CertificateError, match="domain is 'numbers' in the certificate, but 'more numbers' now"
    ):
        await verify(certificate_for(GRAPH, Target(4), number=4), graph=later)


def racing_graph() -> Graph:
    """Two generators of the answer, of which only one builds on the half."""
    graph = Graph("racing")
    half = graph.reformulator("half", whole_number, reads=graph.generator("halver", NOBODY))
    slow = graph.generator("doubler", NOBODY, reads=half)
    number = graph.reformulator("number", whole_number, reads=slow | graph.generator("guesser", NOBODY))
    graph.critic("judge half", is_even, reads=half)
    graph.critic("judge", is_target, reads=number)
    return graph


@pytest.mark.anyio
async def test_an_answer_may_be_built_on_what_any_of_its_generators_reads() -> None:
    graph = racing_graph()
    built = certificate_for(graph, Target(4), half=2, number=4)
    assert (await verify(built, graph=graph)).certificate.claim.soundness == "tests"


# ------------------------------------------------------------------------------ verify, of runs without a graph


@modulo.critic(proves="the text is the target")
def is_text_of_target(problem: Target, text: str) -> Iterator[Violation]:
    if text != str(problem.total):
        yield Violation("another", f"{text} is not the target.")


def certificate_without_graph(reformulator: Any = None) -> modulo.Certificate:
    outcome = modulo.solve_sync(
        Target(4), generator=lambda request: "4", critics=[is_target, is_even], reformulator=reformulator
    )
    assert isinstance(outcome, modulo.Certified)
    return outcome.certificate


@pytest.mark.anyio
async def test_a_run_without_a_graph_is_verified_with_its_critics() -> None:
    certificate = certificate_without_graph(whole_number)
    verified = await verify(certificate, critics=[is_target, is_even], reformulator=whole_number)
    assert [critique.critic for critique in verified.critiques] == ["is_target", "is_even"]
    with pytest.raises(CertificateError):
        await verify(certificate, critics=[is_target], reformulator=whole_number)


@pytest.mark.anyio
async def test_verify_says_what_it_needs_of_a_run_without_a_graph() -> None:
    with pytest.raises(ConfigurationError, match=r"verify\(certificate, graph=\.\.\.\), or .*critics=\["):
        await verify(certificate_without_graph(whole_number))


@pytest.mark.anyio
async def test_verify_takes_a_graph_or_critics() -> None:
    with pytest.raises(ConfigurationError, match="not both"):
        await verify(certificate_without_graph(whole_number), graph=GRAPH, critics=[is_target])
    with pytest.raises(ConfigurationError, match="a reformulator goes with critics="):
        await verify(certificate_without_graph(whole_number), graph=GRAPH, reformulator=whole_number)


@pytest.mark.anyio
async def test_verify_takes_one_critic_as_solve_does() -> None:
    outcome = await modulo.solve(Target(4), generator=lambda request: "4", critics=is_text_of_target)
    assert isinstance(outcome, modulo.Certified)
    verified = await verify(outcome.certificate, critics=is_text_of_target)
    assert [critique.accepts for critique in verified.critiques] == [True]
