"""Every exception that Modulo raises on purpose, in one tree.

    ModuloError
    ├── GraphError (ValueError)              the graph is not a sound program; lists every fault
    ├── ProblemError (ValueError)            a problem is not canonical JSON, or a file cannot be read
    ├── ConfigurationError (ValueError)      an option, model string or budget makes no sense
    │   └── UnknownPriceError                a cost limit is set, and nobody knows what the model costs
    ├── MissingDependencyError (ImportError) an extra, a program or a backend is not there
    ├── NotApplicableError (ValueError)      no hard critic applies to this problem
    ├── Malformed (ValueError)               raised by a reformulator: the text has no canonical form
    ├── ProgramError (RuntimeError)          a prompt, strategy or backprompter failed: there is no next call
    ├── CriticError (RuntimeError)           a critic crashed, timed out or was killed: never a verdict
    │   └── CriticsDisagree                  implementations of one judgement contradict each other
    ├── GenerationError (RuntimeError)       a generator gave no text
    │   ├── AuthenticationFailed             the provider refused the key
    │   ├── ContextOverflow                  the conversation is too long for the model
    │   ├── RequestRejected                  the provider refuses this request, now and later
    │   ├── GeneratorDepleted                a recording has no further answer
    │   ├── NoBudgetLeft                     the generator had calls to make that do not fit a limit
    │   └── TransientGenerationError         the same call may work in a while
    │       ├── RateLimited
    │       ├── GenerationTimeout
    │       ├── ConnectionLost
    │       └── ProviderError
    ├── LimitReached (RuntimeError)          a reservation does not fit; inside the loop only
    ├── CertificateError (ValueError)        a certificate does not hold
    └── TraceError (ValueError)              a trace cannot be read, or does not replay

Nothing here is raised for an answer that critics reject or a budget that runs out: those are outcomes.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modulo.budget import Usage

__all__ = [
    "AuthenticationFailed",
    "Billing",
    "CertificateError",
    "ConfigurationError",
    "ConnectionLost",
    "ContextOverflow",
    "CriticError",
    "CriticsDisagree",
    "GenerationError",
    "GenerationTimeout",
    "GeneratorDepleted",
    "GraphError",
    "LimitReached",
    "Malformed",
    "MissingDependencyError",
    "ModuloError",
    "NoBudgetLeft",
    "NotApplicableError",
    "ProblemError",
    "ProgramError",
    "ProviderError",
    "RateLimited",
    "RequestRejected",
    "TraceError",
    "TransientGenerationError",
    "UnknownPriceError",
]


def limit_kind(resource: str) -> str:
    """What a limit of ``Budget`` is called where it ends something: ``tokens_limit``, ``cost_limit``."""
    return {"cost_usd": "cost"}.get(resource, resource) + "_limit"


class ModuloError(Exception):
    """Root of every exception that Modulo raises on purpose."""


class GraphError(ModuloError, ValueError):
    """A graph that cannot be run soundly.

    Attributes:
        faults: One sentence a fault; all of them, not only the first.
    """

    def __init__(self, name: str, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        super().__init__(f"graph {name!r} cannot be run: " + " ".join(self.faults))


class ProblemError(ModuloError, ValueError):
    """A problem or candidate that is no canonical JSON, or an input file that cannot be read."""


class ConfigurationError(ModuloError, ValueError):
    """An option, a model string or a budget that makes no sense."""


class UnknownPriceError(ConfigurationError):
    """A cost limit is set for a model of unknown price; raised before the first call."""


class MissingDependencyError(ModuloError, ImportError):
    """A package, program or backend is not here; the message names what to install."""


class NotApplicableError(ModuloError, ValueError):
    """No hard critic of the graph applies to this problem, so nothing could ever be certified."""


class Malformed(ModuloError, ValueError):
    """Raise this in a reformulator when the text has no canonical form.

    Any other ``ValueError`` is taken the same way; this one also carries a code and a location.

    Args:
        message: What is wrong, for the model to read.
        code: Machine-readable kind of fault.
        location: Where, e.g. ``"line 3"``.
        hint: How the text should look.
    """

    def __init__(
        self, message: str, *, code: str = "malformed", location: str | None = None, hint: str | None = None
    ) -> None:
        self.message, self.code, self.location, self.hint = message, code, location, hint
        super().__init__(message)


class ProgramError(ModuloError, RuntimeError):
    """A part of the program without which there is no next call raised something; ``__cause__`` is what.

    Attributes:
        part: The part in words, e.g. ``"the prompt of generator 'draft'"``.
    """

    def __init__(self, part: str, error: BaseException) -> None:
        self.part = part
        text = str(error)
        super().__init__(f"{part} failed: {type(error).__name__}{text and f': {text}'}")


class CriticError(ModuloError, RuntimeError):
    """A critic crashed, ran out of time or was killed. It is never a verdict.

    Attributes:
        critic: Name of the critic's node.
        reason: What happened.
    """

    def __init__(self, critic: str, reason: str) -> None:
        self.critic, self.reason = critic, reason
        super().__init__(f"critic {critic!r} gave no verdict: {reason}")


class CriticsDisagree(CriticError):
    """Independent implementations of the same judgement contradict each other: one of them is wrong."""


class Billing(StrEnum):
    """What is known of the bill of a call that failed."""

    NONE = "none"
    """The provider certainly charged nothing: it refused the request, or never saw it."""
    UNKNOWN = "unknown"
    """The request was sent and no bill came back; the reserved worst case stays booked as unconfirmed."""


class GenerationError(ModuloError, RuntimeError):
    """A call to a generator that gave no text.

    Attributes:
        billing: What is known of its bill.
        bill: What it cost all the same, where a part of it was paid; None means a call and nothing else.
    """

    kind = "generation_error"

    def __init__(self, message: str, *, billing: Billing = Billing.NONE, bill: Usage | None = None) -> None:
        self.billing = billing
        self.bill = bill
        super().__init__(message)


class AuthenticationFailed(GenerationError):
    """The provider refused the key (HTTP 401, 403)."""

    kind = "authentication"


class ContextOverflow(GenerationError):
    """The conversation does not fit the model's context window."""

    kind = "context_overflow"


