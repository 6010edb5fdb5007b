"""The ledger: books that keep spending within limits under concurrency.

Whoever wants to spend reserves the worst case first. A reservation fits only if everything spent, everything
reserved by others and the new worst case together stay within every limit of every ledger up to the root
(run ⊂ batch ⊂ session). Settling replaces the reservation by the bill; what was not used is free again.
"""

from __future__ import annotations

from collections.abc import Sequence
from threading import get_ident
from typing import Final

import anyio
import anyio.lowlevel
from msgspec import Struct
from msgspec.structs import replace

from modulo.amount import COST, Amount, limits_of, usage_of
from modulo.budget import PICO, Budget, Usage
from modulo.clock import Clock, SystemClock
from modulo.errors import ConfigurationError, LimitReached

__all__ = ["Ledger", "Reservation", "book_unlimited"]


class Reservation(Struct, eq=False, gc=False):
    """An amount set aside for one call. It ends once: settled, released, or booked as unconfirmed."""

    # The garbage collector need not look at it: only a waiter holds one, and leaves its queue before it is done.
    _ledger: Ledger
    _amount: Amount
    _is_open: bool = True

    @property
    def is_open(self) -> bool:
        """Whether it still sets something aside."""
        return self._is_open

    @property
    def amount(self) -> Usage:
        """What was set aside."""
        return self._amount.usage

    def settle(self, bill: Usage | Amount) -> None:
        """Replace the reservation by what was really spent, which may be more.

        Raises:
            RuntimeError: It ended before.
            ValueError: The bill is negative or no number; the reservation stands.
        """
        self._ledger._close(self, bill if isinstance(bill, Amount) else Amount(bill), None)

    def release(self) -> None:
        """Give everything back: the call never happened.

        Raises:
            RuntimeError: It ended before.
        """
        self._ledger._close(self, None, None)

    def book_unconfirmed(self) -> None:
        """Book the call as made and the rest of the worst case as unconfirmed: no bill ever came back.

        Raises:
            RuntimeError: It ended before.
        """
        worst_case = self._amount.usage
        confirmed = Usage(calls=worst_case.calls)
        self._ledger._close(self, Amount(confirmed), Amount(replace(worst_case, calls=0)))


class _Waiter:
    """A reservation that waits for others to end."""

    __slots__ = ("amount", "blocked_amount", "is_called", "ledger", "reservation")

    def __init__(self, ledger: Ledger, amount: Amount) -> None:
        self.ledger, self.amount = ledger, amount
        self.is_called = anyio.Event()
        self.reservation: Reservation | None = None
        self.blocked_amount: tuple[int, ...] = ()
        """The amount as the ledger in whose queue it stands sees it."""

    def try_again(self) -> bool:
        """Reserve, or be refused, or queue at the ledger that is in the way (False)."""
        blocked = self.ledger._blocking(self.amount)
        if blocked is None:
            self.reservation = self.ledger._hold(self.amount)
        elif self.ledger._never_fits(self.amount) is None:
            ledger, _, amount = blocked
            self.blocked_amount = amount.counts
            ledger._queue().append(self)
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
            if at._waiters and self in at._waiters:
                at._waiters.remove(self)
            at = at._parent


