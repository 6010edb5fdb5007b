"""The typed events of a run. Their list is the run's truth: what is not an event did not happen.

Times are seconds since the run started. Events hold the values themselves; the JSON form, in which large texts
stand once and are referred to by hash, is made only when a trace is written (``modulo.trace``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from msgspec import Struct

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


class Event(Struct, gc=False, frozen=True, kw_only=True):
    """Anything that happens in a run.

    Attributes:
        at: Seconds since the run started.
    """

    type: ClassVar[str]
    at: float


class RunStarted(Event, gc=False, frozen=True, kw_only=True):
    """The run begins; ``settings`` says how it was set up: options, generators with prices, hard critics."""

    type: ClassVar[str] = "run_started"
    domain: str
    problem_sha256: str
    problem: bytes
    settings: Mapping[str, JsonValue]


class Backprompted(Event, gc=False, frozen=True, kw_only=True):
    """A conversation was rendered for an attempt that goes on from an earlier one."""

    type: ClassVar[str] = "backprompt"
    attempt: int
    parent: int
    reveals: Reveals
    violations_shown: int
    violations_known: int


class GenerationStarted(Event, gc=False, frozen=True, kw_only=True):
    """A generator is asked. One conversation may be asked for several attempts at once (``samples``).

    Where an earlier answer is offered to the critics (``offers``), nothing is asked.
    """

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
    messages: tuple[Message, ...]
    prefix: str = ""
    prefills: bool = False
    judged: bool = True
    offers: int | None = None
    label: str = ""


class BudgetReserved(Event, gc=False, frozen=True, kw_only=True):
    """The worst case of one call was set aside; ``nested`` as with ``BudgetSettled``."""

    type: ClassVar[str] = "budget_reserved"
    attempt: int
    amount: Usage
    nested: bool = False


class BudgetRefused(Event, gc=False, frozen=True, kw_only=True):
    """The worst case of one call does not fit a limit, so the call is not made."""

    type: ClassVar[str] = "budget_refused"
    attempt: int
    amount: Usage
    resource: str


class BudgetSettled(Event, gc=False, frozen=True, kw_only=True):
    """One call was paid: the bill, and what stays booked for want of one.

    A bill of nothing, without even the call, is that of one which was cancelled before it was sent.
    ``nested`` marks a call of a loop that is nested in the attempt and charged to this run too.
    """

    type: ClassVar[str] = "budget_settled"
    attempt: int
    bill: Usage
    unconfirmed: Usage | None = None
    nested: bool = False


class Retry(Event, gc=False, frozen=True, kw_only=True):
    """A call failed in transport and is made again after a while."""

    type: ClassVar[str] = "retry"
    attempt: int
    failed_tries: int
    kind: str
    message: str
    wait_seconds: float


class GenerationFinished(Event, gc=False, frozen=True, kw_only=True):
    """A generator answered, or failed for good (``error_kind``, ``error``)."""

    type: ClassVar[str] = "generation_finished"
    attempt: int
    generation: Generation | None
    error_kind: str | None = None
    error: str | None = None


class CandidateReformulated(Event, gc=False, frozen=True, kw_only=True):
    """The text was brought into canonical form; the candidate says what was mended for that."""

    type: ClassVar[str] = "candidate_reformulated"
    attempt: int
    candidate: Candidate[Any]


class CritiqueGiven(Event, gc=False, frozen=True, kw_only=True):
    """A hard critic judged; or a reformulator found no canonical form."""

    type: ClassVar[str] = "critique"
    attempt: int
    critique: Critique


class RemarkGiven(Event, gc=False, frozen=True, kw_only=True):
    """A soft critic gave its opinion."""

    type: ClassVar[str] = "remark"
    attempt: int
    remark: Remark


class AttemptFinished(Event, gc=False, frozen=True, kw_only=True):
    """An attempt is through; these events stand in the order of finishing."""

    type: ClassVar[str] = "attempt_finished"
    attempt: int
    round: int
    accepted: bool
    violations: int
    error: str | None = None


class ArtefactWithdrawn(Event, gc=False, frozen=True, kw_only=True):
    """Certified artefacts were withdrawn because a later critic rejected what was built on them."""

    type: ClassVar[str] = "artefact_withdrawn"
    attempt: int
    withdrawn: tuple[int, ...]


class CertifiedEvent(Event, gc=False, frozen=True, kw_only=True):
    """An answer was certified."""

    type: ClassVar[str] = "certified"
    attempt: int
    candidate_sha256: str
    claim: str


class RunFinished(Event, gc=False, frozen=True, kw_only=True):
    """The run is over.

    ``ended_by`` says what ended its rounds where the best of several certified answers was chosen after that.
    """

    type: ClassVar[str] = "run_finished"
    stop_reason: StopReason
    attempt: int | None
    usage: Usage
    unconfirmed: Usage
    error: str | None = None
    ended_by: StopReason | None = None
