"""What is audited: a domain with its graph, or a critic with specimens."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from modulo.canonical import JsonValue, canonical_json, codec_for, parse_json
from modulo.domain import Domain, graph_without_generator
from modulo.errors import ConfigurationError
from modulo.graph import Graph
from modulo.graph.annotations import parameter_type
from modulo.protocols import Critic
from modulo.specimens import Specimens

__all__ = ["Subject", "subject_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What an audit needs to know of what it audits.

    Attributes:
        name: Name of the domain, or id of the critic.
        specimens: What it is tried on.
        fresh_graph: Makes the graph anew, with critics that have judged nothing yet where that can be had.
        read: The candidate in a document, for a problem. A ``ValueError`` says that the document is malformed.
    """

    name: str
    specimens: Specimens[Any]
    fresh_graph: Callable[[], Graph]
    read: Callable[[JsonValue, Any], Any]


def subject_of(audited: Domain[Any] | Critic[Any, Any], specimens: Specimens[Any] | None = None) -> Subject:
    """A domain or a critic as something to audit.

    Args:
        audited: The domain, or the critic.
        specimens: What to try it on; None takes the domain's own.

    Raises:
        ConfigurationError: There are no specimens.
    """
    if isinstance(audited, Domain):
        specimens = specimens or audited.specimens()
        if specimens is None:
            raise ConfigurationError(
                f"the domain {audited.name!r} has nothing to audit its critics on: write its specimens(), or give "
                "cases with the verdict that is expected of each"
            )
        return Subject(
            name=audited.name,
            specimens=specimens,
            fresh_graph=audited.graph_for_checking,
            read=audited.read_candidate,
        )
    if specimens is None:
        raise ConfigurationError(
            f"there is nothing to audit {audited.id} on: give specimens (a modulo.specimens.Specimens: problems "
            "with right answers), or cases with the verdict that is expected of each"
        )
    return _of_critic(audited, specimens)


def _of_critic(critic: Critic[Any, Any], specimens: Specimens[Any]) -> Subject:
    kind = parameter_type(critic.critique, 1)
    codec = codec_for(kind)

    def read(document: JsonValue, _problem: Any) -> Any:
        if isinstance(document, str) and kind not in (str, Any, object):
            document = parse_json(document)  # as it stands in a model's text
        return codec.decode(canonical_json(document))

    def convert(text: str) -> Any:
        return text if kind is str else codec.decode(canonical_json(parse_json(text)))

    convert.__annotations__["return"] = kind

    def fresh_graph() -> Graph:
        graph = graph_without_generator("audit", None, [_fresh(critic)], reformulator=convert)
        assert graph is not None
        return graph

    return Subject(name=critic.id, specimens=specimens, fresh_graph=fresh_graph, read=read)


def _fresh(critic: Critic[Any, Any]) -> Critic[Any, Any]:
    """A copy of a critic; the critic itself where it cannot be copied, as those that functions are made of."""
    try:
        return copy.deepcopy(critic)
    except Exception:  # noqa: BLE001  copying runs code of the critic's
        return critic
