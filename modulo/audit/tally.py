"""Counts what critics made of documents, and keeps the smallest example of each kind of fault."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

from msgspec import Struct

from modulo.audit.documents import oracle_verdict
from modulo.audit.judging import Judged
from modulo.audit.paths import is_same_document
from modulo.audit.shrinking import size_of
from modulo.canonical import JsonValue
from modulo.specimens import Specimens

__all__ = ["FamilyCount", "Fault", "FaultKind", "Tally", "fault_in"]

FaultKind: TypeAlias = Literal["false_accept", "false_reject", "no_verdict", "disputed_reject", "error"]
"""``no_verdict``: a right answer that is neither accepted nor rejected. ``disputed_reject``: a rejection of
something that only the oracle calls right, or of a right answer that stands in a text as JSON. ``error``: the critic
failed on an answer that is wrong.
"""

_WITHOUT_ANSWER: Final = frozenset({"text:attack", "text:injection"})
"""Texts that hold no answer: a reformulator that gets one out of them has made it up, however right it is."""


class Fault(Struct, frozen=True, kw_only=True):
    """A judgement that should have been another one.

    Attributes:
        kind: What kind of fault.
        judged: The document and what became of it.
    """

    kind: FaultKind
    judged: Judged


@dataclass(slots=True, kw_only=True)
class FamilyCount:
    """What became of the documents of one family.

    Attributes:
        family: Its name.
        documents: How many were judged.
        right: How many of them are right.
        accepted: How many were accepted; ``rejected``, ``undecided`` and ``errors`` likewise.
        unseen: How many of the rejected ones were refused for their form, so that no critic saw them.
        false_accepts: How many wrong ones were accepted.
        false_rejects: How many right ones were not accepted.
        counted: How many wrong ones a critic saw and decided: what the bound rests on.
    """

    family: str
    documents: int = 0
    right: int = 0
    accepted: int = 0
    rejected: int = 0
    undecided: int = 0
    errors: int = 0
    unseen: int = 0
    false_accepts: int = 0
    false_rejects: int = 0
    counted: int = 0


@dataclass(slots=True)
class Tally:
    """All counts of an audit.

    Attributes:
        families: By name.
        faults: By kind and family, the fault with the smallest document.
        taken_part: For each critic, the wrong documents in whose decision it took part.
    """

    families: dict[str, FamilyCount] = field(default_factory=dict)
    faults: dict[tuple[FaultKind, str], Fault] = field(default_factory=dict)
    taken_part: dict[str, int] = field(default_factory=dict)

    def add(self, judged: Judged, specimens: Specimens[Any]) -> None:
        """Count one judgement."""
        family = judged.document.family
        count = self.families.setdefault(family, FamilyCount(family=family))
        fault = fault_in(judged, specimens)
        is_right = judged.document.expected == "accept"
        is_decided = judged.verdict in ("accept", "reject")
        count.documents += 1
        count.right += is_right
        count.accepted += judged.verdict == "accept"
        count.rejected += judged.verdict == "reject"
        count.undecided += judged.verdict == "undecided"
        count.errors += judged.verdict == "error"
        count.unseen += judged.verdict == "reject" and not judged.by_critics
        if not is_right and is_decided and judged.by_critics and judged.document.route != "text":
            count.counted += 1
            for critique in judged.critiques:
                self.taken_part[critique.critic] = self.taken_part.get(critique.critic, 0) + 1
        if fault is not None:
            count.false_accepts += fault.kind == "false_accept"
            count.false_rejects += fault.kind in ("false_reject", "no_verdict")
            self._keep(fault)

    def _keep(self, fault: Fault) -> None:
        key = (fault.kind, fault.judged.document.family)
        known = self.faults.get(key)
        if known is None or _size(fault) < _size(known):
            self.faults[key] = fault


def fault_in(judged: Judged, specimens: Specimens[Any]) -> Fault | None:
    """What is wrong with a judgement, if anything is."""
    kind = _kind(judged, specimens)
    return None if kind is None else Fault(kind=kind, judged=judged)


def _kind(judged: Judged, specimens: Specimens[Any]) -> FaultKind | None:
    document = judged.document
    if judged.verdict == "accept":
        return None if document.expected == "accept" or _holds_an_answer(judged, specimens) else "false_accept"
    if document.expected == "reject":
        return "error" if judged.verdict == "error" else None
    if not _must_be_accepted(document.family):
        return "disputed_reject"
    return "false_reject" if judged.verdict == "reject" else "no_verdict"


def _must_be_accepted(family: str) -> bool:
    return family == "gold" or family.startswith("rewritten:")


def _holds_an_answer(judged: Judged, specimens: Specimens[Any]) -> bool:
    """Whether what was read out of a text is right, whatever else the text says."""
    document = judged.document
    if document.route != "text" or document.family in _WITHOUT_ANSWER:
        return False
    content = judged.content
    return _is_given(content, document.specimen.answers) or bool(
        oracle_verdict(specimens, document.problem, content)
    )


def _is_given(content: JsonValue, answers: tuple[JsonValue, ...]) -> bool:
    return any(is_same_document(content, answer) for answer in answers)


def _size(fault: Fault) -> tuple[int, int]:
    document = fault.judged.document
    return size_of(document.document), document.number
