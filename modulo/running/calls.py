"""Calls to generators: reserved before, settled after, retried when transport fails.

Each try is a call of its own in the ledger, whether it fails, is cancelled or succeeds. Retries of transport
are no rounds: the critics know nothing of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from msgspec.structs import replace

from modulo.budget import Usage
from modulo.clock import Clock
from modulo.errors import Billing, ConfigurationError, GenerationError, LimitReached, TransientGenerationError
from modulo.events import BudgetRefused, BudgetReserved, BudgetSettled, Event, Retry
from modulo.ledger import Ledger, Reservation
from modulo.logs import warn
from modulo.protocols import Generation, Generator, Request
from modulo.running.failures import is_failure
from modulo.running.place import At, active_place
from modulo.running.script import Script
from modulo.running.together import run_together

if TYPE_CHECKING:
    import tenacity

__all__ = ["Answer", "Caller", "Retries"]

T = TypeVar("T")

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
        waits = (self.base_seconds, self.max_wait_seconds)
        if not isinstance(self.max_tries, int) or self.max_tries < 1:
            raise ConfigurationError(f"retries: max_tries must be a whole number of at least 1: {self}")
        if not all(isinstance(wait, (int, float)) and 0 <= wait < math.inf for wait in waits):
            raise ConfigurationError(f"retries: waits must be finite numbers of at least 0: {self}")


class Caller:
    """Makes the calls of one run.

    Args:
        ledger: Books of the run.
        clock: For waiting between tries.
        retries: How to try again.
        random: For the jitter.
        emit: Takes the events; None if nobody listens.
        elapsed: Seconds since the run started, for the events.
        script: The recorded course to follow, in a replay.
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
        script: Script | None = None,
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._retries = retries
        self._random = random
        self._emit = emit
        self._elapsed = elapsed
        self._script = script

    async def answers(
        self, generator: Generator, request: Request, attempt: int, samples: int
    ) -> list[Answer | None]:
        """Answers to one request, in order, as many as asked for; None for those that do not fit the budget.

        Where the provider gives fewer samples than asked for in one call, the rest are asked one by one.

        Raises:
            LimitReached: Not even one call fits the budget.
        """
        try:
            per_call = 1 if samples == 1 else _said(request, generator.samples_per_call, request)
        except GenerationError as error:
            return [error]
        first = await self._answers_of_one_call(generator, request, attempt, max(1, min(samples, per_call)))
        rest = range(len(first), samples)
        return [*first, *await self._one_by_one(generator, request, attempt, rest)] if rest else [*first]

    async def _one_by_one(
        self, generator: Generator, request: Request, attempt: int, samples: range
    ) -> list[Answer | None]:
        found: dict[int, Answer | None] = dict.fromkeys(samples)

        async def ask(i: int) -> None:
            again = replace(request, turn=request.turn + i)
            try:
                (found[i],) = await self._answers_of_one_call(generator, again, attempt + i, 1)
            except LimitReached:
                return  # some samples fitted; those that did not are simply not there

        await run_together(partial(ask, i) for i in samples)
        return list(found.values())

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
        failure = _failure(state)
        warn("generation_retried", kind=failure.kind, failed_tries=state.attempt_number)
        if self._emit:
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
        reservation = await self._reserve(generator, request, attempt, samples)
        bill = None  # cancelled, or lost on the way: the provider may well have answered and billed
        try:
            if self._emit:
                self._emit(BudgetReserved(at=self._elapsed(), attempt=attempt, amount=reservation.amount))
            with At.attempt(attempt, in_a_call=True):
                generations = await _call(generator, request, samples)
            bill = _bill_of(generations[0], request)
        except GenerationError as error:
            bill = None if error.billing is Billing.UNKNOWN else Usage(calls=1)
            raise
        finally:
            self._settle(reservation, attempt, bill)
        return list(generations[:samples])

    async def _reserve(self, generator: Generator, request: Request, attempt: int, samples: int) -> Reservation:
        worst_case = _amount_of_a_call(_said(request, generator.worst_case, request, samples))
        if worst_case is None:
            raise GenerationError(f"the worst case of generator {request.node!r} makes no sense")
        try:
            if self._script:
                await self._script.before_call(attempt)
                return self._ledger.reserve_now(worst_case)
            place = active_place()
            if place and place.holds_a_call:
                return self._ledger.reserve_now(worst_case)
            return await self._ledger.reserve(worst_case)
        except LimitReached as limit:
            self._announce_refusal(attempt, worst_case, limit)
            raise

    def _announce_refusal(self, attempt: int, amount: Usage, limit: LimitReached) -> None:
        if self._emit:
            refused = BudgetRefused(at=self._elapsed(), attempt=attempt, amount=amount, resource=limit.resource)
            self._emit(refused)

    def _settle(self, reservation: Reservation, attempt: int, bill: Usage | None) -> None:
        unconfirmed = None
        if bill is None:
            reservation.book_unconfirmed()
            bill, unconfirmed = Usage(calls=1), reservation.amount
        else:
            reservation.settle(bill)
        if self._emit:
            self._emit(BudgetSettled(at=self._elapsed(), attempt=attempt, bill=bill, unconfirmed=unconfirmed))


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
    except BaseException as error:  # a user's generator may raise anything
        if not is_failure(error):
            raise
        message = f"generator {request.node!r} failed: {type(error).__name__}: {error}"
        raise GenerationError(message, billing=Billing.UNKNOWN) from error
    if not generations or not all(isinstance(generation, Generation) for generation in generations):
        raise GenerationError(f"generator {request.node!r} returned no Generation", billing=Billing.UNKNOWN)
    return generations


def _bill_of(generation: Generation, request: Request) -> Usage | None:
    if generation.usage is None:
        return None
    bill = _amount_of_a_call(generation.usage)
    if bill is None:
        raise GenerationError(f"the bill of generator {request.node!r} makes no sense", billing=Billing.UNKNOWN)
    return bill


def _amount_of_a_call(usage: object) -> Usage | None:
    """The usage as that of one call: at least one call, no rounds or attempts. None if it makes no sense."""
    if not isinstance(usage, Usage):
        return None
    for count in (usage.calls, usage.prompt_tokens, usage.completion_tokens):
        if not isinstance(count, int) or count < 0:
            return None
    if not isinstance(usage.cost_usd, (int, float)) or not 0 <= usage.cost_usd < math.inf:
        return None
    if usage.calls >= 1 and not usage.rounds and not usage.attempts:
        return usage
    return Usage(
        calls=max(1, usage.calls),
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        cost_usd=usage.cost_usd,
    )


def _said(request: Request, function: Callable[..., T], *args: Any) -> T:
    """What a user's generator says of a call before it is made.

    Raises:
        GenerationError: It fails instead.
    """
    try:
        return function(*args)
    except GenerationError:
        raise
    except Exception as error:
        message = f"generator {request.node!r} failed in {function.__name__}: {type(error).__name__}: {error}"
        raise GenerationError(message) from error
