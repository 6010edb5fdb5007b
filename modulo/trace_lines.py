"""The lines of a trace as they must look to be replayed: whatever stands in the file, a replay finds it well-formed.

Only what a replay reads is asked for. Lines of other kinds, and further fields, are passed over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, TypeAlias

import msgspec
from msgspec import UNSET, Struct, UnsetType

from modulo.critique import Verdict
from modulo.errors import TraceError
from modulo.outcome import StopReason
from modulo.protocols import Finish

__all__ = ["check_lines"]

Limit: TypeAlias = Literal["rounds", "attempts", "calls", "tokens", "cost_usd", "seconds"]


class _Amount(Struct, forbid_unknown_fields=True):
    rounds: int = 0
    attempts: int = 0
    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float = 0.0


class _Part(Struct):
    id: str
    options: dict[str, Any]


class _Critic(_Part):
    version: str


class _Settings(Struct):
    strategy: _Part
    backprompter: _Part
    budget: dict[Limit, float | None]
    limits_from_above: list[Limit]
    select: str
    seed: int
    retries: dict[str, float]
    max_concurrency: int
    generators: dict[str, dict[str, Any]]
    critics: dict[str, _Critic]


class _RunStarted(Struct):
    domain: str
    problem: Any
    problem_sha256: str
    settings: _Settings


class _Prompt(Struct):
    sha256: str
    role: str
    after: str | None
    text_sha256: str
    text: str | UnsetType = UNSET


class _Text(Struct):
    text_sha256: str
    text: str | UnsetType = UNSET


class _OfAttempt(Struct):
    attempt: int


class _GenerationStarted(_OfAttempt):
    samples: int
    round: int
    node: str
    turn: int
    parent: int | None
    inputs: dict[str, int]
    sampling: dict[str, Any]
    prompt_sha256: str
    prefix: _Text | None = None
    prefills: bool = False
    judged: bool = True
    offers: int | None = None
    label: str = ""


class _Reserved(_OfAttempt):
    amount: _Amount
    nested: bool = False


class _Refused(_OfAttempt):
    amount: _Amount
    resource: Limit


class _Settled(_OfAttempt):
    bill: _Amount
    unconfirmed: _Amount | None
    nested: bool


class _Retry(_OfAttempt):
    kind: str
    message: str


class _Failed(_OfAttempt):
    error_kind: str
    error: str


class _Answered(_OfAttempt):
    finish: Finish
    model: str
    usage: _Amount | None
    text_sha256: str
    text: str | UnsetType = UNSET
    detail: str | None = None


class _Reformulated(_OfAttempt):
    sha256: str


class _Violation(Struct, forbid_unknown_fields=True):
    code: str
    message: str
    location: str | None = None
    expected: str | None = None
    actual: str | None = None
    hint: str | None = None


class _Critique(_OfAttempt):
    critic: str
    verdict: Verdict
    violations: list[_Violation] = []
    failed: bool = False
    reason: str | None = None


class _Remark(Struct, forbid_unknown_fields=True):
    critic: str
    score: float
    text: str | None = None
    error: str | None = None


class _RemarkGiven(_OfAttempt):
    remark: _Remark


class _Backprompt(_OfAttempt):
    parent: int
    reveals: str
    violations_shown: int
    violations_known: int


class _AttemptFinished(_OfAttempt):
    round: int
    accepted: bool
    violations: int
    error: str | None


class _Withdrawn(_OfAttempt):
    withdrawn: list[int]


class _Certified(_OfAttempt):
    candidate_sha256: str
    claim: str


class _RunFinished(Struct):
    stop_reason: StopReason
    attempt: int | None
    usage: dict[str, float]
    unconfirmed: dict[str, float]
    ended_by: StopReason | None = None


_KINDS: Final[Mapping[str, type[Struct]]] = {
    "run_started": _RunStarted,
    "prompt": _Prompt,
    "generation_started": _GenerationStarted,
    "budget_reserved": _Reserved,
    "budget_refused": _Refused,
    "budget_settled": _Settled,
    "retry": _Retry,
    "generation_finished": _Answered,
    "candidate_reformulated": _Reformulated,
    "critique": _Critique,
    "remark": _RemarkGiven,
    "backprompt": _Backprompt,
    "attempt_finished": _AttemptFinished,
    "artefact_withdrawn": _Withdrawn,
    "certified": _Certified,
    "run_finished": _RunFinished,
}


def check_lines(documents: Sequence[Mapping[str, Any]]) -> None:
    """See that the lines of a trace have all fields that a replay reads, of the right types.

    Raises:
        TraceError: One has not; the message says which and why.
    """
    for number, document in enumerate(documents, 1):
        kind = _Failed if "error_kind" in document else _KINDS.get(document["type"])
        if kind is None:
            continue
        try:
            msgspec.convert(document, kind)
        except (msgspec.ValidationError, UnicodeEncodeError) as error:  # the latter of lone surrogates in names
            raise TraceError(f"the trace is damaged: line {number} ({document['type']}): {error}") from error
