"""The typed events of a run. Their list is the run's truth: what is not an event did not happen.

Times are seconds since the run started. Events hold the values themselves; the JSON form, in which large texts
stand once and are referred to by hash, is made only when a trace is written (``modulo.trace``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from modulo.budget import Usage
from modulo.canonical import JsonValue
from modulo.critique import Critique, Remark
from modulo.outcome import StopReason
from modulo.problem import Candidate
from modulo.protocols import DEFAULT_SAMPLING, Generation, Message, Reveals, Sampling

__all__ = [
    "ArtefactWithdrawn",
    "AttemptFinished",
    "Backprompted",
    "BudgetRefused",
    "BudgetReserved",
    "BudgetSettled",
    "CandidateReformulated",
    "CertifiedEvent",
    "CritiqueGiven",
    "Event",
    "GenerationFinished",
    "GenerationStarted",
    "RemarkGiven",
    "Retry",
    "RunFinished",
    "RunStarted",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Anything that happens in a run.

    Attributes:
        at: Seconds since the run started.
    """

    type: ClassVar[str]
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted(Event):
    """The run begins; ``settings`` holds all that decides how it goes, prices included."""

    type: ClassVar[str] = "run_started"
    domain: str
    problem_sha256: str
    problem: bytes = field(repr=False)
    settings: Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class Backprompted(Event):
    """A conversation was rendered for an attempt that goes on from an earlier one."""

    type: ClassVar[str] = "backprompt"
    attempt: int
    parent: int
    reveals: Reveals
    violations_shown: int
    violations_known: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationStarted(Event):
    """A generator is asked. One conversation may be asked for several attempts at once (``samples``)."""

    type: ClassVar[str] = "generation_started"
    attempt: int
    samples: int
    round: int
    node: str
    turn: int
    parent: int | None
    inputs: Mapping[str, int]
    sampling: Sampling = DEFAULT_SAMPLING
    prompt_sha256: str
    messages: tuple[Message, ...] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetReserved(Event):
    """The worst case of one call was set aside."""

    type: ClassVar[str] = "budget_reserved"
    attempt: int
    amount: Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetRefused(Event):
    """The worst case of one call does not fit a limit, so the call is not made."""

    type: ClassVar[str] = "budget_refused"
    attempt: int
    amount: Usage
    resource: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetSettled(Event):
    """One call was paid: the bill, and what stays booked for want of one.

    ``nested`` marks a call of a loop that is nested in the attempt and charged to this run too.
    """

    type: ClassVar[str] = "budget_settled"
    attempt: int
    bill: Usage
    unconfirmed: Usage | None = None
    nested: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry(Event):
    """A call failed in transport and is made again after a while."""

    type: ClassVar[str] = "retry"
    attempt: int
    failed_tries: int
    kind: str
    message: str
    wait_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationFinished(Event):
    """A generator answered, or failed for good (``error_kind``, ``error``)."""

    type: ClassVar[str] = "generation_finished"
    attempt: int
    generation: Generation | None
    error_kind: str | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateReformulated(Event):
    """The text was brought into canonical form."""

    type: ClassVar[str] = "candidate_reformulated"
    attempt: int
    candidate: Candidate[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class CritiqueGiven(Event):
    """A hard critic judged; or a reformulator found no canonical form."""

    type: ClassVar[str] = "critique"
    attempt: int
    critique: Critique


@dataclass(frozen=True, slots=True, kw_only=True)
class RemarkGiven(Event):
    """A soft critic gave its opinion."""

    type: ClassVar[str] = "remark"
    attempt: int
    remark: Remark


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptFinished(Event):
    """An attempt is through; these events stand in the order of finishing."""

    type: ClassVar[str] = "attempt_finished"
    attempt: int
    round: int
    accepted: bool
    violations: int
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtefactWithdrawn(Event):
    """Certified artefacts were withdrawn because a later critic rejected what was built on them."""

    type: ClassVar[str] = "artefact_withdrawn"
    attempt: int
    withdrawn: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CertifiedEvent(Event):
    """An answer was certified."""

    type: ClassVar[str] = "certified"
    attempt: int
    candidate_sha256: str
    claim: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFinished(Event):
    """The run is over."""

    type: ClassVar[str] = "run_finished"
    stop_reason: StopReason
    attempt: int | None
    usage: Usage
    unconfirmed: Usage
    error: str | None = None
