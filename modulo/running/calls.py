"""Calls to generators: reserved before, settled after, retried when transport fails.

Each try is a call of its own in the ledger, whether it fails, is cancelled or succeeds.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Final, TypeAlias, TypeVar

from msgspec.structs import replace

from modulo.amount import Amount
from modulo.budget import Usage
from modulo.errors import Billing, GenerationError, LimitReached, NoBudgetLeft, TransientGenerationError
from modulo.events import BudgetRefused, BudgetReserved, BudgetSettled
from modulo.ledger import Reservation
from modulo.logs import warn
from modulo.numeric import is_whole_number
from modulo.protocols import ONE_CALL, Finish, Generation, Generator, Request
from modulo.running.cancelling import cancellation_is_under_way, let_cancellation_arrive
from modulo.running.failures import is_failure
from modulo.running.place import Place, enter, leave
from modulo.running.reporting import Reporter
from modulo.running.retrying import Retrier
from modulo.running.script import Script
from modulo.running.together import run_together
from modulo.sending import Sending, begin, end

__all__ = ["Answer", "Caller"]

T = TypeVar("T")

Answer: TypeAlias = Generation | GenerationError
"""What became of one sample: a generation, or why there is none."""

_ONE_CALL: Final = Amount(ONE_CALL)
_NO_CALL: Final = Amount(Usage())
_MOST: Final = 10**12
"""More tokens or dollars than this are no bill of one call; their sums would leave what a trace can carry."""


class Caller:
    """Makes the calls of one run.

    Args:
        place: The run, with its ledger.
        retrier: Tries again what failed in transport.
        reporter: Takes the events.
        script: The recorded course to follow, in a replay.
    """

    def __init__(
        self, place: Place, *, retrier: Retrier, reporter: Reporter, script: Script | None = None
    ) -> None:
        self._place = place
        self._ledger = place.ledger
        self._retrier = retrier
        self._reporter = reporter
        self._script = script
        self._largest_overruns = place.overruns

    def answers(
        self, generator: Generator, request: Request, attempt: int, samples: int
    ) -> Awaitable[Sequence[Answer | None]]:
        """Answers to one request, in order, as many as asked for; None for those that do not fit the budget.

        Where the provider gives fewer samples than asked for in one call, the rest are asked one by one.

        Raises:
            LimitReached: Not even one call fits the budget.
        """
        if samples == 1:
            return self._answers_of_one_call(generator, request, attempt, 1)
        return self._several(generator, request, attempt, samples)

    async def _several(
        self, generator: Generator, request: Request, attempt: int, samples: int
    ) -> Sequence[Answer | None]:
        try:
            per_call = _said(request, generator.samples_per_call, request)
        except GenerationError as error:
            return [error]
        first = await self._answers_of_one_call(generator, request, attempt, max(1, min(samples, per_call)))
        rest = range(len(first), samples)
        return [*first, *await self._one_by_one(generator, request, attempt, rest)] if rest else first

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
    ) -> Sequence[Answer]:
        try:
            return await self._try(generator, request, attempt, samples)
        except TransientGenerationError as error:
            failure = error
        except GenerationError as error:
            return [error]
        try:
            again = partial(self._try, generator, request, attempt, samples)
            return await self._retrier.again(again, attempt, failure)
        except GenerationError as error:
            return [error]
        except LimitReached:
            return [failure]  # a first try was made, so the attempt is one that failed

    async def _try(
        self, generator: Generator, request: Request, attempt: int, samples: int
    ) -> Sequence[Answer]:
        """One call, reserved and settled."""
        worst_case = self._worst_case(generator, request, samples)
        # Without a coroutine of its own where nothing has to be waited for.
        reservation = self._ledger.reserve_if_free(worst_case) if self._script is None else None
        if reservation is None:
            reservation = await self._reserve(worst_case, attempt)
        if cancellation_is_under_way():
            await _let_cancellation_arrive_at(reservation)
        bill = None  # cancelled, or lost on the way: the provider may well have answered and billed
        sending = Sending()
        reporter = self._reporter
        try:
            if reporter.emit:
                reporter.emit(BudgetReserved(at=reporter.elapsed(), attempt=attempt, amount=reservation.amount))
            # As blocks, two ``with`` would take as long as all of the ledger's work.
            place, call = enter(self._place.in_a_call(attempt)), begin(sending)
            try:
                if samples == 1:
                    generations = [await generator.generate(request)]
                else:
                    generations = [*await generator.generate_samples(request, samples)][:samples]
            finally:
                end(call)
                leave(place)
            _check_generations(generations, request)
            usage = generations[0].usage
            if usage is not None:
                bill = _amount_of_a_call(usage)
                if bill is None:
                    raise _makes_no_sense("bill", request)
        except GenerationError as error:
            bill = None if error.billing is Billing.UNKNOWN else _amount_of_a_call(error.bill or ONE_CALL)
            raise
        except LimitReached as error:  # of a call that the generator made on the run's account
            bill = None if sending.must_be_paid else _ONE_CALL
            raise NoBudgetLeft(f"generator {request.node!r}: {error}", resource=error.resource) from error
        except BaseException as error:  # a user's generator may raise anything
            if not is_failure(error):
                bill = None if sending.must_be_paid else _NO_CALL
                raise
            bill = None if sending.must_be_paid else _ONE_CALL
            message = f"generator {request.node!r} failed: {type(error).__name__}: {error}"
            raise GenerationError(message, billing=Billing.UNKNOWN if bill is None else Billing.NONE) from error
        finally:
            self._settle(reservation, request.node, attempt, bill)
        return [_recordable(_behind(request.prefix, generation)) for generation in generations]

    async def _reserve(self, worst_case: Amount, attempt: int) -> Reservation:
        try:
            if self._script:
                await self._script.before_call(attempt)
                return self._ledger.reserve_now(worst_case)
            if self._place.holds_a_call:
                return self._ledger.reserve_now(worst_case)
            return await self._ledger.reserve(worst_case)
        except LimitReached as limit:
            if self._reporter.emit:
                self._reporter.emit(
                    BudgetRefused(
                        at=self._reporter.elapsed(),
                        attempt=attempt,
                        amount=worst_case.usage,
                        resource=limit.resource,
                    )
                )
            raise

    def _worst_case(self, generator: Generator, request: Request, samples: int) -> Amount:
        """What a call may cost: what its generator says, or what it has billed beyond that before."""
        amount = _amount_of_a_call(_said(request, generator.worst_case, request, samples))
        if amount is None:
            raise _makes_no_sense("worst case", request)
        overrun = self._largest_overruns.get(request.node) if self._largest_overruns else None
        return amount if overrun is None else Amount(_largest(amount.usage, overrun))

    def _settle(self, reservation: Reservation, node: str, attempt: int, bill: Amount | None) -> None:
        unconfirmed = None
        if bill is None:
            reservation.book_unconfirmed()
            bill, unconfirmed = _ONE_CALL, reservation.amount
        elif bill is _NO_CALL:
            reservation.release()
        else:
            reservation.settle(bill)
            if bill is not _ONE_CALL:
                self._note_overrun(node, bill.usage, reservation.amount)
        if self._reporter.emit:
            self._reporter.emit(
                BudgetSettled(
                    at=self._reporter.elapsed(), attempt=attempt, bill=bill.usage, unconfirmed=unconfirmed
                )
            )

    def _note_overrun(self, node: str, bill: Usage, announced: Usage) -> None:
        """Remember a bill above its announcement: from now on, that much is set aside for this generator."""
        largest = _largest(announced, bill)
        if largest != announced:
            if node not in self._largest_overruns:
                warn("bill_above_worst_case", generator=node)
            self._largest_overruns[node] = _largest(largest, self._largest_overruns.get(node, ONE_CALL))


async def _let_cancellation_arrive_at(reservation: Reservation) -> None:
    """Begin no call, and hold nothing for it, once the caller is cancelled."""
    try:
        await let_cancellation_arrive()
    except BaseException:
        reservation.release()
        raise


def _check_generations(generations: Sequence[object], request: Request) -> None:
    """Refuse what only looks like generations: nothing later could judge or record it."""
    for generation in generations:
        if not isinstance(generation, Generation):
            break
        detail = generation.detail
        if (
            type(generation.text) is not str
            or type(generation.model) is not str
            or not isinstance(generation.finish, Finish)
            or (detail is not None and type(detail) is not str)
        ):
            message = f"generator {request.node!r} returned a Generation with fields of other types"
            raise GenerationError(message, billing=Billing.UNKNOWN)
    else:
        if generations:
            return
    raise GenerationError(f"generator {request.node!r} returned no Generation", billing=Billing.UNKNOWN)


def _behind(prefix: str, generation: Generation) -> Generation:
    """The generation with what its answer was to begin with; one without an answer stays as it is."""
    if not prefix or generation.finish in (Finish.REFUSED, Finish.MALFORMED):
        return generation
    return replace(generation, text=prefix + generation.text)


def _recordable(generation: Generation) -> Generation:
    """The generation with the two halves of surrogate pairs put together, as whoever reads a trace will find them."""
    text = generation.text
    if text.isascii():
        return generation
    joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    return generation if joined == text else replace(generation, text=joined)


def _amount_of_a_call(usage: object) -> Amount | None:
    """A usage as that of one call: at least one call, no rounds or attempts. None if it makes no sense."""
    if usage is ONE_CALL:
        return _ONE_CALL
    if not isinstance(usage, Usage):
        return None
    for count in (usage.calls, usage.prompt_tokens, usage.completion_tokens):
        if not is_whole_number(count) or not 0 <= count <= _MOST:
            return None
    if not isinstance(usage.cost_usd, (int, float)) or not 0 <= usage.cost_usd <= _MOST:
        return None
    # Made anew, since subclasses of usages and numbers may add up otherwise, and no trace takes them.
    return Amount(
        Usage(
            calls=max(1, int(usage.calls)),
            prompt_tokens=int(usage.prompt_tokens),
            completion_tokens=int(usage.completion_tokens),
            cost_usd=float(usage.cost_usd),
        )
    )


def _makes_no_sense(what: str, request: Request) -> GenerationError:
    billing = Billing.UNKNOWN if what == "bill" else Billing.NONE
    return GenerationError(f"the {what} of generator {request.node!r} makes no sense", billing=billing)


def _largest(one: Usage, other: Usage) -> Usage:
    return Usage(
        calls=max(one.calls, other.calls),
        prompt_tokens=max(one.prompt_tokens, other.prompt_tokens),
        completion_tokens=max(one.completion_tokens, other.completion_tokens),
        cost_usd=max(one.cost_usd, other.cost_usd),
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
