"""Critics without a generator: judge a candidate (``check``), run a certificate again (``verify``)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal, TypeAlias

from modulo.canonical import canonical_json, codec_for
from modulo.certificate import Certificate, certificate_of
from modulo.clock import SystemClock
from modulo.critique import Critique, Verdict, malformed_critique
from modulo.domain import Domain, graph_without_generator, recorded_domain
from modulo.errors import CertificateError, ConfigurationError, ModuloError, ProblemError
from modulo.graph import Graph
from modulo.graph.nodes import CriticNode
from modulo.graph.problems import as_problem
from modulo.graph.program import Program, Stage
from modulo.problem import NO_SOLUTION, Candidate, Problem
from modulo.protocols import Critic
from modulo.running.judging import Judge, applicable_critics, is_accepted, judges
from modulo.running.workers import worker_pool
from modulo.signing import FileOrBytes, check_signature

__all__ = ["CheckVerdict", "Checked", "Checker", "Verified", "check", "verify"]

CheckVerdict: TypeAlias = Literal["accept", "reject", "undecided", "error"]


_VERIFIED_BY_PARTS: Final = (
    "verified with what solve was given: modulo.verify(certificate, graph=...), or "
    "modulo.verify(certificate, critics=[...], reformulator=...)"
)


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
        ModuloError: The graph is unsound; the problem is not of its type; a critic needs something that is
            missing. A candidate that is not of its type is rejected as malformed.
        ConfigurationError: A critic of the answer reads artefacts of earlier stages too, which are not given.
    """
    return await Checker(graph, problem).check(candidate)


class Checker:
    """Judges any number of candidates to one problem, one after the other, each as ``check`` does.

    Args:
        graph: The graph.
        problem: The problem, or its value.

    Raises:
        ModuloError: As ``check``.
    """

    def __init__(self, graph: Graph, problem: Any) -> None:
        self._program = graph.check()
        self._problem = as_problem(graph, problem)
        self._critics: Mapping[str, tuple[CriticNode, ...]] | None = None
        self._prepared: set[str] = set()
        answer = self._program.answer
        missing = {name for node in answer.critics for name in node.reads[1:]}
        if missing:
            names = ", ".join(sorted(missing))
            raise ConfigurationError(f"critics of {answer.artefact!r} read {names} too, which check has not")

    async def check(self, candidate: Any) -> Checked:
        """Judge one candidate.

        Raises:
            ModuloError: As ``modulo.checking.check``.
        """
        answer = self._program.answer
        try:
            judged = _candidate(candidate, answer)
        except ProblemError as error:
            return Checked(verdict="reject", critiques=(malformed_critique(error, critic=answer.artefact),))
        if self._critics is None:
            self._critics = applicable_critics(self._program, self._problem)
        critics = self._critics
        await self._prepare(critics[answer.artefact], judged)
        made = {answer.artefact: judged}
        found = (await _critiques(made, self._program, self._problem, critics))[answer.artefact]
        return Checked(verdict=_verdict(critics[answer.artefact], judged, found), critiques=found)

    async def _prepare(self, nodes: Iterable[CriticNode], judged: Candidate[Any]) -> None:
        """Prepare the critics that this candidate needs and none before it needed."""
        needed = [node for node in nodes if node.name not in self._prepared and judges(node, judged)]
        await _prepare(needed)
        self._prepared.update([node.name for node in needed])


async def verify(
    certificate: Certificate | str | os.PathLike[str] | bytes,
    *,
    graph: Graph | None = None,
    critics: Sequence[Critic[Any, Any]] | Critic[Any, Any] | None = None,
    reformulator: Callable[..., Any] | None = None,
    problem: Any = None,
    signature: FileOrBytes | None = None,
    public_key: FileOrBytes | None = None,
) -> Verified:
    """Run the critics of a certificate again on its solution. No model is called.

    Everything in the certificate is made anew from its problem and solution and must come out the same: the
    critics that apply, their versions, options and digests, their verdicts, what they prove, and the claim.

    Args:
        certificate: The certificate, its bytes, or the path of its file.
        graph: The graph whose critics to run; None looks up the certificate's domain among those installed.
            Nothing is ever imported because a certificate names it.
        critics: The critics, in place of a graph, where ``solve`` was given critics and no graph.
        reformulator: The reformulator that ``solve`` was given with these critics, if any.
        problem: The problem that it must be about, which is then judged as it is given; None takes whatever
            problem it is about.
        signature: A detached signature of it, or the path of its file; comes with ``public_key``.
        public_key: The key of whoever must have signed it, or the path of its file: Ed25519, PEM.

    Raises:
        CertificateError: It does not hold; the message says where.
        ConfigurationError: Its domain is not installed, and neither graph nor critics are given; or both are, or
            a reformulator without critics; or a signature without a key, or a key that is none.
        ModuloError: A critic needs something that is missing.
    """
    if reformulator is not None and critics is None:
        raise ConfigurationError("verify: a reformulator goes with critics=; a graph brings its own")
    if (signature is None) != (public_key is None):
        raise ConfigurationError("verify: signature= and public_key= go together")
    certificate = _loaded(certificate)
    if signature is not None and public_key is not None:
        check_signature(certificate.to_bytes(), signature, public_key)
    domain = None
    graph = graph_without_generator("verify", graph, critics, reformulator=reformulator)
    if graph is None:
        domain = recorded_domain(certificate.domain, instead=_VERIFIED_BY_PARTS)
        graph = domain.graph_for_checking()
    program = graph.check()
    wrapped = _problem(certificate, graph, domain, problem)
    try:
        applicable = applicable_critics(program, wrapped)
        made = _artefacts(certificate, program)
    except CertificateError:
        raise
    except ModuloError as error:
        raise CertificateError(f"the certificate does not hold: {error}") from error
    await _prepare([node for name, one in made.items() for node in applicable[name] if judges(node, one)])
    given = await _critiques(made, program, wrapped, applicable)
    for name, candidate in made.items():
        if not is_accepted(applicable[name], candidate, given[name]):
            raise CertificateError(f"{name!r} is not accepted: {_why(given[name])}")
    nodes = {node.name: node for name in made for node in applicable[name]}
    critiques = tuple(critique for name in made for critique in given[name])
    pairs = [(nodes[critique.critic], critique) for critique in critiques]
    _compare(certificate, _made_anew(certificate, wrapped, program, made, pairs))
    return Verified(certificate=certificate, critiques=critiques)


