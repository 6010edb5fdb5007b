"""How many calls a model gets at once and per minute."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio

from modulo.clock import Clock, SystemClock
from modulo.errors import ConfigurationError
from modulo.numeric import is_number, is_whole_number

__all__ = ["ModelLimits"]

_SECONDS_PER_MINUTE = 60.0


class ModelLimits:
    """Limits on the calls to one model, to be shared by all generators that use it.

    Calls beyond a limit wait for their turn, in the order in which they came. Calls per minute are spread
    evenly: after a quiet time there is no burst, which is what providers with limits per second ask for.

    Args:
        concurrency: Calls in flight at the same time; None means any number.
        requests_per_minute: Calls begun in a minute; None means any number.
        clock: Time, for tests.

    Raises:
        ConfigurationError: A limit is no number above 0.
    """

    def __init__(
        self,
        *,
        concurrency: int | None = None,
        requests_per_minute: float | None = None,
        clock: Clock | None = None,
    ) -> None:
        if concurrency is not None and not (is_whole_number(concurrency) and concurrency > 0):
            raise ConfigurationError(
                f"model limits: concurrency must be a whole number above 0, not {concurrency!r}"
            )
        per_minute = requests_per_minute
        if per_minute is not None and not (is_number(per_minute) and per_minute > 0):
            raise ConfigurationError(
                f"model limits: requests_per_minute must be a finite number above 0, not {per_minute!r}"
            )
        self.concurrency = concurrency
        self.requests_per_minute = requests_per_minute
        self._clock = clock or SystemClock()
        self._seats: anyio.Semaphore | None = None
        self._next_start = 0.0

    def __repr__(self) -> str:
        return f"ModelLimits(concurrency={self.concurrency}, requests_per_minute={self.requests_per_minute})"

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[bool]:
        """Wait for a turn, and hold a seat while inside. One object serves one event loop.

        What it gives is whether there was anything to wait for.
        """
        if self.concurrency is None:
            yield await self._wait_for_start()
            return
        if self._seats is None:
            # Not before the first turn: a semaphore belongs to the loop that it is made in.
            self._seats = anyio.Semaphore(self.concurrency, fast_acquire=True)
        had_to_queue = not self._seats.value
        async with self._seats:
            had_to_wait = await self._wait_for_start()
            yield had_to_queue or had_to_wait

    async def _wait_for_start(self) -> bool:
        if self.requests_per_minute is None:
            return False
        now = self._clock.now()
        start = max(now, self._next_start)
        # A call that is cancelled while it waits leaves its start unused: a limit is an upper bound.
        self._next_start = start + _SECONDS_PER_MINUTE / self.requests_per_minute
        if start <= now:
            return False
        await self._clock.sleep(start - now)
        return True
