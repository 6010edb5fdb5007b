"""Limits, what was spent, and the ledger that keeps spending within limits under concurrency.

Whoever wants to spend reserves the worst case first. A reservation fits only if everything spent, everything
reserved by others and the new worst case together stay within every limit of every ledger up to the root
(run ⊂ batch ⊂ session). Settling replaces the reservation by the bill; what was not used is free again.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Final

import anyio
from msgspec import Struct

from modulo.clock import Clock, SystemClock
from modulo.errors import ConfigurationError, LimitReached

__all__ = ["Budget", "Ledger", "Reservation", "Usage"]

_PICO: Final = 10**12


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Limits; None means unlimited.

    Attributes:
        rounds: Asks of the strategy.
        attempts: Candidates judged.
        calls: Calls to generators, failed and retried ones included.
        tokens: Prompt and completion tokens together.
        cost_usd: US dollars.
        seconds: Wall-clock time from the start of the run (or from the making of a shared ledger).

    Raises:
        ConfigurationError: A limit is negative, not a number, or of the wrong type.
    """

    rounds: int | None = None
    attempts: int | None = None
    calls: int | None = None
    tokens: int | None = None
    cost_usd: float | None = None
    seconds: float | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            _check_limit(field.name, getattr(self, field.name))


def _check_limit(name: str, limit: object) -> None:
    if limit is None:
        return
    fractional = name in ("cost_usd", "seconds")
    if isinstance(limit, bool) or not isinstance(limit, (int, float) if fractional else int):
        kind = "a number" if fractional else "a whole number"
        raise ConfigurationError(f"budget: {name} must be {kind}, not {limit!r}")
    if limit < 0 or (isinstance(limit, float) and not math.isfinite(limit)):
        raise ConfigurationError(f"budget: {name} must be a finite number of at least 0, not {limit!r}")


class Usage(Struct, gc=False, frozen=True, kw_only=True):
    """Amounts spent or set aside.

    Attributes:
        rounds: Asks of the strategy.
        attempts: Candidates judged.
        calls: Calls to generators.
        prompt_tokens: Tokens read by models.
        completion_tokens: Tokens written by models, reasoning included.
        cost_usd: US dollars.
    """

    rounds: int = 0
    attempts: int = 0
    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float = 0.0

    @property
    def tokens(self) -> int:
        """Prompt and completion tokens together."""
        return self.prompt_tokens + self.completion_tokens

    def __add__(self, other: Usage) -> Usage:
        return _usage([a + b for a, b in zip(_amounts(self), _amounts(other), strict=True)])


# Inside the ledger an amount is six integers in the order of Usage's fields, with money in picodollars:
# sums of floats would drift, and a residue of 1e-18 dollars must not refuse the last call that fits.
_ROUNDS, _ATTEMPTS, _CALLS, _PROMPT, _COMPLETION, _COST = range(6)


def _add(total: list[int], amounts: list[int], sign: int = 1) -> None:
    # Written out, because a ledger does this a dozen times a round.
    total[0] += sign * amounts[0]
    total[1] += sign * amounts[1]
    total[2] += sign * amounts[2]
    total[3] += sign * amounts[3]
    total[4] += sign * amounts[4]
    total[5] += sign * amounts[5]


def _amounts(usage: Usage) -> list[int]:
    return [
        usage.rounds,
        usage.attempts,
        usage.calls,
        usage.prompt_tokens,
        usage.completion_tokens,
        _picodollars(usage.cost_usd) if usage.cost_usd else 0,
    ]


def _picodollars(dollars: float) -> int:
    whole = int(dollars)  # apart, because a large float times 10**12 is infinite
    return whole * _PICO + round((dollars - whole) * _PICO)


def _checked_amounts(usage: Usage) -> list[int]:
    """The amounts of something that a user gave.

    Raises:
        ValueError: An amount is negative or no number.
    """
    try:
        amounts = _amounts(usage)
    except (OverflowError, ValueError) as error:  # infinite, or not a number
        raise ValueError(f"amounts make no sense: {usage}") from error
    if min(amounts) < 0:
        raise ValueError(f"amounts cannot be negative: {usage}")
    return amounts


def _usage(amounts: list[int]) -> Usage:
    return Usage(
        rounds=amounts[_ROUNDS],
        attempts=amounts[_ATTEMPTS],
        calls=amounts[_CALLS],
        prompt_tokens=amounts[_PROMPT],
        completion_tokens=amounts[_COMPLETION],
        cost_usd=amounts[_COST] / _PICO,
    )


