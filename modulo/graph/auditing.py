"""What a graph's critics are known to be worth: the records of their audits."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from modulo.audits import AuditRecord, Audits
from modulo.errors import ConfigurationError
from modulo.graph.nodes import CriticNode

if TYPE_CHECKING:
    from modulo.graph import Graph

__all__ = ["audit_faults", "audits_of", "record_of"]


def audits_of(given: Audits | str | os.PathLike[str] | None) -> Audits:
    """The records that a graph was given, read if they are a file.

    Raises:
        ConfigurationError: The file cannot be read, or holds no records.
    """
    if given is None:
        return Audits()
    return given if isinstance(given, Audits) else Audits.load(given)


def audit_faults(graph: Graph) -> Iterator[str]:
    """Audits that cannot be read, and every hard critic without a current one if the graph demands them."""
    try:
        audits = audits_of(graph.audits)
    except ConfigurationError as error:
        yield f"{error}."
        return
    if not graph.require_audit:
        return
    nodes = list(graph.critics.values())
    for node in nodes:
        try:
            objection = audits.objection(node.critic, _beside(node, nodes))
        except Exception as error:  # noqa: BLE001  what a critic says of itself may be computed by any code
            objection = f"cannot be compared with its audit: {type(error).__name__}: {error}"
        if objection:
            yield (
                f"critic {node.name!r} ({node.critic.id}) {objection}, and this graph requires audits; run "
                "`modulo audit ... --save FILE` and pass audits=FILE."
            )


def record_of(audits: Audits, node: CriticNode, nodes: Sequence[CriticNode]) -> AuditRecord | None:
    """The record that counts for a critic among those of its graph; none where its source cannot be read."""
    try:
        return audits.record_of(node.critic, _beside(node, nodes))
    except ConfigurationError:
        return None


def _beside(node: CriticNode, nodes: Sequence[CriticNode]) -> list[Any]:
    """The critics that judge the same artefact."""
    return [other.critic for other in nodes if other.reads[0] == node.reads[0]]
