"""Tries again when transport fails, with back-off. The critics know nothing of it: retries are no rounds."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, TypeVar

from modulo.clock import Clock
from modulo.errors import ConfigurationError, TransientGenerationError
from modulo.events import Retry
from modulo.ledger import Ledger
from modulo.logs import warn
from modulo.numeric import is_number, is_whole_number
from modulo.running.reporting import Reporter

if TYPE_CHECKING:
    import tenacity

__all__ = ["Retrier", "Retries"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """How calls that fail in transport are tried again.

    Attributes:
        max_tries: Tries in all, the first included.
        base_seconds: Longest first wait; it doubles with each further try (full jitter: the wait is drawn
            evenly between 0 and this).
        max_wait_seconds: Longest wait between two tries. A provider that asks for more ends the tries.

    Raises:
        ConfigurationError: A number makes no sense.
    """

    max_tries: int = 5
    base_seconds: float = 1.0
    max_wait_seconds: float = 60.0

    def __post_init__(self) -> None:
        waits = (self.base_seconds, self.max_wait_seconds)
        if not is_whole_number(self.max_tries) or self.max_tries < 1:
            raise ConfigurationError(f"retries: max_tries must be a whole number of at least 1: {self}")
        if not all(is_number(wait) and wait >= 0 for wait in waits):
            raise ConfigurationError(f"retries: waits must be finite numbers of at least 0: {self}")


class Retrier:
    """Makes the tries after a first one that failed.

    Args:
        retries: How to try again.
        ledger: For the time that is left.
        clock: For waiting between tries.
        seed: For the jitter.
        reporter: Takes the events.
    """

    def __init__(
        self, retries: Retries, *, ledger: Ledger, clock: Clock, seed: int, reporter: Reporter
    ) -> None:
        self._retries = retries
        self._ledger = ledger
        self._clock = clock
        self._seed = seed
        self._random: Random | None = None
        self._reporter = reporter

    async def again(
        self, call: Callable[[], Awaitable[T]], attempt: int, first_failure: TransientGenerationError
    ) -> T:
        """What the first try that succeeds gives.

        Args:
            call: Makes one try.
            attempt: The attempt that it is for.
            first_failure: What the first try raised.

        Raises:
            TransientGenerationError: The last failure, when there is no try left.
        """
        import tenacity  # most calls succeed at once and never load or pay for it

        failures = [first_failure]

        async def next_try() -> T:
            if failures:
                raise failures.pop()
            return await call()

        retrying = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception_type(TransientGenerationError),
            wait=self._wait_seconds,
            stop=self._gives_up,
            sleep=self._clock.sleep,
            before_sleep=lambda state: self._announce(attempt, state),
            reraise=True,
        )
        return await retrying(next_try)

    def _wait_seconds(self, state: tenacity.RetryCallState) -> float:
        """Back-off with full jitter; on top of what the provider asks for, so that callers spread out."""
        if self._random is None:
            self._random = Random(self._seed)  # noqa: S311  waits between retries are no secret
        longest = min(
            self._retries.base_seconds * 2.0 ** (state.attempt_number - 1), self._retries.max_wait_seconds
        )
        return self._random.uniform(0, longest) + (_failure(state).retry_after_seconds or 0.0)

    def _gives_up(self, state: tenacity.RetryCallState) -> bool:
        """No tries left, too long a wait asked for, or no time left to wait in."""
        asked = _failure(state).retry_after_seconds or 0.0
        left = self._ledger.seconds_left()
        return (
            state.attempt_number >= self._retries.max_tries
            or asked > self._retries.max_wait_seconds
            or (left is not None and state.upcoming_sleep >= left)
        )

    def _announce(self, attempt: int, state: tenacity.RetryCallState) -> None:
        failure = _failure(state)
        warn("generation_retried", kind=failure.kind, failed_tries=state.attempt_number)
        if self._reporter.emit:
            self._reporter.emit(
                Retry(
                    at=self._reporter.elapsed(),
                    attempt=attempt,
                    failed_tries=state.attempt_number,
                    kind=failure.kind,
                    message=str(failure),
                    wait_seconds=state.upcoming_sleep,
                )
            )


def _failure(state: tenacity.RetryCallState) -> TransientGenerationError:
    assert state.outcome is not None
    error = state.outcome.exception()
    assert isinstance(error, TransientGenerationError)
    return error
