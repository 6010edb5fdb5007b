"""Calls to models from within a run that are none of its attempts, on the run's account."""

from __future__ import annotations

import anyio.lowlevel

from modulo.budget import Budget
from modulo.errors import GenerationError
from modulo.events import BudgetReserved, BudgetSettled, Event
from modulo.ledger import Ledger
from modulo.protocols import Generation, Generator, Request
from modulo.running.calls import Caller
from modulo.running.place import Place, active_place
from modulo.running.reporting import Reporter
from modulo.running.retrying import Retrier, Retries

__all__ = ["charged_answer"]


async def charged_answer(generator: Generator, request: Request, *, retries: Retries) -> Generation:
    """One answer of a model, charged to the run that the caller is part of, if it is part of one.

    The call begins only if its worst case fits what is left of every limit, and stands in the trace as a nested bill
    of the attempt at work.

    Raises:
        LimitReached: It does not fit.
        GenerationError: There is no answer.
    """
    # The deadline may have passed while critics judged, who need not have waited for anything.
    await anyio.lowlevel.checkpoint_if_cancelled()
    place = active_place() or Place(Ledger(Budget()), None)
    attempt = place.attempt or 0
    report = place.report

    def tell(event: Event) -> None:
        if report is not None and isinstance(event, BudgetReserved | BudgetSettled):
            report(attempt, event)

    clock = place.ledger.clock
    reporter = Reporter([tell], clock)
    retrier = Retrier(retries, ledger=place.ledger, clock=clock, seed=0, reporter=reporter)
    caller = Caller(place, retrier=retrier, reporter=reporter)
    (answer,) = await caller.answers(generator, request, attempt, 1)
    assert answer is not None, "a single sample that does not fit is a limit"
    if isinstance(answer, GenerationError):
        raise answer
    return answer
