"""Audits: finding out whether critics are sound before anybody trusts them."""

from __future__ import annotations

from typing import Any

from modulo.audit.auditing import DEFAULT_DOCUMENTS, run_audit
from modulo.audit.documents import AuditDocument, documents
from modulo.audit.report import AuditReport
from modulo.audit.subject import subject_of
from modulo.domain import Domain
from modulo.protocols import Critic
from modulo.specimens import Specimens

__all__ = ["AuditDocument", "AuditReport", "audit", "documents"]


async def audit(
    audited: Domain[Any] | Critic[Any, Any],
    specimens: Specimens[Any] | None = None,
    *,
    n: int = DEFAULT_DOCUMENTS,
    seed: int = 0,
    in_workers: bool = True,
) -> AuditReport:
    """Find out whether a domain's critics, or a critic of your own, are sound.

    Args:
        audited: The domain or the critic.
        specimens: What to try it on; a domain has its own.
        n: How many documents are judged.
        seed: The same seed gives the same documents.
        in_workers: Whether critics also judge, and are made to fail, in worker processes, which takes some seconds.

    Raises:
        ConfigurationError: There are no specimens, or n makes no sense.
        ModuloError: The graph is unsound, or a critic needs something that is missing.
    """
    return await run_audit(subject_of(audited, specimens), n=n, seed=seed, in_workers=in_workers)