class Ledger:
    """Books of one run, batch or session.

    A ledger belongs to one thread, and so to one event loop, as long as anything is reserved in it: who waits
    in one loop could not be woken from another.

    Args:
        budget: Its limits.
        parent: The ledger that everything spent here is charged to as well.
        charges_rounds: Whether rounds and attempts are charged to the parent too. A loop nested in a node of
            another loop does not: its rounds are not rounds of the outer loop.
        clock: For the limit on seconds, which runs from now; by default the parent's, or the machine's.

    Attributes:
        budget: Its limits.
        clock: Its clock.
        started: When it was made, by that clock.

    Raises:
        ConfigurationError: The budget is no ``Budget``, or the parent no ``Ledger``.
    """

    __slots__ = (
        "_charges_rounds",
        "_held",
        "_limits",
        "_parent",
        "_reservations",
        "_spent",
        "_thread",
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
        _check_parts(budget, parent)
        self.budget = budget or Budget()
        self.clock: Clock = clock or (parent.clock if parent else SystemClock())
        self.started = self.clock.now()
        self._parent = parent
        self._charges_rounds = charges_rounds
        self._limits = limits_of(self.budget)
        self._spent = [0] * 7
        self._held = [0] * 7
        # Nearly all runs end without either, and ten thousand at once keep the garbage collector busy.
        self._unconfirmed: Sequence[int] = _NOTHING
        self._waiters: list[_Waiter] | None = None
        self._reservations = 0
        self._thread = 0

    @property
    def spent(self) -> Usage:
        """What was spent for certain: the sum of all bills."""
        return usage_of(self._spent)

    @property
    def unconfirmed(self) -> Usage:
        """Worst cases of calls whose bill never came back (time-outs, lost connections). Counts in limits."""
        return usage_of(self._unconfirmed)

    @property
    def reserved(self) -> Usage:
        """What is set aside for calls in flight."""
        return usage_of(self._held)

    def seconds_left(self) -> float | None:
        """Seconds until the nearest deadline of this ledger and those above it; None if there is none."""
        own = None
        if self.budget.seconds is not None:
            own = self.started + self.budget.seconds - self.clock.now()
        above = self._parent.seconds_left() if self._parent else None
        if own is None or above is None:
            return above if own is None else own
        return min(own, above)

    def left(self, resource: str) -> float | None:
        """What this ledger's own limit on a field of ``Budget`` leaves to be spent; None if it sets none.

        Time is not spent, so it is not told here.
        """
        for name, i, limit in self._limits:
            if name == resource:
                left = limit - self._spent[i] - self._unconfirmed[i]
                return left / PICO if i == COST else left
        return None

    def extend(self, usage: Usage) -> None:
        """Raise each limit by what stands in the books already, and is about to be booked a second time."""
        counts = Amount(usage).counts
        self._limits = tuple([(name, i, limit + counts[i]) for name, i, limit in self._limits])

    def limits(self, resource: str) -> bool:
        """Whether this ledger or one above it sets a limit on a field of ``Budget``."""
        here = getattr(self.budget, resource) is not None
        return here or (self._parent is not None and self._parent.limits(resource))

    async def reserve(self, worst_case: Usage | Amount) -> Reservation:
        """Set an amount aside, waiting for others to settle if it fits only then.

        What becomes free goes to those that wait in the order in which they came, as far as it fits.

        Raises:
            LimitReached: It can never fit, since what is spent does not come back.
            ValueError: An amount is negative or no number.
            ConfigurationError: Another thread has something reserved here.
        """
        amount = worst_case if isinstance(worst_case, Amount) else Amount(worst_case)
        while self._blocking(amount) is not None:
            self._check_thread()
            waiter = _Waiter(self, amount)
            if not waiter.try_again():
                try:
                    await waiter.is_called.wait()
                    # Who was called and cancelled at the same moment must not begin anything any more.
                    await anyio.lowlevel.checkpoint_if_cancelled()
                except BaseException:
                    waiter.give_up()
                    raise
            if waiter.reservation is None:
                # As of now, since a replay asks now: more may have been spent since the waiter was called.
                raise LimitReached(str(self._never_fits(amount)))
            if not self._is_overrun():
                return waiter.reservation
            # A bill overran a limit since it was called, so it is as if it had not been yet.
            waiter.reservation.release()
        return self._hold(amount)

    def reserve_now(self, amount: Usage | Amount) -> Reservation:
        """Set an amount aside without waiting.

        Raises:
            LimitReached: It does not fit at this moment.
            ValueError: An amount is negative or no number.
            ConfigurationError: Another thread has something reserved here.
        """
        amount = amount if isinstance(amount, Amount) else Amount(amount)
        self.hold_now(amount)
        return Reservation(self, amount)

    def reserve_if_free(self, amount: Amount) -> Reservation | None:
        """Set an amount aside if it fits at this moment, as ``reserve`` does then without waiting.

        Raises:
            ConfigurationError: Another thread has something reserved here.
        """
        if self._blocking(amount):
            return None
        self._set_aside_here(amount)
        return Reservation(self, amount)

    def hold_now(self, amount: Amount) -> None:
        """Set an amount aside as ``reserve_now`` does, for who surely ends it with ``end_hold``, and only once.

        Raises:
            LimitReached: It does not fit at this moment.
            ConfigurationError: Another thread has something reserved here.
        """
        blocked = self._blocking(amount)
        if blocked is not None:
            raise LimitReached(self._never_fits(amount) or blocked[1])
        self._set_aside_here(amount)

    def end_hold(self, held: Amount, spent: Amount | None, unconfirmed: Amount | None = None) -> None:
        """Let go of what was held, here and above, and book what was spent in its place."""
        self._reservations -= 1
        for i, count in held.parts:
            self._held[i] -= count
        if spent is not None:
            for i, count in spent.parts:
                self._spent[i] += count
        if unconfirmed is not None:
            sums = list(self._unconfirmed)
            for i, count in unconfirmed.parts:
                sums[i] += count
            self._unconfirmed = sums
        if self._parent:
            self._parent.end_hold(
                self._for_parent(held),
                spent and self._for_parent(spent),
                unconfirmed and self._for_parent(unconfirmed),
            )
        if self._waiters:
            self._serve_waiters()

    def _spend(self, amount: Amount) -> None:
        for i, count in amount.parts:
            self._spent[i] += count
        if self._parent:
            self._parent._spend(self._for_parent(amount))

    def _hold(self, amount: Amount) -> Reservation:
        self._set_aside_here(amount)
        return Reservation(self, amount)

    def _set_aside_here(self, amount: Amount) -> None:
        if self._parent or self._thread != get_ident():
            self._check_thread()
        self._set_aside(amount)

    def _blocking(self, amount: Amount) -> tuple[Ledger, str, Amount] | None:
        """The ledger and limit into which an amount does not fit for now, and the amount as seen there."""
        counts = amount.counts
        for resource, i, limit in self._limits:
            spent, wanted = self._spent[i] + self._unconfirmed[i], counts[i]
            # An amount of nothing does not fit either where a bill has overrun the limit: who overruns it
            # may be a generator that announces nothing, and it would go on for ever.
            if spent > limit or (wanted and spent + self._held[i] + wanted > limit):
                return self, resource, amount
        return self._parent._blocking(self._for_parent(amount)) if self._parent else None

    def _never_fits(self, amount: Amount) -> str | None:
        """The limit, here or above, into which an amount will not fit whatever is released."""
        for resource, i, limit in self._limits:
            if self._spent[i] + self._unconfirmed[i] + amount.counts[i] > limit:
                return resource
        return self._parent._never_fits(self._for_parent(amount)) if self._parent else None

    def _is_overrun(self) -> bool:
        """Whether what is spent and held exceeds a limit, here or above; only bills can bring that about."""
        for _, i, limit in self._limits:
            if self._spent[i] + self._unconfirmed[i] + self._held[i] > limit:
                return True
        return self._parent is not None and self._parent._is_overrun()

    def _set_aside(self, amount: Amount) -> None:
        self._reservations += 1
        for i, count in amount.parts:
            self._held[i] += count
        if self._parent:
            self._parent._set_aside(self._for_parent(amount))

    def _close(self, reservation: Reservation, spent: Amount | None, unconfirmed: Amount | None) -> None:
        """End a reservation: book what was spent, here and above, and let go of what was held."""
        if not reservation._is_open:
            raise RuntimeError("a reservation ends only once")
        reservation._is_open = False
        self.end_hold(reservation._amount, spent, unconfirmed)

    def _check_thread(self) -> None:
        """Take over an idle ledger from another thread, together with those above it."""
        if self._parent:
            self._parent._check_thread()
        if self._thread != get_ident():
            if self._reservations or self._waiters:
                raise ConfigurationError(
                    "this ledger is in use in another thread; give each thread a ledger of its own, "
                    "or run everything that shares one in a single event loop"
                )
            self._thread = get_ident()

    def _serve_waiters(self) -> None:
        waiters, self._waiters = self._queue(), []
        too_much: set[tuple[int, ...]] = set()
        for waiter in waiters:
            if waiter.blocked_amount in too_much:
                self._queue().append(waiter)
            elif not waiter.try_again() and waiter in self._queue()[-1:]:
                too_much.add(waiter.blocked_amount)

    def _queue(self) -> list[_Waiter]:
        if self._waiters is None:
            self._waiters = []
        return self._waiters

    def _for_parent(self, amount: Amount) -> Amount:
        return amount if self._charges_rounds else amount.without_rounds


def _check_parts(budget: object, parent: object) -> None:
    if budget is not None and not isinstance(budget, Budget):
        raise ConfigurationError(f"a Ledger takes a Budget, as in Ledger(Budget(cost_usd=5)), not {budget!r}")
    if parent is not None and not isinstance(parent, Ledger):
        raise ConfigurationError(f"a Ledger's parent is a Ledger, not a {type(parent).__name__}")


_NOTHING: Final = (0,) * 7


def book_unlimited(ledger: Ledger, amount: Amount) -> None:
    """Book something that no limit is on, here or above, so that nothing had to be set aside for it."""
    ledger._spend(amount)
