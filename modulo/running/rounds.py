"""Rounds: the expansions of one ask, run at the same time."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from functools import partial

import anyio

from modulo.errors import LimitReached
from modulo.graph.program import Program
from modulo.running.jobs import Job, Plan
from modulo.running.scheduler import Scheduler
from modulo.running.together import run_together
from modulo.tree import Attempt

__all__ = ["Rounds"]


class Rounds:
    """The rounds of one run, one after the other.

    Args:
        scheduler: Runs the expansions.
        program: The graph.
        first_is_enough: Whether the first certified answer ends the run, so that an attempt at the answer makes the
            others superfluous too, as it does at any other artefact.

    Attributes:
        results: What came of each plan of the round at work, in order. A cancelled sibling has no attempts.
    """

    # It must not hold the run, which holds it: garbage in cycles stays until the collector comes round.
    __slots__ = ("_first_is_enough", "_program", "_scheduler", "_scopes", "_won", "results")

    def __init__(self, scheduler: Scheduler, program: Program, *, first_is_enough: bool) -> None:
        self._scheduler = scheduler
        self._program = program
        self._first_is_enough = first_is_enough
        self._scopes: dict[str, list[anyio.CancelScope]]
        self._won: set[str]
        self.results: list[list[Attempt] | LimitReached] = []

    def take(self) -> list[list[Attempt] | LimitReached]:
        """The results, which are taken away by this."""
        results, self.results = self.results, []
        return results

    def run(self, plans: Sequence[Plan]) -> Awaitable[None]:
        """Run all plans of one round; ``results`` then has what came of each.

        Raises:
            ModuloError: A prompt or backprompter fails; nothing ran then.
        """
        if len(plans) == 1:  # the common case, with as little as possible to do and to keep
            return self._run_alone(plans[0])
        return self._run_together(plans)

    async def _run_alone(self, plan: Plan) -> None:
        try:
            job = self._scheduler.begin(plan)
        except LimitReached as limit:
            self.results = [limit]
            return
        attempts: list[Attempt] = []
        self.results = [attempts]
        try:
            self._note_refusal(0, await self._scheduler.run(job, attempts))
        finally:
            self._scheduler.end(job)

    async def _run_together(self, plans: Sequence[Plan]) -> None:
        jobs: list[tuple[int, Job, list[Attempt]]] = []
        try:
            results: list[list[Attempt] | LimitReached] = []
            for i, plan in enumerate(plans):  # in the order of asking, before anything runs
                try:
                    job, attempts = self._scheduler.begin(plan), list[Attempt]()
                    jobs.append((i, job, attempts))
                    results.append(attempts)
                except LimitReached as limit:
                    results.append(limit)
            self.results = results
            if len(jobs) == 1:
                i, job, attempts = jobs[0]
                self._note_refusal(i, await self._scheduler.run(job, attempts))
            elif jobs:
                self._scopes, self._won = {}, set()
                await run_together([partial(self._run_in_scope, *begun) for begun in jobs])
        finally:
            for _, job, _ in jobs:
                self._scheduler.end(job)

    async def _run_in_scope(self, i: int, job: Job, attempts: list[Attempt]) -> None:
        artefact = job.stage.artefact
        if artefact not in self._won:
            siblings = self._scopes.setdefault(artefact, [])
            with anyio.CancelScope() as scope:
                siblings.append(scope)
                self._note_refusal(i, await self._scheduler.run(job, attempts))
        self._scheduler.end(job)
        result = self.results[i]
        if isinstance(result, list) and any(map(self._stops_siblings, result)):
            self._won.add(artefact)
            for sibling in self._scopes[artefact]:
                sibling.cancel()

    def _stops_siblings(self, attempt: Attempt) -> bool:
        """Whether an attempt makes the others at its artefact superfluous."""
        if not attempt.accepted:
            return False
        return self._first_is_enough or self._program.stage_for(attempt.node) is not self._program.answer

    def _note_refusal(self, i: int, limit: LimitReached | None) -> None:
        if limit is not None:
            self.results[i] = limit
