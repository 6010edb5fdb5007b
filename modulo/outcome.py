"""How a run ends. There is no other place where a solution stands than ``Certified.solution``."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar

from modulo.budget import Usage
from modulo.errors import limit_kind

if TYPE_CHECKING:
    from modulo.certificate import Certificate
    from modulo.tree import Attempt

__all__ = ["Certified", "Exhausted", "Outcome", "StopReason", "Unsolvable"]

C = TypeVar("C")


class StopReason(StrEnum):
    """Why a run stopped."""

    CERTIFIED = "certified"
    UNSOLVABLE = "unsolvable"
    ROUNDS_LIMIT = "rounds_limit"
    ATTEMPTS_LIMIT = "attempts_limit"
    CALLS_LIMIT = "calls_limit"
    TOKENS_LIMIT = "tokens_limit"
    COST_LIMIT = "cost_limit"
    SECONDS_LIMIT = "seconds_limit"
    STUCK = "stuck"
    """The strategy has nothing left to try."""
    GIVEN_UP = "given_up"
    """Whoever allots rounds to several runs gave this one no more; ``Exhausted.error`` says why."""
    ERROR = "error"
    """Calls or critics keep failing; ``Exhausted.error`` says how."""
    CANCELLED = "cancelled"

    @classmethod
    def of_limit(cls, resource: str) -> StopReason:
        """The stop reason of a field of ``Budget``."""
        return cls(limit_kind(resource))


@dataclass(frozen=True, slots=True)
class Certified(Generic[C]):
    """Every hard critic that applies accepted exactly this solution.

    Attributes:
        solution: The candidate that was judged, unchanged.
        certificate: What was proven, and all that is needed to check it again.
        attempts: Everything that was tried.
        usage: What was spent for certain.
        unconfirmed: Worst cases of calls whose bill never came back.
        seconds: Time taken.
    """

    solution: C
    certificate: Certificate
    attempts: tuple[Attempt, ...] = field(default=(), kw_only=True, repr=False)
    usage: Usage = field(default_factory=Usage, kw_only=True)
    unconfirmed: Usage = field(default_factory=Usage, kw_only=True)
    seconds: float = field(default=0.0, kw_only=True)

    @property
    def stop_reason(self) -> StopReason:
        """Always ``certified``."""
        return StopReason.CERTIFIED


@dataclass(frozen=True, slots=True)
class Exhausted:
    """Nothing was certified.

    Attributes:
        stop_reason: Why the run stopped.
        attempts: Everything that was tried; nothing in it is certified.
        error: What keeps failing, if that is why it stopped.
        cause: The exception of a prompt, strategy or backprompter, if one ended the run.
        usage: What was spent for certain.
        unconfirmed: Worst cases of calls whose bill never came back.
        seconds: Time taken.
    """

    stop_reason: StopReason
    attempts: tuple[Attempt, ...] = field(repr=False)
    error: str | None = field(default=None, kw_only=True)
    cause: BaseException | None = field(default=None, kw_only=True, repr=False, compare=False)
    usage: Usage = field(default_factory=Usage, kw_only=True)
    unconfirmed: Usage = field(default_factory=Usage, kw_only=True)
    seconds: float = field(default=0.0, kw_only=True)


@dataclass(frozen=True, slots=True)
class Unsolvable:
    """A critic proved that the problem has no solution.

    Attributes:
        certificate: The proof's certificate.
        attempts: Everything that was tried.
        usage: What was spent for certain.
        unconfirmed: Worst cases of calls whose bill never came back.
        seconds: Time taken.
    """

    certificate: Certificate
    attempts: tuple[Attempt, ...] = field(default=(), kw_only=True, repr=False)
    usage: Usage = field(default_factory=Usage, kw_only=True)
    unconfirmed: Usage = field(default_factory=Usage, kw_only=True)
    seconds: float = field(default=0.0, kw_only=True)

    @property
    def stop_reason(self) -> StopReason:
        """Always ``unsolvable``."""
        return StopReason.UNSOLVABLE


Outcome: TypeAlias = "Certified[C] | Exhausted | Unsolvable"