class Reservation:
    """An amount set aside for one call. It ends once: settled, released, or booked as unconfirmed."""

    __slots__ = ("_amounts", "_is_open", "_ledger")

    def __init__(self, ledger: Ledger, amounts: list[int]) -> None:
        self._ledger, self._amounts, self._is_open = ledger, amounts, True

    @property
    def is_open(self) -> bool:
        """Whether it still sets something aside."""
        return self._is_open

    @property
    def amount(self) -> Usage:
        """What was set aside."""
        return _usage(self._amounts)

    def settle(self, bill: Usage) -> None:
        """Replace the reservation by what was really spent, which may be more.

        Raises:
            RuntimeError: It ended before.
            ValueError: The bill is negative or no number; the reservation stands.
        """
        self._end(spent=_checked_amounts(bill))

    def release(self) -> None:
        """Give everything back: the call never happened.

        Raises:
            RuntimeError: It ended before.
        """
        self._end()

    def book_unconfirmed(self) -> None:
        """Book the call as made and the rest of the worst case as unconfirmed: no bill ever came back.

        Raises:
            RuntimeError: It ended before.
        """
        confirmed = [0] * 6
        confirmed[_CALLS] = self._amounts[_CALLS]
        unconfirmed = list(self._amounts)
        unconfirmed[_CALLS] = 0
        self._end(spent=confirmed, unconfirmed=unconfirmed)

    def _end(self, *, spent: list[int] | None = None, unconfirmed: list[int] | None = None) -> None:
        if not self._is_open:
            raise RuntimeError("a reservation ends only once")
        self._is_open = False
        self._ledger._close(self._amounts, spent, unconfirmed)


class _Waiter:
    """A reservation that waits for others to end."""

    __slots__ = ("amounts", "blocked_amounts", "is_called", "ledger", "refused_for", "reservation")

    def __init__(self, ledger: Ledger, amounts: list[int]) -> None:
        self.ledger, self.amounts = ledger, amounts
        self.is_called = anyio.Event()
        self.reservation: Reservation | None = None
        self.refused_for: str | None = None
        self.blocked_amounts: tuple[int, ...] = ()
        """The amounts as the ledger in whose queue it stands sees them."""

    def try_again(self) -> bool:
        """Reserve, or be refused, or queue at the ledger that is in the way (False)."""
        blocked = self.ledger._blocking(self.amounts)
        if blocked is None:
            self.reservation = self.ledger._hold(self.amounts)
        else:
            self.refused_for = self.ledger._never_fits(self.amounts)
            if self.refused_for is None:
                ledger, _, amounts = blocked
                self.blocked_amounts = tuple(amounts)
                ledger._waiters.append(self)
                return False
        self.is_called.set()
        return True

    def give_up(self) -> None:
        """Leave the queue; a reservation that was just made for it goes to whoever is next."""
        if self.reservation is not None:
            self.reservation.release()
            return
        at: Ledger | None = self.ledger
        while at:
            if self in at._waiters:
                at._waiters.remove(self)
            at = at._parent