async def _prepare(nodes: Iterable[CriticNode]) -> None:
    for node in nodes:
        await node.critic.prepare()


async def _critiques(
    made: Mapping[str, Candidate[Any]],
    program: Program,
    problem: Problem[Any],
    critics: Mapping[str, tuple[CriticNode, ...]],
) -> dict[str, tuple[Critique, ...]]:
    """What the critics say of some artefacts, by artefact. They are prepared already."""
    async with AsyncExitStack() as stack:
        in_process = any(node.needs_workers for name in made for node in critics[name])
        pool = await stack.enter_async_context(worker_pool()) if in_process else None
        judge = Judge(problem, critics, pool=pool, clock=SystemClock())
        return {
            name: await judge.critiques(program.stages[name], candidate, made, stops_at_rejection=False)
            for name, candidate in made.items()
        }


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
        try:
            data = certificate.to_bytes()
        except (ValueError, TypeError, RecursionError) as error:
            raise CertificateError(f"the certificate holds something that is no JSON: {error}") from error
        return Certificate.from_bytes(data)
    if isinstance(certificate, bytes):
        return Certificate.from_bytes(certificate)
    return Certificate.load(certificate)


def _problem(certificate: Certificate, graph: Graph, domain: Domain[Any] | None, given: Any) -> Problem[Any]:
    """The problem of a certificate: the one that was given, which it must be about, or made of its content."""
    if given is not None:
        problem = as_problem(graph, given)
        if problem.sha256 != certificate.problem_sha256:
            raise CertificateError("the certificate is about another problem")
        return problem
    kind = domain.problem_type if domain else graph.problem_type
    try:
        value = codec_for(kind).decode(canonical_json(certificate.problem))
        problem = Problem.of(value, domain=certificate.domain if domain else graph.name)
    except ModuloError as error:
        raise CertificateError(f"the certificate's problem cannot be read: {error}") from error
    if problem.sha256 != certificate.problem_sha256:
        raise CertificateError("the problem of the certificate was changed")
    return problem


def _check_places(names: Sequence[str], program: Program) -> None:
    """Refuse artefacts that no run of the graph could have built its answer on.

    Without this, a forger could leave out an artefact that only weaker critics judged.
    """
    answer = program.answer.artefact
    if list(names) != [name for name in program.stages if name in names and name != answer]:
        raise CertificateError(f"the certificate's artefacts {list(names)} have no place in the graph")
    wanted: set[str] = set()
    for name in (answer, *reversed(names)):
        choices = [node.reads for node in program.stages[name].generators if {*node.reads} <= {*names}]
        if not choices:
            raise CertificateError(f"the certificate lacks artefacts that {name!r} is built on")
        wanted.update(*choices)
        if name != answer and name not in wanted:
            raise CertificateError(f"nothing in the certificate is built on its artefact {name!r}")


def _artefacts(certificate: Certificate, program: Program) -> dict[str, Candidate[Any]]:
    """The certified artefacts and, last, the solution, as candidates."""
    _check_places([part.name for part in certificate.artefacts], program)
    made: dict[str, Candidate[Any]] = {}
    for part in certificate.artefacts:
        stage = program.stages[part.name]
        made[part.name] = _candidate(stage.codec.decode(canonical_json(part.content)), stage)
        if made[part.name].sha256 != part.sha256:
            raise CertificateError(f"the artefact {part.name!r} of the certificate was changed")
    answer = program.answer
    solution = canonical_json(certificate.solution)
    claims_none = certificate.kind == "unsolvable"
    made[answer.artefact] = _candidate(NO_SOLUTION if claims_none else answer.codec.decode(solution), answer)
    judged = made[answer.artefact]
    if judged.canonical != solution or judged.sha256 != certificate.solution_sha256:
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
        audits={entry.node: entry.audit for entry in certificate.critics if entry.audit is not None},
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
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise CertificateError(f"created_at is no time: {text!r}") from error


def _why(critiques: Sequence[Critique]) -> str:
    """What the critics that did not accept say."""
    said = [critique for critique in critiques if critique.verdict is not Verdict.ACCEPT]
    texts = [_words(critique) for critique in said]
    return "; ".join(texts) or "no critic judged it"


def _words(critique: Critique) -> str:
    violations = " ".join(violation.message for violation in critique.violations)
    return f"{critique.critic!r} says: {violations or critique.reason or critique.verdict}"
