"""Runs one expansion: generator, reformulators, critics, under limits.

What comes out are attempts. A text without canonical form, a refusal or a crash of a critic are all things
that can be said of an attempt. Cancellation comes out as an exception, and so does the failure of a prompt function
or a backprompter: without a conversation there is no attempt.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from msgspec.structs import replace

from modulo.amount import Amount
from modulo.budget import Usage
from modulo.critique import Critique, Remark
from modulo.errors import GenerationError, LimitReached
from modulo.events import (
    Backprompted,
    CandidateReformulated,
    GenerationFinished,
    GenerationStarted,
)
from modulo.graph.program import Program
from modulo.ledger import Reservation, book_unlimited
from modulo.problem import Candidate, Problem
from modulo.prompt_hashes import PromptHashes
from modulo.protocols import Backprompter, Finish, Generation, Message, Rendered, Request
from modulo.running.beginnings import Beginnings
from modulo.running.calls import Answer, Caller
from modulo.running.conversing import BACKPROMPTER, Conversations
from modulo.running.failures import raise_of_program
from modulo.running.jobs import Job, Plan
from modulo.running.judging import Judge
from modulo.running.place import Place, enter, leave
from modulo.running.reformulating import Reformulation, critique_of_finish
from modulo.running.reporting import Reporter, announce_judgement
from modulo.running.script import Script
from modulo.tree import Attempt, Tree

__all__ = ["Scheduler"]

_NO_USAGE: Final = Usage()
_NO_ATTEMPT: Final = Amount(_NO_USAGE)
_ONE_ATTEMPT: Final = Amount(Usage(attempts=1))


class Scheduler:
    """Runs the expansions of one run.

    Args:
        program: The graph.
        problem: The problem.
        tree: The attempts so far; only read.
        caller: Makes the calls.
        judge: Runs the critics.
        place: The run, with its ledger, which limits attempts.
        backprompter: Renders conversations where an expansion brings no backprompter of its own.
        remarks_wanted: Whether soft critics are heard even where the backprompter shows no remarks.
        reporter: Takes the events.
        script: The recorded course to follow, in a replay.
    """

    def __init__(
        self,
        *,
        program: Program,
        problem: Problem[Any],
        tree: Tree,
        caller: Caller,
        judge: Judge,
        place: Place,
        backprompter: Backprompter,
        remarks_wanted: bool,
        reporter: Reporter,
        script: Script | None = None,
    ) -> None:
        self._program = program
        self._problem = problem
        self._tree = tree
        self._caller = caller
        self._judge = judge
        self._place = place
        self._limits_attempts = place.ledger.limits("attempts")
        self._backprompter = backprompter
        self._remarks_wanted = remarks_wanted
        self._reporter = reporter
        self._script = script
        is_limited = place.ledger.limits("tokens") or place.ledger.limits("cost_usd")
        self._beginnings = Beginnings() if is_limited else None
        self._hashes = PromptHashes()
        self._conversations = Conversations(problem, tree)
        self._reformulation = Reformulation(program, problem)

    def begin(self, plan: Plan) -> Job:
        """Get an expansion ready: set its attempts aside and render its conversation. Nothing waits here.

        Raises:
            LimitReached: Not a single attempt fits the budget.
            ModuloError: Its prompt or backprompter fails.
        """
        samples = plan.expansion.samples
        if self._script:
            samples = self._script.attempts_that_fitted(plan.first_attempt, samples)
        if not self._limits_attempts:
            return self._begin(plan, None, samples)
        held, samples = self._hold_attempts(samples)
        try:
            return self._begin(plan, held, samples)
        except BaseException:
            held.release()
            raise

    async def run(self, job: Job, attempts: list[Attempt]) -> LimitReached | None:
        """Run one expansion.

        Args:
            job: The expansion; it is used up by this, whatever happens.
            attempts: Takes its attempts as they are judged, in the order of samples, up to the first accepted
                one. Those judged before a cancellation stand in it too.

        Returns:
            The limit into which not even its first call fits; None if it was made.
        """
        first = job.plan.first_attempt
        try:
            answers: Sequence[Answer | None]
            if job.plan.expansion.offers is None:
                answers = await self._caller.answers(job.node.generator, job.request, first, job.samples)
            else:
                answers = [self._offered(job.plan.expansion.offers)]
            for attempt_id, answer in enumerate(answers, first):
                if answer is None:
                    continue
                token = enter(self._place.at(attempt_id))
                try:
                    if self._script is None:
                        await self._attempt(job, attempt_id, answer, attempts)
                    else:
                        with self._script.protection(attempt_id):
                            await self._script.before_judging(attempt_id)
                            await self._attempt(job, attempt_id, answer, attempts)
                finally:
                    leave(token)
                if attempts[-1].accepted:
                    break
        except LimitReached as limit:
            return limit
        finally:
            answered = 0
            for attempt in attempts:
                answered += attempt.generation is not None
            if job.attempts_held:
                job.attempts_held.settle(_amount_of_attempts(answered))
            elif answered:
                book_unlimited(self._place.ledger, _amount_of_attempts(answered))
        return None

    def end(self, job: Job) -> None:
        """Be done with an expansion, even if it never ran: give back what was set aside for it."""
        if job.attempts_held and job.attempts_held.is_open:
            job.attempts_held.release()
        if self._script:
            self._script.over(range(job.plan.first_attempt, job.plan.first_attempt + job.samples))

    def _hold_attempts(self, samples: int) -> tuple[Reservation, int]:
        """Set aside as many attempts as fit, up to the number of samples.

        Raises:
            LimitReached: Not a single one fits.
        """
        while True:
            try:
                return self._place.ledger.reserve_now(_amount_of_attempts(samples)), samples
            except LimitReached:
                if samples == 1:
                    raise
                samples -= 1

    def _begin(self, plan: Plan, attempts_held: Reservation | None, samples: int) -> Job:
        expansion = plan.expansion
        node = self._program.generator(expansion.node)
        inputs = self._tree.inputs_of(node.name)
        assert inputs is not None, "a strategy may only expand nodes whose inputs stand"
        inputs = inputs or {}  # its own, since strategies get to see it
        artefacts = self._conversations.artefacts(inputs) if inputs else {}
        backprompter = expansion.backprompter or self._backprompter
        rendered = self._conversations.render(node, expansion.parent, inputs, artefacts, backprompter)
        try:
            sees_all_critiques = backprompter.needs_all_critiques
        except BaseException as error:  # noqa: BLE001  raised by this
            raise_of_program(BACKPROMPTER, node.name, error)
        job = Job(
            plan=plan,
            samples=samples,
            attempts_held=attempts_held,
            request=Request(
                problem=self._problem,
                messages=rendered.messages,
                sampling=expansion.sampling,
                inputs=tuple([artefacts[name] for name in node.reads]) if node.reads else (),
                node=node.name,
                turn=plan.turn,
                prefix=expansion.prefix,
                prefills=expansion.prefills,
                schema=rendered.schema,
                begins_with=self._beginning(plan, rendered.messages) if self._beginnings else 0,
            ),
            node=node,
            stage=self._program.stage_for(node.name),
            inputs=inputs,
            artefacts=artefacts,
            prompt_sha256=self._hashes.of(rendered.messages),
            sees_all_critiques=sees_all_critiques,
        )
        if self._reporter.emit:
            self._announce(job, rendered)
        return job

    def _beginning(self, plan: Plan, messages: tuple[Message, ...]) -> int:
        """How much of a prompt was one before; and remember this one for those that go on from it."""
        assert self._beginnings is not None
        for attempt in range(plan.first_attempt, plan.first_attempt + plan.expansion.samples):
            self._beginnings.note(attempt, messages)
        return self._beginnings.length(plan.expansion, messages)

    def _offered(self, attempt_id: int) -> Generation:
        """An earlier answer, for which nothing has to be paid again."""
        generation = self._tree[attempt_id].generation
        assert generation is not None, "what has a candidate has an answer"
        return replace(generation, usage=_NO_USAGE)

    def _announce(self, job: Job, rendered: Rendered) -> None:
        emit, at = self._reporter.emit, self._reporter.elapsed()
        assert emit is not None
        plan, expansion = job.plan, job.plan.expansion
        if expansion.parent is not None:
            emit(
                Backprompted(
                    at=at,
                    attempt=plan.first_attempt,
                    parent=expansion.parent,
                    reveals=rendered.reveals,
                    violations_shown=rendered.violations_shown,
                    violations_known=rendered.violations_known,
                )
            )
        emit(
            GenerationStarted(
                at=at,
                attempt=plan.first_attempt,
                samples=job.samples,
                round=plan.round,
                node=job.node.name,
                turn=plan.turn,
                parent=expansion.parent,
                inputs=job.inputs,
                sampling=expansion.sampling,
                prompt_sha256=job.prompt_sha256,
                messages=rendered.messages,
                prefix=expansion.prefix,
                prefills=expansion.prefills,
                judged=expansion.judged,
                offers=expansion.offers,
                label=expansion.label,
            )
        )

    async def _attempt(self, job: Job, attempt_id: int, answer: Answer, attempts: list[Attempt]) -> None:
        """Turn one answer into a judged attempt."""
        reporter = self._reporter
        if isinstance(answer, GenerationError):
            if reporter.emit:
                reporter.emit(
                    GenerationFinished(
                        at=reporter.elapsed(),
                        attempt=attempt_id,
                        generation=None,
                        error_kind=answer.kind,
                        error=str(answer),
                    )
                )
            failed = self._finished(job, attempt_id, None, error=str(answer), error_kind=answer.kind)
            attempts.append(failed)
            return
        if reporter.emit:
            reporter.emit(GenerationFinished(at=reporter.elapsed(), attempt=attempt_id, generation=answer))
        candidate: Candidate[Any] | Critique
        if job.plan.expansion.offers is not None:
            candidate = self._reformulation.offered(job, self._tree[job.plan.expansion.offers].candidate)
        elif job.stage.paths[job.node.name]:
            candidate = await self._reformulation.candidate(job, answer)
        else:
            candidate = self._reformulation.text_itself(job, answer)
        if isinstance(candidate, Critique):
            attempts.append(self._finished(job, attempt_id, answer, critiques=(candidate,)))
            return
        if reporter.emit:
            reporter.emit(CandidateReformulated(at=reporter.elapsed(), attempt=attempt_id, candidate=candidate))
        if not job.plan.expansion.judged:
            attempts.append(self._finished(job, attempt_id, answer, candidate))
            return
        await self._judged(job, attempt_id, answer, candidate, attempts)

    async def _judged(
        self,
        job: Job,
        attempt_id: int,
        generation: Generation,
        candidate: Candidate[Any],
        attempts: list[Attempt],
    ) -> None:
        stage = job.stage
        critiques = await self._judge.critiques(
            stage, candidate, job.artefacts, stops_at_rejection=not job.sees_all_critiques
        )
        accepted = self._judge.accepts(stage, candidate, critiques)
        if generation.finish is Finish.TRUNCATED and not accepted:
            critiques = (critique_of_finish(job.node.name, generation), *critiques)
        if not stage.soft_critics:
            attempts.append(self._finished(job, attempt_id, generation, candidate, critiques, (), accepted))
            return
        remarks: list[Remark] = []
        try:
            if self._hears_remarks(job, accepted):
                await self._judge.hear_remarks(stage, candidate, job.artefacts, remarks)
        except BaseException:  # cancelled; who is slow to remark must not take back what was accepted
            if accepted:
                unheard = [_unheard(node.name) for node in stage.soft_critics[len(remarks) :]]
                remarks += unheard
                attempts.append(
                    self._finished(job, attempt_id, generation, candidate, critiques, remarks, accepted)
                )
            raise
        attempts.append(self._finished(job, attempt_id, generation, candidate, critiques, remarks, accepted))

    def _hears_remarks(self, job: Job, accepted: bool) -> bool:
        """Whether anybody will look at what soft critics say: whoever chooses among answers, or a backprompt."""
        ends_the_run = accepted and job.stage is self._program.answer
        return self._remarks_wanted or (job.sees_all_critiques and not ends_the_run)

    def _finished(
        self,
        job: Job,
        attempt_id: int,
        generation: Generation | None,
        candidate: Candidate[Any] | None = None,
        critiques: tuple[Critique, ...] = (),
        remarks: Sequence[Remark] = (),
        accepted: bool = False,
        error: str | None = None,
        error_kind: str | None = None,
    ) -> Attempt:
        for critique in critiques:
            if critique.failed and error is None:
                error, error_kind = f"{critique.critic!r} gave no verdict: {critique.reason}", "critic"
        plan = job.plan
        attempt = Attempt(
            id=attempt_id,
            round=plan.round,
            node=job.node.name,
            parent=plan.expansion.parent,
            inputs=job.inputs,
            sampling=plan.expansion.sampling,
            generation=generation,
            candidate=candidate,
            critiques=critiques,
            remarks=tuple(remarks),
            accepted=accepted,
            error=error,
            error_kind=error_kind,
            judged=plan.expansion.judged,
            label=plan.expansion.label,
        )
        if self._reporter.emit:
            announce_judgement(self._reporter, attempt)
        return attempt


def _unheard(critic: str) -> Remark:
    return Remark(score=0.0, critic=critic, error="the run ended before it could say anything")


def _amount_of_attempts(count: int) -> Amount:
    if count == 1:
        return _ONE_ATTEMPT
    return Amount(Usage(attempts=count)) if count else _NO_ATTEMPT
