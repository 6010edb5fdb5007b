"""The loop: ask the strategy, run what it wants, tell it what came of it, stop when a rule says so."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final

import anyio
import anyio.lowlevel
from msgspec.structs import replace

from modulo.amount import Amount
from modulo.budget import Budget, Usage
from modulo.errors import LimitReached, ModuloError, ProgramError
from modulo.events import ArtefactWithdrawn, BudgetReserved, BudgetSettled, Event, RunStarted
from modulo.graph import Graph
from modulo.graph.problems import as_problem
from modulo.graph.program import Program
from modulo.ledger import Ledger
from modulo.logs import warn
from modulo.options import Gate, RunOptions
from modulo.outcome import Outcome, StopReason
from modulo.recorded_settings import recorded_settings
from modulo.running.calls import Caller
from modulo.running.certifying import Certifier
from modulo.running.concluding import Ending, Stop, in_words
from modulo.running.failures import is_failure, raise_of_program
from modulo.running.judging import Judge, applicable_critics
from modulo.running.place import Place, Report, active_place, enter, leave
from modulo.running.planning import Planner
from modulo.running.preparing import check_picklable, prepare
from modulo.running.reporting import Reporter
from modulo.running.retrying import Retrier
from modulo.running.rounds import Rounds
from modulo.running.scheduler import Scheduler
from modulo.running.script import Script
from modulo.running.workers import WorkerPool, worker_pool
from modulo.tree import Attempt, Tree

__all__ = ["Run"]

_SLICE_SECONDS: Final = 0.001
"""How long a run goes on without giving way to others (docs/design/0008)."""
_ONE_ROUND: Final = Amount(Usage(rounds=1))
_NO_SCOPE: Final = nullcontext()

_FAILURES_IN_A_ROW: Final = 3
"""Rounds in a row in which no attempt could be judged after which a run stops with ``error``, or with the limit that
left generators no room for their further calls."""
_TOO_LONG: Final = 1 / 8
"""What a conversation that became too long counts as such a failure: it says nothing of the generator, and strategies
go on with others; but not for ever."""
_LIMITS: Final = frozenset(StopReason.of_limit(resource) for resource in Budget.__dataclass_fields__)


class Run:
    """One run of a graph on a problem.

    Args:
        graph: The graph; checked here.
        problem: The problem, or its value.
        options: How to run it.
        sinks: Functions that take every event, besides those of the trace.
        script: The recorded course to follow, in a replay.
        is_cancellable: Whether somebody may call ``cancel``.

    Raises:
        GraphError: The graph is not a sound program.
        ProblemError: The problem is not JSON-serialisable, or not of the type that the graph takes.
        NotApplicableError: No hard critic applies to it.
        CriticError: A critic cannot say whether it applies.
    """

    def __init__(
        self,
        graph: Graph,
        problem: Any,
        options: RunOptions,
        *,
        sinks: Sequence[Callable[[Event], None]] = (),
        script: Script | None = None,
        is_cancellable: bool = True,
    ) -> None:
        self._program: Program = graph.check()
        self._problem = as_problem(graph, problem)
        self._critics = applicable_critics(self._program, self._problem)
        self._options = options
        self._script = script
        self._clock = options.clock
        self._sinks = (*(options.trace.sinks() if options.trace else ()), *sinks)
        self._reporter: Reporter
        self._tree = Tree(self._program, self._problem, seed=options.seed)
        self._failures_in_a_row = 0.0
        self._round: Rounds
        self._judge: Judge
        self._scope: anyio.CancelScope | None = None
        self._is_cancellable = is_cancellable
        self._is_cancelled = False
        self._slice_began = 0.0
        self._needs_processes = any(n.needs_workers for nodes in self._critics.values() for n in nodes)

    def cancel(self) -> None:
        """End the run with the outcome ``Exhausted(cancelled)``; calls and processes end with it."""
        self._is_cancelled = True
        if self._scope:
            self._scope.cancel()

    async def outcome(self) -> Outcome[Any]:
        """Run to the end.

        Raises:
            ModuloError: Something is missing or misconfigured; raised before the first call.
        """
        # Kept, since looking the event loop up takes longer than a checkpoint in it.
        self._backend = anyio.lowlevel.current_token().backend_class
        await self._backend.checkpoint()  # whoever was cancelled already begins nothing
        # A run with a ledger to be charged to is charged to that one alone.
        around = active_place() if self._options.within is None else None
        above = self._options.within or (around.ledger if around else None)
        with self._cancellable(None):
            await self._prepare(above)
        ledger = Ledger(
            self._options.budget,
            parent=above,
            charges_rounds=self._options.within is not None,
            clock=self._clock,
        )
        if around is not None and around.report is not None and around.attempt is not None:
            self._sinks = (*self._sinks, _told_of_bills(around.report, around.attempt))
        self._reporter = Reporter(self._sinks, self._clock)
        place = Place(
            ledger,
            _telling_of_nested_bills(self._reporter) if self._sinks else None,
            holds_a_call=around is not None and around.holds_a_call,
        )
        token = enter(place)
        try:
            return await self._run(place, above)
        finally:
            leave(token)

    async def _run(self, place: Place, above: Ledger | None) -> Outcome[Any]:
        try:
            self._emit_start(above)
            if self._needs_processes:
                async with worker_pool() as pool:
                    stop = await self._until_stop(place, pool)
            else:
                stop = await self._until_stop(place, None)
        except BaseException as error:
            cancelled = isinstance(error, anyio.get_cancelled_exc_class())
            reason = StopReason.CANCELLED if cancelled else StopReason.ERROR
            self._ending(place.ledger).announce(Stop(reason, error=in_words(error)))
            raise
        return self._ending(place.ledger).outcome(stop, self._judge)

    def _ending(self, ledger: Ledger) -> Ending:
        return Ending(
            select=self._options.select,
            tree=self._tree,
            certifier=Certifier(self._program, self._problem, self._critics, self._clock),
            ledger=ledger,
            reporter=self._reporter,
        )

    def _cancellable(self, seconds: float | None) -> AbstractContextManager[object]:
        """A scope that ends after some seconds, and by ``cancel``, even if it was called before.

        Where neither can happen there is none: a scope is a dozen objects for each of what may be many runs.
        """
        if seconds is None and not self._is_cancellable:
            return _NO_SCOPE
        scope = self._scope = self._clock.move_on_after(seconds)
        if self._is_cancelled:
            scope.cancel()
        return scope

    async def _prepare(self, above: Ledger | None) -> None:
        import modulo.certificate  # noqa: F401  pydantic takes 0.1 s to load, which no deadline should pay for

        budget = self._options.budget

        def limits(resource: str) -> bool:
            return getattr(budget, resource) is not None or (above is not None and above.limits(resource))

        critics = [node.critic for nodes in self._critics.values() for node in nodes]
        if self._needs_processes:
            check_picklable(self._problem.value)
        # Those of a replay are not asked, and what they need may be nowhere by then.
        soft_critics = [] if self._script else [node.critic for node in self._program.soft_critics]
        await prepare(self._program, critics, soft_critics, limits)

    async def _until_stop(self, place: Place, pool: WorkerPool | None) -> Stop:
        with self._cancellable(place.ledger.seconds_left()):
            try:
                await self._rounds(place.ledger, self._scheduler(place, pool))
            except Stop as stop:
                return stop
            except ModuloError as error:
                if not self._tree.attempts and not place.ledger.spent.calls:
                    raise
                warn("run_failed", error=in_words(error))
                return self._cut_off(Stop(StopReason.ERROR, error=str(error), cause=error))
        return self._cut_off(Stop(StopReason.CANCELLED if self._is_cancelled else StopReason.SECONDS_LIMIT))

    def _cut_off(self, stop: Stop) -> Stop:
        """Book what came of the round at work; if it is the answer, the run ends with it all the same."""
        try:
            self._take(self._round.take())
        except Stop as better:
            return better if better.attempt else stop
        except ModuloError:  # a strategy that cannot be told, which matters no more
            return stop
        return stop

    def _scheduler(self, place: Place, pool: WorkerPool | None) -> Scheduler:
        options, reporter = self._options, self._reporter
        retrier = Retrier(
            options.retries, ledger=place.ledger, clock=self._clock, seed=options.seed, reporter=reporter
        )
        self._judge = Judge(self._problem, self._critics, pool=pool, clock=self._clock, script=self._script)
        return Scheduler(
            program=self._program,
            problem=self._problem,
            tree=self._tree,
            caller=Caller(place, retrier=retrier, reporter=reporter, script=self._script),
            judge=self._judge,
            place=place,
            backprompter=options.backprompter,
            remarks_wanted=options.select == "best",
            reporter=reporter,
            script=self._script,
        )

    async def _rounds(self, ledger: Ledger, scheduler: Scheduler) -> None:
        planner = Planner(self._options.strategy, self._tree, self._options.max_concurrency)
        self._round = Rounds(scheduler, self._program, first_is_enough=self._options.select == "first")
        self._slice_began, gate = time.monotonic(), self._options.gate
        while True:
            # Where nothing ever waits, deadlines and other runs need it to give way once a slice of time is used up.
            if time.monotonic() - self._slice_began > _SLICE_SECONDS:
                await self._backend.checkpoint()
                self._slice_began = time.monotonic()
            else:
                await self._backend.checkpoint_if_cancelled()
            if gate is not None:
                await self._pass(gate)
            try:
                if self._script:
                    self._script.begin_round(planner.round + 1)
                ledger.hold_now(_ONE_ROUND)
            except LimitReached as limit:
                raise Stop(StopReason.of_limit(limit.resource)) from None
            try:
                plans = planner.next_round()
                if not plans:
                    raise Stop(StopReason.STUCK)
                await self._round.run(plans)
            finally:
                ledger.end_hold(_ONE_ROUND, _ONE_ROUND if _ran(self._round.results) else None)
            self._take(self._round.take())

    async def _pass(self, gate: Gate) -> None:
        """Wait for whoever allots rounds among runs, if somebody does.

        Raises:
            Stop: There are no more for this one.
            ProgramError: It fails.
        """
        try:
            reason = await gate(self._tree)
        except BaseException as error:
            if isinstance(error, ModuloError) or not is_failure(error):
                raise
            raise ProgramError("the gate", error) from error
        if reason is not None:
            raise Stop(StopReason.GIVEN_UP, error=reason)

    def _take(self, results: Sequence[list[Attempt] | LimitReached]) -> None:
        """Book the attempts of a round in the order of asking, and stop if there is a reason to."""
        attempts: list[Attempt] = []
        for result in results:
            if isinstance(result, list):
                attempts += result
        strategy, failure = self._options.strategy, None
        for attempt in attempts:
            self._add(attempt)
            try:
                try:
                    strategy.tell(self._tree, attempt)
                except BaseException as error:  # noqa: BLE001  raised by this
                    raise_of_program("the strategy", type(strategy).__name__, error)
            except ModuloError as error:  # raised once all of the round is booked
                failure = failure or error
        self._stop_if_answered()
        if failure:
            raise failure
        if attempts:
            self._stop_on_failures(attempts)
        elif results and not _ran(results):
            (refused, *_) = results
            assert isinstance(refused, LimitReached)
            raise Stop(StopReason.of_limit(refused.resource))

    def _add(self, attempt: Attempt) -> None:
        withdrawn = self._tree.add(attempt)
        if withdrawn:
            ids = tuple(one.id for one in withdrawn)
            self._emit(ArtefactWithdrawn(at=self._reporter.elapsed(), attempt=attempt.id, withdrawn=ids))

    def _stop_if_answered(self) -> None:
        answer = self._tree.live.get(self._program.answer.artefact)
        if answer is None or answer.candidate is None:
            return
        if answer.candidate.claims_unsolvable:
            raise Stop(StopReason.UNSOLVABLE, attempt=answer)
        if self._options.select == "first":
            raise Stop(StopReason.CERTIFIED, attempt=answer)

    def _stop_on_failures(self, attempts: Sequence[Attempt]) -> None:
        for attempt in attempts:
            if not attempt.error:
                self._failures_in_a_row = 0.0
                return
        is_too_long = all(a.error_kind == "context_overflow" and a.parent is not None for a in attempts)
        self._failures_in_a_row += _TOO_LONG if is_too_long else 1
        fatal = [a for a in attempts if a.error_kind in ("authentication", "request_rejected", "depleted")]
        if len(fatal) == len(attempts):
            depleted = all(attempt.error_kind == "depleted" for attempt in fatal)
            raise Stop(StopReason.STUCK if depleted else StopReason.ERROR, error=fatal[0].error)
        if self._failures_in_a_row >= _FAILURES_IN_A_ROW:
            limits = [attempt.error_kind for attempt in attempts if attempt.error_kind in _LIMITS]
            raise Stop(StopReason(limits[0]) if limits else StopReason.ERROR, error=attempts[-1].error)

    def _emit_start(self, above: Ledger | None) -> None:
        if self._sinks:
            self._emit(
                RunStarted(
                    at=0.0,
                    domain=self._problem.domain,
                    problem_sha256=self._problem.sha256,
                    problem=self._problem.canonical,
                    settings=recorded_settings(self._options, self._program, self._critics, above),
                )
            )

    def _emit(self, event: Event) -> None:
        if self._reporter.emit:
            self._reporter.emit(event)


def _told_of_bills(report: Report, attempt: int) -> Callable[[Event], None]:
    """A sink that tells the run around this one what is set aside and spent here on its account."""

    def sink(event: Event) -> None:
        if isinstance(event, BudgetReserved | BudgetSettled):
            report(attempt, event)

    return sink


def _telling_of_nested_bills(reporter: Reporter) -> Report:
    """Tells of what calls in an attempt set aside and spend. It must not hold the run, which holds the place."""

    def tell(attempt: int, event: BudgetReserved | BudgetSettled) -> None:
        assert reporter.emit is not None
        reporter.emit(replace(event, at=reporter.elapsed(), attempt=attempt, nested=True))

    return tell


def _ran(results: Sequence[list[Attempt] | LimitReached]) -> bool:
    """Whether anything of a round ran: not all of it was refused by a limit."""
    for result in results:  # noqa: SIM110  quicker than any(), once a round
        if not isinstance(result, LimitReached):
            return True
    return False
