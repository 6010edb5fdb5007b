"""What an audit found, as values, as JSON and in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Final

from modulo.audit.bounds import CONFIDENCE, upper_bound
from modulo.audit.failures import InjectedFailure
from modulo.audit.interruptions import Interrupted
from modulo.audit.repeats import Repeat
from modulo.audit.tally import FamilyCount, Fault, FaultKind
from modulo.audits import AuditRecord
from modulo.critique import critique_json
from modulo.version import __version__

__all__ = ["SCHEMA", "AuditReport", "AuditedCritic"]

SCHEMA: Final = "modulo.audit/1"
_LONGEST: Final = 300
_FAILS: Final[tuple[FaultKind, ...]] = ("false_accept", "false_reject", "no_verdict")
_WORDS: Final[Mapping[FaultKind, str]] = {
    "false_accept": "accepted, and wrong",
    "false_reject": "rejected, and right",
    "no_verdict": "right, and neither accepted nor rejected",
    "disputed_reject": "rejected, and right as the oracle says",
    "error": "a critic failed on it",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditedCritic:
    """A critic that took part.

    Attributes:
        node: Its name in the graph.
        id: Name of the implementation.
        version: Its version.
        options: Its settings.
        source_sha256: Digest of its source.
        together_with: Ids of the critics that judged with it. What was found holds for all of them together.
        n: The wrong documents in whose decision it took part.
    """

    node: str
    id: str
    version: str
    options: Mapping[str, Any]
    source_sha256: str
    together_with: Sequence[str]
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditReport:
    """What an audit found.

    Attributes:
        subject: What was audited.
        seed: The seed that repeats it.
        specimens: What it was tried on, as the specimens describe themselves.
        critics: The critics.
        families: Counts by family.
        faults: An example of each kind of fault in each family, made small.
        repeats: Whether the critics said the same again.
        failures: What was said when critics failed.
        interrupted: How many times a critic was interrupted by an exception in its own code.
        swallowed: Interruptions after which a critic accepted.
        seconds: How long it took.
    """

    subject: str
    seed: int
    specimens: Mapping[str, Any]
    critics: tuple[AuditedCritic, ...]
    families: tuple[FamilyCount, ...]
    faults: tuple[Fault, ...]
    repeats: tuple[Repeat, ...]
    failures: tuple[InjectedFailure, ...]
    interrupted: int
    swallowed: tuple[Interrupted, ...]
    seconds: float

    @property
    def documents(self) -> int:
        """How many documents were judged."""
        return sum(family.documents for family in self.families)

    @property
    def n(self) -> int:
        """The wrong documents that critics saw and decided. Only these say something about false accepts."""
        return sum(family.counted for family in self.families)

    @property
    def false_accepts(self) -> int:
        """How many wrong documents and texts were accepted."""
        return sum(family.false_accepts for family in self.families)

    @property
    def false_rejects(self) -> int:
        """How many right documents were not accepted that must be."""
        return sum(family.false_rejects for family in self.families)

    @property
    def bound(self) -> float:
        """The 95 % upper bound of the rate of false accepts, among wrong documents like those that were tried."""
        return upper_bound(min(self.false_accepts, self.n), self.n)

    @property
    def is_sound(self) -> bool:
        """Whether nothing was found that must not be."""
        return not any(self.complaints())

    def complaints(self) -> Iterator[str]:
        """Everything that was found and must not be, one sentence each."""
        for fault in self.faults:
            if fault.kind in _FAILS:
                yield f"{_WORDS[fault.kind]}: {_shown(fault)}"
        for repeat in self.repeats:
            if repeat.differing:
                first, again = repeat.differing[0]
                yield (
                    f"{len(repeat.differing)} of {repeat.documents} judged otherwise by {repeat.way}; first "
                    f"{first.verdict}, then {again.verdict}: {_short(first.document.document)}"
                )
        for failure in self.failures:
            if not failure.is_told:
                yield f"a {failure.failure} of {failure.critic!r} came out as {failure.verdict!r}, not as an error"
        for swallowed in self.swallowed[:3]:
            yield (
                f"{swallowed.critic!r} swallows exceptions: after one at {swallowed.place} it accepted "
                f"{_short(swallowed.judged.document.document)}"
            )
        if not self.n:
            yield "no critic decided on a single wrong document, so nothing was found out"
        if not any(family.family == "gold" for family in self.families):
            yield "no right answer was tried"

    def remarks(self) -> Iterator[str]:
        """What does not fail an audit and should be known."""
        for fault in self.faults:
            if fault.kind not in _FAILS:
                yield f"{_WORDS[fault.kind]}: {_shown(fault)}"
        for repeat in self.repeats:
            if repeat.skipped:
                yield f"not judged again by {repeat.way}: {repeat.skipped}"

    def to_json(self) -> dict[str, Any]:
        """All of it as JSON."""
        return {
            "schema": SCHEMA,
            "subject": self.subject,
            "sound": self.is_sound,
            "seed": self.seed,
            "specimens": dict(self.specimens),
            "documents": self.documents,
            "n": self.n,
            "false_accepts": self.false_accepts,
            "false_rejects": self.false_rejects,
            "bound": self.bound,
            "confidence": CONFIDENCE,
            "critics": [asdict(critic) for critic in self.critics],
            "families": [asdict(family) for family in self.families],
            "faults": [_fault_json(fault) for fault in self.faults],
            "repeats": [
                {
                    "way": repeat.way,
                    "documents": repeat.documents,
                    "differing": len(repeat.differing),
                    "skipped": repeat.skipped,
                }
                for repeat in self.repeats
            ],
            "failures": [
                {"critic": failure.critic, "failure": failure.failure, "verdict": failure.verdict}
                for failure in self.failures
            ],
            "interruptions": {"tried": self.interrupted, "accepted": len(self.swallowed)},
            "complaints": list(self.complaints()),
            "remarks": list(self.remarks()),
            "seconds": round(self.seconds, 3),
        }

    def records(self) -> tuple[AuditRecord, ...]:
        """What to keep of it: one record a critic, dated now."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        return tuple(
            AuditRecord(
                critic=critic.id,
                version=critic.version,
                options=dict(critic.options),
                source_sha256=critic.source_sha256,
                together_with=list(critic.together_with),
                subject=self.subject,
                seed=self.seed,
                n=critic.n,
                false_accepts=self.false_accepts,
                bound=upper_bound(min(self.false_accepts, critic.n), critic.n),
                sound=self.is_sound,
                date=now,
                modulo_version=__version__,
            )
            for critic in self.critics
            if critic.n
        )

    def summary(self) -> str:
        """The result in one sentence."""
        found = "sound as far as was tried" if self.is_sound else "NOT SOUND"
        return (
            f"{self.subject}: {found}; {self.false_accepts} false accepts in {self.n:,} wrong documents that critics "
            f"decided (of {self.documents:,} judged): below {self.bound:.2g} with {CONFIDENCE:.0%} confidence"
        )


def _fault_json(fault: Fault) -> dict[str, Any]:
    judged = fault.judged
    return {
        "kind": fault.kind,
        "family": judged.document.family,
        "number": judged.document.number,
        "route": judged.document.route,
        "document": _short(judged.document.document, 10 * _LONGEST),
        "problem": _short(judged.document.problem, 10 * _LONGEST),
        "verdict": judged.verdict,
        "critiques": [critique_json(critique) for critique in judged.critiques],
    }


def _shown(fault: Fault) -> str:
    judged = fault.judged
    said = "; ".join(
        f"{critique.critic}: {critique.reason or critique.violations[0].message}"
        for critique in judged.critiques
        if critique.reason or critique.violations
    )
    return (
        f"{judged.document.family} {_short(judged.document.document)}"
        f" as an answer to {_short(judged.document.problem)}{said and f' ({said:.{_LONGEST}})'}"
    )


def _short(thing: object, longest: int = _LONGEST) -> str:
    try:
        text = repr(thing)
    except ValueError:  # an integer of more digits than Python prints
        return f"a {type(thing).__name__} that cannot be shown"
    return text if len(text) <= longest else f"{text[: longest - 3]}..."