class RequestRejected(GenerationError):
    """The provider refuses this very request (HTTP 400, 404, 422); trying again cannot help."""

    kind = "request_rejected"


class GeneratorDepleted(GenerationError):
    """A generator with a finite stock of answers, such as a recording, has no further one."""

    kind = "depleted"


class NoBudgetLeft(GenerationError):
    """A generator that makes several calls for one answer had no room for a further one.

    Its kind is the limit's, as ``StopReason`` has it: where this keeps happening, that limit ended the run.

    Args:
        message: What could not be done.
        resource: Name of the limit, as in ``Budget``.
        billing: What is known of the bill of the calls before.
        bill: What those cost.
    """

    def __init__(
        self, message: str, *, resource: str, billing: Billing = Billing.NONE, bill: Usage | None = None
    ) -> None:
        self.kind = limit_kind(resource)
        super().__init__(message, billing=billing, bill=bill)


class TransientGenerationError(GenerationError):
    """A fault of transport or load; the same call may work in a while.

    Attributes:
        retry_after_seconds: How long the provider asked to wait, if it said so.
    """

    kind = "transient"

    def __init__(
        self, message: str, *, billing: Billing = Billing.NONE, retry_after_seconds: float | None = None
    ) -> None:
        self.retry_after_seconds = retry_after_seconds
        super().__init__(message, billing=billing)


class RateLimited(TransientGenerationError):
    """Too many requests (HTTP 429)."""

    kind = "rate_limited"


class GenerationTimeout(TransientGenerationError):
    """No complete answer within the time allowed for one call."""

    kind = "timeout"


class ConnectionLost(TransientGenerationError):
    """The connection was refused, reset or closed before the answer was complete."""

    kind = "connection_lost"


class ProviderError(TransientGenerationError):
    """The provider failed (HTTP 5xx), or its answer was no HTTP body that makes sense."""

    kind = "provider_error"


class LimitReached(ModuloError, RuntimeError):
    """A reservation does not fit into a limit. The loop turns it into an outcome; users never see it.

    Attributes:
        resource: Name of the limit, as in ``Budget``.
    """

    def __init__(self, resource: str) -> None:
        self.resource = resource
        super().__init__(f"the limit on {resource} is reached")


class CertificateError(ModuloError, ValueError):
    """A certificate that does not hold; the message says which part of it."""


class TraceError(ModuloError, ValueError):
    """A trace that cannot be read, or a run that does not follow it."""
