"""The loop: ask the strategy, run what it wants, tell it what came of it, stop when a rule says so."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import fields
from random import Random
from typing import TYPE_CHECKING, Any, Final

import anyio
import anyio.lowlevel

from modulo.budget import Budget, Usage
from modulo.canonical import JsonValue
from modulo.errors import ConfigurationError, CriticError, LimitReached
from modulo.events import ArtefactWithdrawn, BudgetSettled, CertifiedEvent, Event, RunFinished, RunStarted
from modulo.graph import Graph
from modulo.graph.declarations import runs_in_process
from modulo.graph.problems import as_problem
from modulo.graph.program import Program
from modulo.ledger import Ledger
from modulo.options import RunOptions
from modulo.outcome import Certified, Exhausted, Outcome, StopReason, Unsolvable
from modulo.protocols import Expansion
from modulo.running.calls import Caller
from modulo.running.judging import Judge, applicable_critics, is_accepted
from modulo.running.place import At, Place, active_place
from modulo.running.preparing import check_picklable, prepare
from modulo.running.rounds import Round
from modulo.running.scheduler import Plan, Scheduler
from modulo.running.script import Script
from modulo.running.workers import WorkerPool, worker_pool
from modulo.settings import settings_of
from modulo.tree import Attempt, Tree
from modulo.version import __version__

if TYPE_CHECKING:
    from modulo.certificate import Certificate

__all__ = ["Run", "type_id"]


_LONGEST_TURN_SECONDS: Final = 0.005
_ONE_ROUND: Final = Usage(rounds=1)
_NOTHING: Final = Usage()

_FAILURES_IN_A_ROW: Final = 3
"""Rounds in a row in which no attempt could be judged after which a run stops with ``error``."""


class _Stop(Exception):
    """Ends the rounds; caught by ``Run`` alone."""

    def __init__(self, reason: StopReason, *, attempt: Attempt | None = None, error: str | None = None) -> None:
        self.reason, self.attempt, self.error = reason, attempt, error
        super().__init__(reason)


class Run:
    """One run of a graph on a problem.

    Args:
        graph: The graph; checked here.
        problem: The problem, or its value.
        options: How to run it.
        sinks: Functions that take every event, besides those of the trace.
        script: The recorded course to follow, in a replay.

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
    ) -> None:
        self._program: Program = graph.check()
        self._problem = as_problem(graph, problem)
        self._critics = applicable_critics(self._program, self._problem)
        self._options = options
        self._script = script
        self._clock = options.clock
        self._sinks = (*(options.trace.sinks() if options.trace else ()), *sinks)
        self._tree = Tree(self._program, self._problem, seed=options.seed)
        self._turns = dict.fromkeys((node.name for node in self._program.generators), 0)
        self._next_attempt = 0
        self._round = 0
        self._failures_in_a_row = 0
        self._unfinished_round: Round
        self._above: Ledger | None = None
        self._scope: anyio.CancelScope | None = None
        self._is_cancelled = False
        self._problem_was_changed = False
        self._started = self._clock.now()
        self._last_turn = 0.0

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
        # A run with a ledger to be charged to is charged to that one alone.
        around = active_place() if self._options.within is None else None
        self._above = self._options.within or (around.ledger if around else None)
        with self._cancellable():
            await self._prepare(self._above)
        self._started = self._clock.now()
        ledger = Ledger(
            self._options.budget,
            parent=self._above,
            charges_rounds=self._options.within is not None,
            clock=self._clock,
        )
        self._report_to(around)
        report = self._report if self._sinks else None
        with At(Place(ledger, report, holds_a_call=bool(around and around.holds_a_call))):
            return await self._run(ledger)

    async def _run(self, ledger: Ledger) -> Outcome[Any]:
        try:
            async with AsyncExitStack() as stack:
                pool = await stack.enter_async_context(worker_pool()) if self._needs_processes() else None
                self._emit_start()
                stop = await self._until_stop(ledger, pool)
        except BaseException as error:
            cancelled = isinstance(error, anyio.get_cancelled_exc_class())
            self._emit_end(
                ledger,
                _Stop(StopReason.CANCELLED if cancelled else StopReason.ERROR, error=_words(error)),
            )
            raise
        return self._conclude(ledger, stop)

    def _cancellable(self) -> anyio.CancelScope:
        """A scope that ``cancel`` ends, even if it was called before."""
        self._scope = anyio.CancelScope()
        if self._is_cancelled:
            self._scope.cancel()
        return self._scope

    def _report_to(self, around: Place | None) -> None:
        """Tell the run that this one is nested in what is spent here on its account."""
        report, attempt = (around.report, around.attempt) if around else (None, None)
        if report is None or attempt is None:
            return

        def sink(event: Event) -> None:
            if isinstance(event, BudgetSettled):
                report(attempt, event)

        self._sinks = (*self._sinks, sink)

    def _report(self, attempt: int, event: BudgetSettled) -> None:
        self._emit(
            BudgetSettled(
                at=self._elapsed(),
                attempt=attempt,
                bill=event.bill,
                unconfirmed=event.unconfirmed,
                nested=True,
            )
        )

    async def _prepare(self, above: Ledger | None) -> None:
        import modulo.certificate  # noqa: F401  pydantic takes 0.1 s to load, which no deadline should pay for

        budget = self._options.budget

        def limits(resource: str) -> bool:
            return getattr(budget, resource) is not None or (above is not None and above.limits(resource))

        critics = [node.critic for nodes in self._critics.values() for node in nodes]
        if self._needs_processes():
            check_picklable(self._problem.value)
        await prepare(self._program, critics, limits)

    def _needs_processes(self) -> bool:
        return any(runs_in_process(node.critic) for nodes in self._critics.values() for node in nodes)

    async def _until_stop(self, ledger: Ledger, pool: WorkerPool | None) -> _Stop:
        with self._cancellable(), self._clock.move_on_after(ledger.seconds_left()):
            try:
                await self._rounds(ledger, self._scheduler(ledger, pool))
            except _Stop as stop:
                return stop
        cut_off = _Stop(StopReason.CANCELLED if self._is_cancelled else StopReason.SECONDS_LIMIT)
        try:
            self._take(self._unfinished_round.results)
        except _Stop as stop:
            return stop if stop.attempt else cut_off
        return cut_off

    def _scheduler(self, ledger: Ledger, pool: WorkerPool | None) -> Scheduler:
        emit = self._emitter()
        caller = Caller(
            ledger=ledger,
            clock=self._clock,
            retries=self._options.retries,
            random=Random(self._options.seed),  # noqa: S311  waits between retries are no secret
            emit=emit,
            elapsed=self._elapsed,
            script=self._script,
        )
        return Scheduler(
            program=self._program,
            problem=self._problem,
            tree=self._tree,
            caller=caller,
            judge=Judge(self._problem, self._critics, pool=pool, clock=self._clock, script=self._script),
            ledger=ledger,
            backprompter=self._options.backprompter,
            remarks_wanted=self._options.select == "best",
            emit=emit,
            elapsed=self._elapsed,
            script=self._script,
        )

    async def _rounds(self, ledger: Ledger, scheduler: Scheduler) -> None:
        self._unfinished_round = Round(scheduler, self._stops_siblings)
        while True:
            await self._give_others_a_turn()
            try:
                this_round = ledger.reserve_now(_ONE_ROUND)
            except LimitReached as limit:
                raise _Stop(StopReason.of_limit(limit.resource)) from None
            ran = False
            try:
                plans = self._plan(self._ask())
                if not plans:
                    raise _Stop(StopReason.STUCK)
                ran = True
                await self._unfinished_round.run(plans)
                ran = not all(isinstance(result, LimitReached) for result in self._unfinished_round.results)
            finally:
                this_round.settle(_ONE_ROUND if ran else _NOTHING)
            results = self._unfinished_round.results
            self._unfinished_round = Round(scheduler, self._stops_siblings)
            self._take(results)

    async def _give_others_a_turn(self) -> None:
        """Where neither generator nor critics ever wait, deadlines and other runs get their turn here."""
        now = time.monotonic()
        if now - self._last_turn > _LONGEST_TURN_SECONDS:
            self._last_turn = now
            await anyio.lowlevel.checkpoint()
        else:
            await anyio.lowlevel.checkpoint_if_cancelled()

    def _ask(self) -> Sequence[Expansion]:
        most = self._options.max_concurrency
        expansions = self._options.strategy.ask(self._tree, most)
        if len(expansions) > most:
            strategy = type(self._options.strategy).__name__
            raise ConfigurationError(f"{strategy} asked for {len(expansions)} expansions, more than {most}")
        return expansions

    def _plan(self, expansions: Sequence[Expansion]) -> list[Plan]:
        self._round += 1
        plans = []
        for expansion in expansions:
            self._check_expansion(expansion)
            plans.append(
                Plan(
                    expansion=expansion,
                    first_attempt=self._next_attempt,
                    round=self._round,
                    turn=self._turns[expansion.node],
                )
            )
            self._next_attempt += expansion.samples
            self._turns[expansion.node] += expansion.samples
        return plans

    def _check_expansion(self, expansion: Expansion) -> None:
        node, parent = expansion.node, expansion.parent
        strategy = type(self._options.strategy).__name__
        if node not in self._turns:
            raise ConfigurationError(f"{strategy} asked for {node!r}, which is no generator of this graph")
        if self._tree.inputs_of(node) is None:
            raise ConfigurationError(f"{strategy} asked for {node!r}, whose inputs are not certified")
        if parent is not None and (parent not in self._tree or self._tree[parent].node != node):
            raise ConfigurationError(f"{strategy} asked {node!r} to go on from {parent}, no attempt of its own")
        if expansion.samples < 1:
            raise ConfigurationError(f"{strategy} asked for {expansion.samples} samples")

    def _stops_siblings(self, attempt: Attempt) -> bool:
        """Whether an attempt makes the others at its artefact superfluous."""
        if not attempt.accepted:
            return False
        is_answer = self._program.stage_of[attempt.node] == self._program.answer.artefact
        return self._options.select == "first" or not is_answer

    def _take(self, results: Sequence[list[Attempt] | LimitReached]) -> None:
        """Book the attempts of a round in the order of asking, and stop if there is a reason to."""
        for result in results:
            for attempt in result if isinstance(result, list) else ():
                self._add(attempt)
                # Asked at every acceptance: what changed a mutable problem may change it back later.
                if attempt.accepted and not self._problem.is_unchanged():
                    self._problem_was_changed = True
        winner = self._winner()
        if winner:
            raise winner
        limits = [result for result in results if isinstance(result, LimitReached)]
        if limits and len(limits) == len(results):
            raise _Stop(StopReason.of_limit(limits[0].resource))
        self._stop_on_failures([a for result in results if isinstance(result, list) for a in result])

    def _add(self, attempt: Attempt) -> None:
        withdrawn = self._tree.add(attempt)
        self._options.strategy.tell(self._tree, attempt)
        if withdrawn:
            ids = tuple(one.id for one in withdrawn)
            self._emit(ArtefactWithdrawn(at=self._elapsed(), attempt=attempt.id, withdrawn=ids))

    def _winner(self) -> _Stop | None:
        answer = self._tree.live.get(self._program.answer.artefact)
        if answer is None or answer.candidate is None:
            return None
        if answer.candidate.claims_unsolvable:
            return _Stop(StopReason.UNSOLVABLE, attempt=answer)
        return _Stop(StopReason.CERTIFIED, attempt=answer) if self._options.select == "first" else None

    def _stop_on_failures(self, attempts: Sequence[Attempt]) -> None:
        if not attempts:
            return
        all_failed = all(attempt.error for attempt in attempts)
        self._failures_in_a_row = self._failures_in_a_row + 1 if all_failed else 0
        fatal = [a for a in attempts if a.error_kind in ("authentication", "request_rejected", "depleted")]
        if len(fatal) == len(attempts):
            depleted = all(attempt.error_kind == "depleted" for attempt in fatal)
            raise _Stop(StopReason.STUCK if depleted else StopReason.ERROR, error=fatal[0].error)
        if self._failures_in_a_row >= _FAILURES_IN_A_ROW:
            raise _Stop(StopReason.ERROR, error=attempts[-1].error)

    def _conclude(self, ledger: Ledger, stop: _Stop) -> Outcome[Any]:
        if self._options.select == "best" and stop.reason is not StopReason.UNSOLVABLE:
            solutions = (a for a in self._tree.certified if a.candidate and not a.candidate.claims_unsolvable)
            best = max(solutions, key=lambda a: (a.score, -a.id), default=None)
            stop = _Stop(StopReason.CERTIFIED, attempt=best) if best else stop
        books: dict[str, Any] = {
            "usage": ledger.spent,
            "unconfirmed": ledger.unconfirmed,
            "seconds": self._elapsed(),
        }
        attempts = tuple(self._tree.attempts)
        certificate = None
        if stop.attempt is not None:
            try:
                certificate = self._certificate(stop.attempt)
            except Exception as error:  # noqa: BLE001  options and digests of critics are user code
                stop = _Stop(StopReason.ERROR, error=_words(error))
        if stop.attempt is None or certificate is None:
            self._emit_end(ledger, stop)
            return Exhausted(stop.reason, attempts, error=stop.error, **books)
        candidate = stop.attempt.candidate
        assert candidate is not None
        self._emit(
            CertifiedEvent(
                at=self._elapsed(),
                attempt=stop.attempt.id,
                candidate_sha256=candidate.sha256,
                claim=certificate.claim.text,
            )
        )
        self._emit_end(ledger, stop)
        if stop.reason is StopReason.UNSOLVABLE:
            return Unsolvable(certificate, attempts=attempts, **books)
        return Certified(candidate.value(), certificate, attempts=attempts, **books)

    def _certificate(self, attempt: Attempt) -> Certificate:
        from modulo.certificate import certificate_of

        if self._problem_was_changed or not self._problem.is_unchanged():
            raise CriticError("(any)", "the problem was changed while it was being judged")
        parts = [*self._built_on(attempt), attempt]
        critics = []
        for part in parts:
            judges = self._critics[self._program.stage_of[part.node]]
            if part.candidate is None or not is_accepted(judges, part.candidate, part.critiques):
                raise RuntimeError(f"attempt {part.id} was to be certified without every critic's acceptance")
            nodes = {node.name: node for node in judges}
            critics += [(nodes[critique.critic], critique) for critique in part.critiques]
        assert attempt.candidate is not None
        return certificate_of(
            problem=self._problem,
            candidate=attempt.candidate,
            artefacts={
                self._program.stage_of[part.node]: part.candidate for part in parts[:-1] if part.candidate
            },
            critics=critics,
            answer=self._program.answer.artefact,
            created_at=self._clock.wall_time(),
        )

    def _built_on(self, attempt: Attempt) -> list[Attempt]:
        """The attempts that an attempt is built on, in the order of stages."""
        found = {attempt.id: attempt}
        pending = [attempt]
        while pending:
            for made_by in pending.pop().inputs.values():
                if made_by not in found:
                    found[made_by] = self._tree[made_by]
                    pending.append(found[made_by])
        order = list(self._program.stages)
        del found[attempt.id]
        return sorted(found.values(), key=lambda a: order.index(self._program.stage_of[a.node]))

    def _emit_start(self) -> None:
        if self._sinks:
            self._emit(
                RunStarted(
                    at=0.0,
                    domain=self._problem.domain,
                    problem_sha256=self._problem.sha256,
                    problem=self._problem.canonical,
                    settings=self._settings(),
                )
            )

    def _settings(self) -> Mapping[str, JsonValue]:
        options = self._options
        return {
            "modulo_version": __version__,
            "started_at": self._clock.wall_time().isoformat(timespec="seconds"),
            "strategy": {"id": type_id(options.strategy), "options": options.strategy.describe()},
            "backprompter": {"id": type_id(options.backprompter), "options": options.backprompter.describe()},
            "budget": settings_of(options.budget),
            "limits_from_above": _limits_of(self._above),
            "select": options.select,
            "seed": options.seed,
            "retries": settings_of(options.retries),
            "max_concurrency": options.max_concurrency,
            "generators": {n.name: n.generator.describe() for n in self._program.generators},
            "critics": {
                n.name: {"id": n.critic.id, "version": n.critic.version, "options": n.critic.options()}
                for nodes in self._critics.values()
                for n in nodes
            },
        }

    def _emit_end(self, ledger: Ledger, stop: _Stop) -> None:
        if self._sinks:
            self._emit(
                RunFinished(
                    at=self._elapsed(),
                    stop_reason=stop.reason,
                    attempt=stop.attempt.id if stop.attempt else None,
                    usage=ledger.spent,
                    unconfirmed=ledger.unconfirmed,
                    error=stop.error,
                )
            )

    def _emit(self, event: Event) -> None:
        for sink in self._sinks:
            sink(event)

    def _emitter(self) -> Callable[[Event], None] | None:
        """The quickest way to all sinks."""
        return self._sinks[0] if len(self._sinks) == 1 else self._emit if self._sinks else None

    def _elapsed(self) -> float:
        return self._clock.now() - self._started


def type_id(thing: object) -> str:
    """``module:qualified name`` of a thing's type."""
    return f"{type(thing).__module__}:{type(thing).__qualname__}"


def _limits_of(ledger: Ledger | None) -> list[str]:
    return [limit.name for limit in fields(Budget) if ledger.limits(limit.name)] if ledger else []


def _words(error: BaseException) -> str | None:
    return f"{type(error).__name__}: {error}" if isinstance(error, Exception) else None
