"""The audits of the critics that accepted, for the certificate. Read when one is written, not before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from modulo.certificate import AuditSummary
from modulo.graph.auditing import record_of
from modulo.graph.nodes import CriticNode
from modulo.graph.program import Program

__all__ = ["audit_summaries"]


def audit_summaries(program: Program, nodes: Sequence[CriticNode]) -> Mapping[str, AuditSummary]:
    """The current audits of critics, by the names of their nodes."""
    found = {node.name: record_of(program.audits, node, program.critics) for node in nodes}
    return {
        name: AuditSummary(
            n=record.n,
            false_accepts=0,
            bound=record.bound,
            date=record.date,
            critic_version=record.version,
            source_sha256=record.source_sha256,
        )
        for name, record in found.items()
        if record is not None
    }
