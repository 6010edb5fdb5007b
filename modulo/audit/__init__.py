"""Audits: finding out whether critics are sound before anybody trusts them."""

from modulo.audit.documents import AuditDocument, documents

__all__ = ["AuditDocument", "documents"]
