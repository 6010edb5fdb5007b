"""The loop: ask the strategy, run what it wants, tell it what came of it, stop when one of the rules says so."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from contextvars import ContextVar
from dataclasses import asdict, dataclass, field
from random import Random
from typing import Any, Final, Literal, TypeAlias

import anyio

from modulo.backprompt import ChatBackprompter
from modulo.budget import Budget, Ledger, Usage
from modulo.canonical import JsonValue
from modulo.clock import Clock, SystemClock
from modulo.critique import Critique
from modulo.errors import ConfigurationError, CriticError, LimitReached, ProblemError
from modulo.events import ArtefactWithdrawn, CertifiedEvent, Event, RunFinished, RunStarted
from modulo.graph import Graph
from modulo.graph.checks import problem_types, runs_in_process
from modulo.graph.program import Program
from modulo.outcome import Certified, Exhausted, Outcome, StopReason, Unsolvable
from modulo.problem import Problem
from modulo.protocols import Backprompter, Expansion, Strategy
from modulo.running.calls import Caller, Retries
from modulo.running.judging import Judge, applicable_critics
from modulo.running.scheduler import Plan, Scheduler
from modulo.running.workers import WorkerPool, worker_pool
from modulo.strategies.refine import Refine
from modulo.trace import Trace
from modulo.tree import Attempt, Tree
from modulo.version import __version__

__all__ = ["Run", "RunOptions", "Select", "active_ledger", "as_problem", "type_id"]

Select: TypeAlias = Literal["first", "best"]

_FAILURES_IN_A_ROW: Final = 3
"""Attempts in a row without a judgement after which a run stops with ``error``."""

_ACTIVE_LEDGER: ContextVar[Ledger | None] = ContextVar("modulo_active_ledger", default=None)
"""The ledger of the run that is at work, so that a loop nested in one of its nodes is charged to it."""


def active_ledger() -> Ledger | None:
    """The ledger of the run that is at work here, if any."""
    return _ACTIVE_LEDGER.get()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """How to run a graph on a problem; see ``modulo.solve`` for what each means."""

    strategy: Strategy = field(default_factory=Refine)
    backprompter: Backprompter = field(default_factory=ChatBackprompter)
    budget: Budget = field(default_factory=Budget)
    within: Ledger | None = None
    select: Select = "first"
    seed: int = 0
    retries: Retries = field(default_factory=Retries)
    max_concurrency: int = 16
    clock: Clock = field(default_factory=SystemClock)
    trace: Trace | None = None

    def __post_init__(self) -> None:
        if self.select not in ("first", "best"):
            raise ConfigurationError(f"select must be 'first' or 'best', not {self.select!r}")
        if self.max_concurrency < 1:
            raise ConfigurationError(f"max_concurrency must be at least 1, not {self.max_concurrency!r}")


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
        known_critiques: Critiques not to be asked for again (for replay).

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
        known_critiques: Mapping[tuple[str, ...], Critique] | None = None,
    ) -> None:
        self._known_critiques = known_critiques
        self._program: Program = graph.check()
        self._problem = as_problem(graph, problem)
        self._critics = applicable_critics(self._program, self._problem)
        self._options = options
        self._clock = options.clock
        self._sinks = (*(options.trace.sinks() if options.trace else ()), *sinks)
        self._tree = Tree(self._program, self._problem, seed=options.seed)
        self._turns = dict.fromkeys((node.name for node in self._program.generators), 0)
        self._next_attempt = 0
        self._round = 0
        self._failures_in_a_row = 0
        self._unfinished_round: _Round
        self._scope = anyio.CancelScope()
        self._is_cancelled = False
        self._started = self._clock.now()

    def cancel(self) -> None:
        """End the run with the outcome ``Exhausted(cancelled)``; calls and processes end with it."""
        self._is_cancelled = True
        self._scope.cancel()

    async def outcome(self) -> Outcome[Any]:
        """Run to the end.

        Raises:
            ModuloError: Something is missing or misconfigured; raised before the first call.
        """
        outer = self._enclosing_ledger()
        await self._prepare(outer)
        self._started = self._clock.now()
        ledger = Ledger(
            self._options.budget,
            parent=self._options.within or outer,
            charges_rounds=self._options.within is not None,
            clock=self._clock,
        )
        token = _ACTIVE_LEDGER.set(ledger)
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
        finally:
            _ACTIVE_LEDGER.reset(token)
        return self._conclude(ledger, stop)

    def _enclosing_ledger(self) -> Ledger | None:
        return active_ledger() if self._options.within is None else None

    async def _prepare(self, outer: Ledger | None) -> None:
        budget, above = self._options.budget, self._options.within or outer

        def limits(resource: str) -> bool:
            return getattr(budget, resource) is not None or (above is not None and above.limits(resource))

        for nodes in self._critics.values():
            for critic in nodes:
                await critic.critic.prepare()
        for generator in self._program.generators:
            await generator.generator.prepare(limits)

    def _needs_processes(self) -> bool:
        return any(runs_in_process(node.critic) for nodes in self._critics.values() for node in nodes)

    async def _until_stop(self, ledger: Ledger, pool: WorkerPool | None) -> _Stop:
        with self._scope, self._clock.move_on_after(ledger.seconds_left()):
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
        emit = self._emit if self._sinks else None
        caller = Caller(
            ledger=ledger,
            clock=self._clock,
            retries=self._options.retries,
            random=Random(self._options.seed),
            emit=emit,
            elapsed=self._elapsed,
        )
        return Scheduler(
            program=self._program,
            problem=self._problem,
            tree=self._tree,
            caller=caller,
            judge=Judge(
                self._problem, self._critics, pool=pool, clock=self._clock, known=self._known_critiques
            ),
            ledger=ledger,
            backprompter=self._options.backprompter,
            remarks_wanted=self._options.select == "best",
            emit=emit,
            elapsed=self._elapsed,
        )

    async def _rounds(self, ledger: Ledger, scheduler: Scheduler) -> None:
        self._unfinished_round = _Round(self._program, scheduler, self._stops_siblings)
        while True:
            try:
                this_round = ledger.reserve_now(Usage(rounds=1))
            except LimitReached as limit:
                raise _Stop(StopReason.of_limit(limit.resource)) from None
            ran = False
            try:
                plans = self._plan(self._options.strategy.ask(self._tree, self._options.max_concurrency))
                if not plans:
                    raise _Stop(StopReason.STUCK)
                ran = True
                await self._unfinished_round.run(plans)
                ran = not all(isinstance(result, LimitReached) for result in self._unfinished_round.results)
            finally:
                this_round.settle(Usage(rounds=int(ran)))
            results = self._unfinished_round.results
            self._unfinished_round = _Round(self._program, scheduler, self._stops_siblings)
            self._take(results)

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
            raise ConfigurationError(f"{strategy} asked {node!r} to go on from {parent}, not one of its attempts")
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
        for attempt in attempts:
            self._failures_in_a_row = self._failures_in_a_row + 1 if attempt.error else 0
        fatal = [a for a in attempts if a.error_kind in ("authentication", "request_rejected", "depleted")]
        if attempts and len(fatal) == len(attempts):
            depleted = all(attempt.error_kind == "depleted" for attempt in fatal)
            raise _Stop(StopReason.STUCK if depleted else StopReason.ERROR, error=fatal[0].error)
        if self._failures_in_a_row >= _FAILURES_IN_A_ROW:
            raise _Stop(StopReason.ERROR, error=attempts[-1].error)

    def _conclude(self, ledger: Ledger, stop: _Stop) -> Outcome[Any]:
        if self._options.select == "best" and stop.reason not in (StopReason.ERROR, StopReason.UNSOLVABLE):
            best = max(self._tree.certified, key=lambda a: (a.score, -a.id), default=None)
            if best is not None:
                stop = _Stop(StopReason.CERTIFIED, attempt=best)
        books: dict[str, Any] = {
            "usage": ledger.spent,
            "unconfirmed": ledger.unconfirmed,
            "seconds": self._elapsed(),
        }
        attempts = tuple(self._tree.attempts)
        if stop.attempt is None:
            self._emit_end(ledger, stop)
            return Exhausted(stop.reason, attempts, error=stop.error, **books)
        certificate = self._certificate(stop.attempt)
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

    def _certificate(self, attempt: Attempt) -> Any:
        from modulo.certificate import certificate_of

        if not self._problem.is_unchanged():
            raise CriticError("(any)", "the problem was changed while it was being judged")
        parts = [*self._built_on(attempt), attempt]
        critics = []
        for part in parts:
            nodes = {node.name: node for node in self._critics[self._program.stage_of[part.node]]}
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
            "budget": asdict(options.budget),
            "select": options.select,
            "seed": options.seed,
            "retries": asdict(options.retries),
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

    def _elapsed(self) -> float:
        return self._clock.now() - self._started


class _Round:
    """The expansions of one ask, run at the same time."""

    def __init__(
        self, program: Program, scheduler: Scheduler, stops_siblings: Callable[[Attempt], bool]
    ) -> None:
        self._program = program
        self._scheduler = scheduler
        self._stops_siblings = stops_siblings
        self._scopes: dict[str, list[anyio.CancelScope]] = {}
        self._won: set[str] = set()
        self.results: list[list[Attempt] | LimitReached] = []
        self._error: Exception | None = None

    async def run(self, plans: Sequence[Plan]) -> None:
        """Run all plans; ``results`` then has what came of each, in order. A cancelled sibling has nothing."""
        self.results += ([] for _ in plans)
        if len(plans) == 1:  # the common case needs no task of its own
            await self._run_one(0, plans[0])
        else:
            async with anyio.create_task_group() as tasks:
                for i, plan in enumerate(plans):
                    tasks.start_soon(self._run_in_scope, i, plan)
        if self._error is not None:
            raise self._error

    async def _run_in_scope(self, i: int, plan: Plan) -> None:
        artefact = self._program.stage_of[plan.expansion.node]
        if artefact in self._won or self._error is not None:
            return
        siblings = self._scopes.setdefault(artefact, [])
        with anyio.CancelScope() as scope:
            siblings.append(scope)
            try:
                await self._run_one(i, plan)
            except Exception as error:
                # Kept and raised after the group, so that the user gets this error and no group of errors.
                self._error = self._error or error
                self._cancel(scope for scopes in self._scopes.values() for scope in scopes)
                return
        result = self.results[i]
        if isinstance(result, list) and any(map(self._stops_siblings, result)):
            self._won.add(artefact)
            self._cancel(siblings)

    async def _run_one(self, i: int, plan: Plan) -> None:
        attempts: list[Attempt] = []
        self.results[i] = attempts
        try:
            await self._scheduler.run(plan, attempts)
        except LimitReached as limit:
            self.results[i] = limit

    @staticmethod
    def _cancel(scopes: Iterable[anyio.CancelScope]) -> None:
        for scope in scopes:
            scope.cancel()


def as_problem(graph: Graph, problem: Any) -> Problem[Any]:
    """The problem for a graph, checked against the types that the graph's functions take.

    Raises:
        ProblemError: It is not JSON-serialisable, or of another type.
    """
    result = problem if isinstance(problem, Problem) else Problem.of(problem, domain=graph.name)
    for reader, wanted in problem_types(graph):
        if isinstance(wanted, type) and not hasattr(wanted, "__args__") and wanted is not object:
            try:
                fits = isinstance(result.value, wanted)
            except TypeError:  # a protocol that cannot be checked at run time
                continue
            if not fits:
                kind = type(result.value).__name__
                raise ProblemError(f"{reader} takes a problem of type {wanted.__name__}, not {kind}")
    return result


def type_id(thing: object) -> str:
    """``module:qualified name`` of a thing's type."""
    return f"{type(thing).__module__}:{type(thing).__qualname__}"


def _words(error: BaseException) -> str | None:
    return f"{type(error).__name__}: {error}" if isinstance(error, Exception) else None
