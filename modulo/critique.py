"""What a critic says of a candidate: a verdict, the violations behind it, and what an acceptance proves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from msgspec import Struct

from modulo.errors import Malformed
from modulo.settings import given_fields

__all__ = [
    "Critique",
    "Remark",
    "Soundness",
    "Verdict",
    "Violation",
    "critique_from_json",
    "critique_json",
    "malformed_critique",
    "weakest",
]


class Verdict(StrEnum):
    """The three answers of a hard critic."""

    ACCEPT = "accept"
    REJECT = "reject"
    UNDECIDED = "undecided"


class Soundness(StrEnum):
    """How much a critic's ACCEPT is worth."""

    PROOF = "proof"
    """Correct with respect to the formal problem."""
    TESTS = "tests"
    """Passed these tests."""
    OPINION = "opinion"
    """Somebody's judgement, a person's or a model's. Never enough for a certificate."""


_STRENGTH = {Soundness.OPINION: 0, Soundness.TESTS: 1, Soundness.PROOF: 2}


def weakest(levels: Sequence[Soundness]) -> Soundness:
    """The weakest of some levels; a claim is worth no more than that.

    Raises:
        ValueError: There are none.
    """
    return min(levels, key=_STRENGTH.__getitem__)


class _Fault(Struct, gc=False, frozen=True):
    code: str
    message: str


class Violation(_Fault, gc=False, frozen=True, kw_only=True):
    """One thing that is wrong with a candidate.

    Attributes:
        code: Machine-readable kind, constant for a kind of fault, e.g. ``"conflict"``.
        message: One sentence for the model to read. It must not give away more than the fault.
        location: Where, e.g. ``"step 4"``, ``"line 12"``.
        expected: What should stand there.
        actual: What stands there.
        hint: How to mend it. Shown only by constructive backprompts, because it reveals part of a solution.

    Raises:
        TypeError: A field is no text.
    """

    location: str | None = None
    expected: str | None = None
    actual: str | None = None
    hint: str | None = None

    def __post_init__(self) -> None:
        # Most have two texts and nothing else, and critics make many of them.
        if type(self.code) is type(self.message) is str and (
            self.location is self.expected is self.actual is self.hint is None
        ):
            return
        for name in ("code", "message"):
            if not isinstance(getattr(self, name), str):
                raise TypeError(f"a violation's {name} is text, not {getattr(self, name)!r}")
        for name in ("location", "expected", "actual", "hint"):
            _check_optional_text("violation", name, getattr(self, name))


class _Judged(Struct, gc=False, frozen=True):
    verdict: Verdict
    violations: tuple[Violation, ...] = ()


class Critique(_Judged, gc=False, frozen=True, kw_only=True, eq=False):
    """A hard critic's judgement of one candidate.

    Attributes:
        verdict: ACCEPT, REJECT or UNDECIDED.
        violations: Why it is rejected; empty on ACCEPT, never empty on REJECT.
        reason: Why nothing was decided (UNDECIDED only).
        failed: The critic crashed, timed out or was killed, as ``reason`` says (UNDECIDED only).
        critic: Name of the critic's node in the graph; filled in by the scheduler.
        proves: What an ACCEPT of this critic proves, if not what the critic declares as a whole,
            e.g. "passed 12 tests".
        seconds: Time taken. No part of equality.

    Raises:
        TypeError: ``reason`` or ``proves`` is no text.
        ValueError: Verdict and violations contradict each other, or ``proves`` cannot stand in a certificate.
    """

    reason: str | None = None
    failed: bool = False
    critic: str = ""
    proves: str | None = None
    seconds: float = 0.0

    def __post_init__(self) -> None:
        if self.verdict is Verdict.REJECT:
            if not self.violations:
                raise ValueError("a REJECT names at least one violation")
        elif self.violations:
            raise ValueError(f"{self.verdict.name} with violations contradicts itself")
        if self.failed and self.verdict is not Verdict.UNDECIDED:
            raise ValueError("a critic that failed gave no verdict")
        if self.reason is not None or self.proves is not None:
            self._check_texts()

    def _check_texts(self) -> None:
        _check_optional_text("critique", "reason", self.reason)
        _check_optional_text("critique", "proves", self.proves)
        if self.proves is not None:
            self.proves.encode()  # a lone surrogate would make a certificate impossible

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Critique) and self._content() == other._content()

    def __hash__(self) -> int:
        return hash(self._content())

    def _content(self) -> tuple[object, ...]:
        return self.verdict, self.violations, self.reason, self.failed, self.critic, self.proves

    @property
    def accepts(self) -> bool:
        """Whether the verdict is ACCEPT."""
        return self.verdict is Verdict.ACCEPT

    @classmethod
    def accept(cls, *, proves: str | None = None) -> Critique:
        """An ACCEPT, optionally with what this very acceptance proves."""
        return cls(Verdict.ACCEPT, proves=proves)

    @classmethod
    def reject(cls, *violations: Violation) -> Critique:
        """A REJECT for at least one violation."""
        return cls(Verdict.REJECT, violations)

    @classmethod
    def undecided(cls, reason: str) -> Critique:
        """Neither: the critic could not find out, for this reason."""
        return cls(Verdict.UNDECIDED, reason=reason)


def malformed_critique(error: ValueError, *, critic: str) -> Critique:
    """The rejection of something without canonical form, for the reason that an exception gives."""
    if isinstance(error, Malformed):
        violation = Violation(error.code, error.message, location=error.location, hint=error.hint)
    else:
        violation = Violation("malformed", f"The answer cannot be read: {error}")
    return Critique(Verdict.REJECT, (violation,), critic=critic)


def critique_json(critique: Critique) -> dict[str, Any]:
    """A critique as JSON; fields that say nothing are left out."""
    document: dict[str, Any] = {
        "critic": critique.critic,
        "verdict": critique.verdict.value,
        "violations": [given_fields(violation) for violation in critique.violations],
    }
    if critique.reason is not None:
        document["reason"] = critique.reason
    if critique.failed:
        document["failed"] = True
    if critique.proves is not None:
        document["proves"] = critique.proves
    document["seconds"] = round(critique.seconds, 6)
    return document


def critique_from_json(document: Mapping[str, Any]) -> Critique:
    """The critique that ``critique_json`` made a document of.

    Raises:
        KeyError: It lacks the verdict or the violations.
        TypeError: A violation has other fields, or a text is none.
        ValueError: It contradicts itself.
    """
    return Critique(
        Verdict(document["verdict"]),
        tuple(Violation(**violation) for violation in document["violations"]),
        reason=document.get("reason"),
        failed=bool(document.get("failed", False)),
        critic=document.get("critic", ""),
        proves=document.get("proves"),
        seconds=document.get("seconds", 0.0),
    )


class Remark(Struct, gc=False, frozen=True, kw_only=True):
    """A soft critic's opinion of one candidate. It ranks certified candidates and comments on others.

    Attributes:
        score: Higher is better; comparable within one soft critic only.
        text: A comment for the model, if any.
        critic: Name of the soft critic's node; filled in by the scheduler.
        error: Why there is no opinion, if the soft critic failed or could not say. ``score`` is 0 then, and says
            nothing: among certified candidates, one without an opinion ranks as that critic's average one.
    """

    score: float
    text: str | None = None
    critic: str = ""
    error: str | None = None


def _check_optional_text(owner: str, name: str, value: object) -> None:
    if value is not None and not isinstance(value, str):
        raise TypeError(f"a {owner}'s {name} is text, not {value!r}")
