"""The last step before the word *certified*: everything is checked once more, and the certificate is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from modulo.canonical import sha256_hex
from modulo.clock import Clock
from modulo.critique import Critique
from modulo.graph.nodes import CriticNode
from modulo.graph.program import Program
from modulo.problem import Candidate, Problem
from modulo.running.judging import Judge, is_accepted
from modulo.tree import Attempt, Tree

if TYPE_CHECKING:
    from modulo.certificate import Certificate

__all__ = ["Certifier"]


class Certifier:
    """Writes the certificate of one run.

    What it certifies is what the judge remembers. Attempts and the tree pass through the hands of strategies, whose
    mistakes must not be able to make a certificate.

    Args:
        program: The graph.
        problem: The problem.
        critics: The hard critics that apply to it, by artefact.
        clock: For the time of certification.
    """

    def __init__(
        self,
        program: Program,
        problem: Problem[Any],
        critics: Mapping[str, tuple[CriticNode, ...]],
        clock: Clock,
    ) -> None:
        self._program = program
        self._problem = problem
        self._critics = critics
        self._clock = clock

    def certificate(self, tree: Tree, attempt: Attempt, judge: Judge) -> Certificate:
        """The certificate of an accepted attempt.

        Args:
            tree: The attempts.
            attempt: The accepted one.
            judge: The judge of this run.

        Raises:
            CertificateError: A critic says something of itself that cannot stand in a certificate.
            RuntimeError: Some critic did not accept.
        """
        from modulo.certificate import certificate_of

        made: dict[str, Candidate[Any]] = {}
        critics: list[tuple[CriticNode, Critique]] = []
        for part in [*tree.foundations(attempt), attempt]:
            artefact = self._program.stage_of[part.node]
            acceptances = self._acceptances(artefact, part, judge, made)
            if not acceptances or part.candidate is None:
                raise RuntimeError(f"attempt {part.id} was to be certified without every critic's acceptance")
            made[artefact] = part.candidate
            critics += acceptances
        answer = self._program.answer.artefact
        audits = None
        if self._program.audits is not None:
            from modulo.running.audited import audit_summaries

            audits = audit_summaries(self._program, [node for node, _ in critics])
        return certificate_of(
            problem=self._problem,
            candidate=made.pop(answer),
            artefacts=made,
            critics=critics,
            answer=answer,
            created_at=self._clock.wall_time(),
            audits=audits,
        )

    def _acceptances(
        self, artefact: str, part: Attempt, judge: Judge, made: Mapping[str, Candidate[Any]]
    ) -> list[tuple[CriticNode, Critique]]:
        """What every critic that applies said when it accepted a part of the answer; empty unless all did."""
        candidate, nodes = part.candidate, {node.name: node for node in self._critics[artefact]}
        if candidate is None or candidate.sha256 != sha256_hex(candidate.canonical):
            return []
        if not is_accepted(self._critics[artefact], candidate, part.critiques):
            return []
        found = []
        for critique in part.critiques:
            node = nodes[critique.critic]
            accepted = judge.acceptance(node, [candidate, *[made[name] for name in node.reads[1:]]])
            if accepted is None:
                return []
            found.append((node, accepted))
        return found
