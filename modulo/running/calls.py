"""Calls to generators: reserved before, settled after, retried when transport fails.

Each try is a call of its own in the ledger, whether it fails, is cancelled or succeeds. Retries of transport
are no rounds: the critics know nothing of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random
from typing import TYPE_CHECKING, TypeAlias

import anyio

from modulo.budget import Ledger, Reservation, Usage
from modulo.clock import Clock
from modulo.errors import Billing, ConfigurationError, GenerationError, LimitReached, TransientGenerationError
from modulo.events import BudgetRefused, BudgetReserved, BudgetSettled, Event, Retry
from modulo.protocols import Generation, Generator, Request

if TYPE_CHECKING:
    import tenacity

__all__ = ["Answer", "Caller", "Retries"]

Answer: TypeAlias = Generation | GenerationError
"""What became of one sample: a generation, or why there is none."""


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
        if self.max_tries < 1 or self.base_seconds < 0 or self.max_wait_seconds < 0:
            raise ConfigurationError(f"retries make no sense: {self}")


class Caller:
    """Makes the calls of one run.

    Args:
        ledger: Books of the run.
        clock: For waiting between tries.
        retries: How to try again.
        random: For the jitter.
        emit: Takes the events; None if nobody listens.
        elapsed: Seconds since the run started, for the events.
    """

    def __init__(
        self,
        *,
        ledger: Ledger,
        clock: Clock,
        retries: Retries,
        random: Random,
        emit: Callable[[Event], None] | None,
        elapsed: Callable[[], float],
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._retries = retries
        self._random = random
        self._emit = emit
        self._elapsed = elapsed
        self.calls_started = 0

    async def answers(self, generator: Generator, request: Request, attempt: int, samples: int) -> list[Answer]:
        """Answers to one request, in order, as many as asked for.

        Where the provider gives fewer samples than asked for in one call, the rest are asked one by one.

        Raises:
            LimitReached: Not even one call fits the budget.
        """
        per_call = 1 if samples == 1 else max(1, generator.samples_per_call(request))
        first = await self._answers_of_one_call(generator, request, attempt, min(samples, per_call))
        missing = samples - len(first)
        if not missing:
            return first
        return first + await self._one_by_one(generator, request, attempt + len(first), missing)

    async def _one_by_one(
        self, generator: Generator, request: Request, attempt: int, samples: int
    ) -> list[Answer]:
        found: dict[int, list[Answer]] = {}
        turn = request.turn + 1

        async def ask(i: int) -> None:
            try:
                again = replace(request, turn=turn + i)
                found[i] = await self._answers_of_one_call(generator, again, attempt + i, 1)
            except LimitReached:
                found[i] = []  # some samples fitted; those that did not are simply not there

        async with anyio.create_task_group() as tasks:
            for i in range(samples):
                tasks.start_soon(ask, i)
        return [answer for i in range(samples) for answer in found[i]]

    async def _answers_of_one_call(
        self, generator: Generator, request: Request, attempt: int, samples: int
    ) -> list[Answer]:
        try:
            return await self._try(generator, request, attempt, samples)
        except TransientGenerationError as error:
            failure = error
        except GenerationError as error:
            return [error]
        try:
            return await self._try_again(generator, request, attempt, samples, failure)
        except GenerationError as error:
            return [error]
        except LimitReached:
            return [failure]  # a first try was made, so the attempt is one that failed

    async def _try_again(
        self,
        generator: Generator,
        request: Request,
        attempt: int,
        samples: int,
        first_failure: TransientGenerationError,
    ) -> list[Answer]:
        """The tries after the first one. Most calls succeed at once and never load or pay for tenacity."""
        import tenacity

        failures = [first_failure]

        async def next_try() -> list[Answer]:
            if failures:
                raise failures.pop()
            return await self._try(generator, request, attempt, samples)

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
        if self._emit:
            failure = _failure(state)
            self._emit(
                Retry(
                    at=self._elapsed(),
                    attempt=attempt,
                    failed_tries=state.attempt_number,
                    kind=failure.kind,
                    message=str(failure),
                    wait_seconds=state.upcoming_sleep,
                )
            )

    async def _try(self, generator: Generator, request: Request, attempt: int, samples: int) -> list[Answer]:
        """One call, reserved and settled."""
        worst_case = generator.worst_case(request, samples)
        try:
            reservation = await self._ledger.reserve(worst_case)
        except LimitReached as limit:
            self._announce_refusal(attempt, worst_case, limit)
            raise
        if self._emit:
            self._emit(BudgetReserved(at=self._elapsed(), attempt=attempt, amount=reservation.amount))
        self.calls_started += 1
        try:
            generations = await _call(generator, request, samples)
        except GenerationError as error:
            self._settle(reservation, attempt, None if error.billing is Billing.UNKNOWN else Usage(calls=1))
            raise
        except BaseException:  # cancelled: the provider may well have answered and billed
            self._settle(reservation, attempt, None)
            raise
        self._settle(reservation, attempt, generations[0].usage)
        return list(generations[:samples])

    def _announce_refusal(self, attempt: int, amount: Usage, limit: LimitReached) -> None:
        if self._emit:
            refused = BudgetRefused(
                at=self._elapsed(), attempt=attempt, amount=amount, resource=limit.resource
            )
            self._emit(refused)

    def _settle(self, reservation: Reservation, attempt: int, bill: Usage | None) -> None:
        unconfirmed = None
        if bill is None:
            reservation.book_unconfirmed()
            bill, unconfirmed = Usage(calls=1), reservation.amount
        else:
            reservation.settle(bill)
        if self._emit:
            self._emit(
                BudgetSettled(at=self._elapsed(), attempt=attempt, bill=bill, unconfirmed=unconfirmed)
            )


def _failure(state: tenacity.RetryCallState) -> TransientGenerationError:
    assert state.outcome is not None
    error = state.outcome.exception()
    assert isinstance(error, TransientGenerationError)
    return error


async def _call(generator: Generator, request: Request, samples: int) -> tuple[Generation, ...]:
    try:
        if samples == 1:
            generations: tuple[Generation, ...] = (await generator.generate(request),)
        else:
            generations = tuple(await generator.generate_samples(request, samples))
    except GenerationError:
        raise
    except Exception as error:  # a user's generator may raise anything
        message = f"generator {request.node!r} failed: {type(error).__name__}: {error}"
        raise GenerationError(message, billing=Billing.UNKNOWN) from error
    if not generations or not all(isinstance(generation, Generation) for generation in generations):
        raise GenerationError(f"generator {request.node!r} returned no Generation", billing=Billing.UNKNOWN)
    return generations

