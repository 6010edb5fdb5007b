"""What runs spent, and what they had spent when they were certified."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, TypeAlias

from msgspec import Struct

from modulo.bench.rows import AttemptRow, RunRow
from modulo.budget import Usage

__all__ = ["AXES", "RESOURCES", "Axis", "Resource", "Spent", "spent_by", "spent_until_certified"]

Resource: TypeAlias = Literal["tokens", "cost_usd", "calls", "seconds"]
"""What can be spent for an answer."""
Axis: TypeAlias = Literal["rounds", "tokens", "cost_usd", "calls", "seconds"]
"""What coverage can be drawn over."""

RESOURCES: Final[tuple[Resource, ...]] = ("tokens", "cost_usd", "calls", "seconds")
AXES: Final[tuple[Axis, ...]] = ("rounds", "calls", "tokens", "cost_usd", "seconds")


class Spent(Struct, frozen=True, kw_only=True):
    """What was spent: bills, and the worst cases of calls whose bill never came or was lost in an interruption.

    Attributes:
        rounds: Asks of strategies.
        calls: Calls to models, failed and repeated ones included.
        prompt_tokens: Tokens read.
        completion_tokens: Tokens written.
        cost_usd: Dollars.
        seconds: Time of the runs, one after the other.
    """

    rounds: int = 0
    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float = 0.0
    seconds: float = 0.0

    @property
    def tokens(self) -> int:
        """Tokens read and written."""
        return self.prompt_tokens + self.completion_tokens


def spent_by(rows: Sequence[RunRow]) -> Spent:
    """What runs spent, all together."""
    usage = sum((_usage(row) for row in rows), Usage())
    return _spent(usage, rounds=sum(row.rounds for row in rows), seconds=sum(row.seconds for row in rows))


def spent_until_certified(row: RunRow) -> Spent | None:
    """What a run had spent at the end of the round that certified it; None if none did.

    Of a run that went on after that (``select = "best"``), this is what the attempts until then cost; the time, which
    was not taken then, is that of the whole run.
    """
    last = row.certified_round
    if last is None or last >= row.rounds:
        return None if last is None else spent_by([row])
    until = [attempt for attempt in row.attempts if attempt.round <= last]
    return _spent(_usage_of(until), rounds=last, seconds=row.seconds)


def _usage(row: RunRow) -> Usage:
    return row.usage + row.unconfirmed + row.lost


def _usage_of(attempts: Sequence[AttemptRow]) -> Usage:
    return sum((_cost(attempt) for attempt in attempts), Usage())


def _cost(attempt: AttemptRow) -> Usage:
    answer = Usage(
        calls=attempt.calls,
        prompt_tokens=attempt.prompt_tokens,
        completion_tokens=attempt.completion_tokens,
        cost_usd=attempt.cost_usd,
    )
    return answer + attempt.further + attempt.unconfirmed


def _spent(usage: Usage, *, rounds: int, seconds: float) -> Spent:
    return Spent(
        rounds=rounds,
        calls=usage.calls,
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        cost_usd=usage.cost_usd,
        seconds=seconds,
    )