class Ledger:
    """Books of one run, batch or session.

    A ledger belongs to one event loop at a time.

    Args:
        budget: Its limits.
        parent: The ledger that everything spent here is charged to as well.
        charges_rounds: Whether rounds and attempts are charged to the parent too. A loop nested in a node of
            another loop does not: its rounds are not rounds of the outer loop.
        clock: For the limit on seconds, which runs from now.
    """

    __slots__ = (
        "_charges_rounds",
        "_held",
        "_limits",
        "_parent",
        "_spent",
        "_unconfirmed",
        "_waiters",
        "budget",
        "clock",
        "started",
    )

    def __init__(
        self,
        budget: Budget | None = None,
        *,
        parent: Ledger | None = None,
        charges_rounds: bool = True,
        clock: Clock | None = None,
    ) -> None:
        self.budget = budget or Budget()
        self.clock: Clock = clock or (parent.clock if parent else SystemClock())
        self.started = self.clock.now()
        self._parent = parent
        self._charges_rounds = charges_rounds
        self._limits = _limits(self.budget)
        self._spent = [0] * 6
        self._unconfirmed = [0] * 6
        self._held = [0] * 6
        self._waiters: list[_Waiter] = []

    @property
    def spent(self) -> Usage:
        """What was spent for certain: the sum of all bills."""
        return _usage(self._spent)

    @property
    def unconfirmed(self) -> Usage:
        """Worst cases of calls whose bill never came back (time-outs, lost connections). Counts in limits."""
        return _usage(self._unconfirmed)

    @property
    def reserved(self) -> Usage:
        """What is set aside for calls in flight."""
        return _usage(self._held)

    def seconds_left(self) -> float | None:
        """Seconds until the nearest deadline of this ledger and those above it; None if there is none."""
        own = None
        if self.budget.seconds is not None:
            own = self.started + self.budget.seconds - self.clock.now()
        above = self._parent.seconds_left() if self._parent else None
        return min((left for left in (own, above) if left is not None), default=None)

    def limits(self, resource: str) -> bool:
        """Whether this ledger or one above it sets a limit on a field of ``Budget``."""
        here = getattr(self.budget, resource) is not None
        return here or (self._parent is not None and self._parent.limits(resource))

    async def reserve(self, worst_case: Usage) -> Reservation:
        """Set an amount aside, waiting for others to settle if it fits only then.

        What becomes free goes to those that wait in the order in which they came, as far as it fits.

        Raises:
            LimitReached: It can never fit, since what is spent does not come back.
            ValueError: An amount is negative or no number.
        """
        amounts = _checked_amounts(worst_case)
        if self._blocking(amounts) is None:
            return self._hold(amounts)
        waiter = _Waiter(self, amounts)
        if not waiter.try_again():
            try:
                await waiter.is_called.wait()
            except BaseException:
                waiter.give_up()
                raise
        if waiter.reservation is None:
            raise LimitReached(str(waiter.refused_for))
        return waiter.reservation

    def reserve_now(self, amount: Usage) -> Reservation:
        """Set an amount aside without waiting.

        Raises:
            LimitReached: It does not fit at this moment.
            ValueError: An amount is negative or no number.
        """
        amounts = _checked_amounts(amount)
        blocked = self._blocking(amounts)
        if blocked is not None:
            raise LimitReached(blocked[1])
        return self._hold(amounts)

    def _hold(self, amounts: list[int]) -> Reservation:
        self._change_held(amounts, 1)
        return Reservation(self, amounts)

    def _blocking(self, amounts: list[int]) -> tuple[Ledger, str, list[int]] | None:
        """The ledger and limit into which an amount does not fit for now, and the amount as seen there."""
        for resource, indices, limit in self._limits:
            spent = held = wanted = 0
            for i in indices:
                spent += self._spent[i] + self._unconfirmed[i]
                held += self._held[i]
                wanted += amounts[i]
            # An amount of nothing does not fit either where a bill has overrun the limit: who overruns it
            # may be a generator that announces nothing, and it would go on for ever.
            if spent > limit or (wanted and spent + held + wanted > limit):
                return self, resource, amounts
        return self._parent._blocking(self._for_parent(amounts)) if self._parent else None

    def _never_fits(self, amounts: list[int]) -> str | None:
        """The limit, here or above, into which an amount will not fit whatever is released."""
        for resource, indices, limit in self._limits:
            final = sum(self._spent[i] + self._unconfirmed[i] + amounts[i] for i in indices)
            if final > limit:
                return resource
        return self._parent._never_fits(self._for_parent(amounts)) if self._parent else None

    def _close(self, held: list[int], spent: list[int] | None, unconfirmed: list[int] | None) -> None:
        if spent is not None:
            self._book(spent, unconfirmed)
        self._change_held(held, -1)

    def _change_held(self, amounts: list[int], sign: int) -> None:
        _add(self._held, amounts, sign)
        if self._parent:
            self._parent._change_held(self._for_parent(amounts), sign)
        if sign < 0 and self._waiters:
            self._serve_waiters()

    def _serve_waiters(self) -> None:
        waiters, self._waiters = self._waiters, []
        too_much: set[tuple[int, ...]] = set()
        for waiter in waiters:
            if waiter.blocked_amounts in too_much:
                self._waiters.append(waiter)
            elif not waiter.try_again() and waiter in self._waiters[-1:]:
                too_much.add(waiter.blocked_amounts)

    def _book(self, spent: list[int], unconfirmed: list[int] | None) -> None:
        _add(self._spent, spent)
        if unconfirmed is not None:
            _add(self._unconfirmed, unconfirmed)
        if self._parent:
            above = None if unconfirmed is None else self._for_parent(unconfirmed)
            self._parent._book(self._for_parent(spent), above)

    def _for_parent(self, amounts: list[int]) -> list[int]:
        return amounts if self._charges_rounds else [0, 0, *amounts[_CALLS:]]


def _limits(budget: Budget) -> tuple[tuple[str, tuple[int, ...], int], ...]:
    """The limits that are set, as (name in Budget, indices that add up to it, limit)."""
    cost = None if budget.cost_usd is None else _picodollars(budget.cost_usd)
    rows = (
        ("rounds", (_ROUNDS,), budget.rounds),
        ("attempts", (_ATTEMPTS,), budget.attempts),
        ("calls", (_CALLS,), budget.calls),
        ("tokens", (_PROMPT, _COMPLETION), budget.tokens),
        ("cost_usd", (_COST,), cost),
    )
    return tuple((name, indices, limit) for name, indices, limit in rows if limit is not None)
