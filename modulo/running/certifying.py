"""The last step before the word *certified*: everything is checked once more, and the certificate is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from modulo.clock import Clock
from modulo.graph.nodes import CriticNode
from modulo.graph.program import Program
from modulo.problem import Problem
from modulo.running.judging import is_accepted
from modulo.tree import Attempt, Tree

if TYPE_CHECKING:
    from modulo.certificate import Certificate

__all__ = ["Certifier"]


class Certifier:
    """Writes the certificate of one run.

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

    def certificate(self, tree: Tree, attempt: Attempt) -> Certificate:
        """The certificate of an accepted attempt.

        Raises:
            CertificateError: A critic says something of itself that cannot stand in a certificate.
        """
        from modulo.certificate import certificate_of

        parts = [*tree.foundations(attempt), attempt]
        critics = []
        for part in parts:
            judges = self._critics[self._program.stage_of[part.node]]
            if part.candidate is None or not is_accepted(judges, part.candidate, part.critiques):
                raise RuntimeError(f"attempt {part.id} was to be certified without every critic's acceptance")
            nodes = {node.name: node for node in judges}
            critics += [(nodes[critique.critic], critique) for critique in part.critiques]
        assert attempt.candidate is not None
        return certificate_of(
            problem=self._problem,
            candidate=attempt.candidate,
            artefacts={
                self._program.stage_of[part.node]: part.candidate for part in parts[:-1] if part.candidate
            },
            critics=critics,
            answer=self._program.answer.artefact,
            created_at=self._clock.wall_time(),
        )
