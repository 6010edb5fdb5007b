"""Critics without a generator: judge one candidate (``check``), or run a certificate's critics again (``verify``)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias

from modulo.canonical import canonical_json, codec_for
from modulo.certificate import Certificate, certificate_of
from modulo.clock import SystemClock
from modulo.critique import Critique, Verdict
from modulo.domain import Domain, find_domain
from modulo.errors import CertificateError, ModuloError
from modulo.graph import Graph
from modulo.graph.checks import runs_in_process
from modulo.graph.nodes import CriticNode
from modulo.graph.program import Program, Stage
from modulo.loop import as_problem
from modulo.problem import NO_SOLUTION, Candidate, Problem
from modulo.running.judging import Judge, applicable_critics, is_accepted
from modulo.running.workers import worker_pool

__all__ = ["Checked", "CheckVerdict", "Verified", "check", "verify"]

CheckVerdict: TypeAlias = Literal["accept", "reject", "undecided", "error"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What the critics of a graph say of one candidate.

    Attributes:
        verdict: ``accept`` if every hard critic that applies accepted, ``reject`` if one rejected, ``error``
            if one failed, else ``undecided``.
        critiques: In the graph's order.
    """

    verdict: CheckVerdict
    critiques: tuple[Critique, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """A certificate that holds: every critic was run again and accepted.

    Attributes:
        certificate: The certificate.
        critiques: What the critics said this time.
    """

    certificate: Certificate
    critiques: tuple[Critique, ...]


async def check(graph: Graph, problem: Any, candidate: Any) -> Checked:
    """Judge one candidate with the critics of a graph's answer. No model is called.

    Args:
        graph: The graph.
        problem: The problem, or its value.
        candidate: The candidate in the form that the critics read, after any reformulator.

    Raises:
        ModuloError: The graph is unsound; problem or candidate are not of its types; a critic needs something
            that is missing.
        CertificateError: A critic of the answer reads artefacts of earlier stages too, which are not given.
    """
    program = graph.check()
    wrapped = as_problem(graph, problem)
    judged = _candidate(candidate, program.answer)
    missing = {name for node in program.answer.critics for name in node.reads[1:]}
    if missing:
        raise CertificateError(f"critics of {program.answer.artefact!r} read {sorted(missing)} too")
    critics = applicable_critics(program, wrapped)
    answer = program.answer.artefact
    given = await _critiques({answer: judged}, program, wrapped, critics, (answer,))
    found = tuple(critique for _, critique in given)
    return Checked(verdict=_verdict(critics[answer], judged, found), critiques=found)


async def verify(
    certificate: Certificate | str | os.PathLike[str] | bytes,
    *,
    graph: Graph | None = None,
    problem: Any = None,
) -> Verified:
    """Run the critics of a certificate again on its solution. No model is called.

    Everything in the certificate is made anew from its problem and solution and must come out the same: the
    critics that apply, their versions, options and digests, their verdicts, what they prove, and the claim.

    Args:
        certificate: The certificate, its bytes, or the path of its file.
        graph: The graph whose critics to run; None looks up the certificate's domain among those installed.
            Nothing is ever imported because a certificate names it.
        problem: The problem that it must be about; None takes whatever problem it is about.

    Raises:
        CertificateError: It does not hold; the message says where.
        ModuloError: A critic needs something that is missing.
    """
    certificate = _loaded(certificate)
    domain = None if graph else find_domain(certificate.domain)
    graph = graph or _graph_of(domain)
    program = graph.check()
    wrapped = _problem(certificate, graph, domain)
    if problem is not None and as_problem(graph, problem).sha256 != wrapped.sha256:
        raise CertificateError("the certificate is about another problem")
    try:
        critics = applicable_critics(program, wrapped)
        made = _artefacts(certificate, program)
    except CertificateError:
        raise
    except ModuloError as error:
        raise CertificateError(f"the certificate does not hold: {error}") from error
    given = await _critiques(made, program, wrapped, critics, tuple(made))
    for node, critique in given:
        if critique.verdict is not Verdict.ACCEPT:
            raise CertificateError(f"critic {node.name!r} does not accept the solution: {_why(critique)}")
    _compare(certificate, _made_anew(certificate, wrapped, program, made, given))
    return Verified(certificate=certificate, critiques=tuple(critique for _, critique in given))


async def _critiques(
    made: Mapping[str, Candidate[Any]],
    program: Program,
    problem: Problem[Any],
    critics: Mapping[str, tuple[CriticNode, ...]],
    artefacts: tuple[str, ...],
) -> list[tuple[CriticNode, Critique]]:
    """What the critics say of some artefacts, in order."""
    nodes = {node.name: node for name in artefacts for node in critics[name]}
    for node in nodes.values():
        await node.critic.prepare()
    given: list[tuple[CriticNode, Critique]] = []
    async with AsyncExitStack() as stack:
        in_process = any(runs_in_process(node.critic) for node in nodes.values())
        pool = await stack.enter_async_context(worker_pool()) if in_process else None
        judge = Judge(problem, critics, pool=pool, clock=SystemClock())
        for name in artefacts:
            found = await judge.critiques(program.stages[name], made[name], made, stops_at_rejection=False)
            given += [(nodes[c.critic], c) for c in found if c.critic in nodes]
            if made[name].claims_unsolvable and not any(c.critic in nodes for c in found):
                raise CertificateError("no critic here can prove that a problem has no solution")
    if not problem.is_unchanged():
        raise CertificateError("a critic changed the problem while judging")
    return given


def _verdict(
    critics: tuple[CriticNode, ...], candidate: Candidate[Any], found: tuple[Critique, ...]
) -> CheckVerdict:
    if is_accepted(critics, candidate, found):
        return "accept"
    if any(critique.verdict is Verdict.REJECT for critique in found):
        return "reject"
    return "error" if any(critique.failed for critique in found) else "undecided"


def _loaded(certificate: Certificate | str | os.PathLike[str] | bytes) -> Certificate:
    if isinstance(certificate, Certificate):
        # A certificate in memory goes through the same checks of form and hash as one from a file.
        return Certificate.from_bytes(certificate.to_bytes())
    if isinstance(certificate, bytes):
        return Certificate.from_bytes(certificate)
    return Certificate.load(certificate)


def _graph_of(domain: Domain[Any] | None) -> Graph:
    assert domain is not None
    return domain.graph_for_checking()


def _problem(certificate: Certificate, graph: Graph, domain: Domain[Any] | None) -> Problem[Any]:
    kind = domain.problem_type if domain else graph.problem_type
    try:
        value = codec_for(kind).decode(canonical_json(certificate.problem))
        problem = Problem.of(value, domain=certificate.domain)
    except ModuloError as error:
        raise CertificateError(f"the certificate's problem cannot be read: {error}") from error
    if problem.sha256 != certificate.problem_sha256:
        raise CertificateError("the problem of the certificate was changed")
    return problem


def _artefacts(certificate: Certificate, program: Program) -> dict[str, Candidate[Any]]:
    """The certified artefacts and, last, the solution, as candidates."""
    made: dict[str, Candidate[Any]] = {}
    for part in certificate.artefacts:
        if part.name not in program.stages or part.name == program.answer.artefact or part.name in made:
            raise CertificateError(f"the certificate's artefact {part.name!r} has no place in the graph")
        stage = program.stages[part.name]
        made[part.name] = _candidate(stage.codec.decode(canonical_json(part.content)), stage)
        if made[part.name].sha256 != part.sha256:
            raise CertificateError(f"the artefact {part.name!r} of the certificate was changed")
    answer = program.answer
    solution = canonical_json(certificate.solution)
    claims_none = certificate.kind == "unsolvable"
    made[answer.artefact] = _candidate(NO_SOLUTION if claims_none else answer.codec.decode(solution), answer)
    if made[answer.artefact].canonical != solution:
        raise CertificateError("the solution of the certificate was changed")
    if made[answer.artefact].sha256 != certificate.solution_sha256:
        raise CertificateError("the solution of the certificate was changed")
    return made


def _candidate(value: Any, stage: Stage) -> Candidate[Any]:
    return Candidate.of(value, codec=stage.codec, text="", node="", model="", prompt_sha256="")


def _made_anew(
    certificate: Certificate,
    problem: Problem[Any],
    program: Program,
    made: Mapping[str, Candidate[Any]],
    given: list[tuple[CriticNode, Critique]],
) -> Certificate:
    answer = program.answer.artefact
    return certificate_of(
        problem=problem,
        candidate=made[answer],
        artefacts={name: candidate for name, candidate in made.items() if name != answer},
        critics=given,
        answer=answer,
        created_at=_moment(certificate.created_at),
        modulo_version=certificate.modulo_version,
    )


def _compare(certificate: Certificate, anew: Certificate) -> None:
    given, expected = certificate.model_dump(), anew.model_dump()
    for name in given:
        if name == "sha256" or given[name] == expected[name]:
            continue
        raise CertificateError(f"{name} is {given[name]!r} in the certificate, but {expected[name]!r} now")
    if certificate.to_bytes() != anew.to_bytes():
        raise CertificateError("the certificate is not what its critics say now")


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise CertificateError(f"created_at is no time: {text!r}") from error


def _why(critique: Critique) -> str:
    return "; ".join(violation.message for violation in critique.violations) or critique.reason or "undecided"
