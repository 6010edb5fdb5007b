"""Runs one expansion: generator, reformulators, critics, under limits.

What comes out are attempts. A text without canonical form, a refusal or a crash of a critic are all things
that can be said of an attempt; nothing but cancellation and programming errors of our own come out as
exceptions.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final, TypeGuard

from msgspec import Struct

from modulo.budget import Usage
from modulo.critique import Critique, Remark, Verdict, Violation, malformed_critique
from modulo.errors import GenerationError, LimitReached, Malformed, ModuloError, ProblemError
from modulo.events import (
    AttemptFinished,
    Backprompted,
    CandidateReformulated,
    CritiqueGiven,
    Event,
    GenerationFinished,
    GenerationStarted,
    RemarkGiven,
)
from modulo.graph.nodes import GeneratorNode, ReformulatorNode
from modulo.graph.program import Program, Stage
from modulo.ledger import Ledger, Reservation
from modulo.problem import NO_SOLUTION, Candidate, Problem
from modulo.protocols import (
    Backprompter,
    Conversation,
    Expansion,
    Finish,
    Generation,
    Message,
    Rendered,
    Request,
)
from modulo.running.calls import Answer, Caller
from modulo.running.failures import is_failure
from modulo.running.judging import Judge
from modulo.running.place import At
from modulo.running.placement import run_placed
from modulo.running.script import Script
from modulo.trace import PromptHashes
from modulo.tree import Attempt, Tree

__all__ = ["Job", "Plan", "Scheduler"]


_ONE_ATTEMPT: Final = Usage(attempts=1)
_NO_PROTECTION: Final[AbstractContextManager[Any]] = nullcontext()


class Plan(Struct, frozen=True, kw_only=True):
    """An expansion with everything that was decided when it was asked for, so that timing decides nothing.

    Attributes:
        expansion: What the strategy wants.
        first_attempt: Id of its first attempt; further samples have the following ids.
        round: The ask that it came from.
        turn: How many times its node was asked before.
    """

    expansion: Expansion
    first_attempt: int
    round: int
    turn: int


class Job(Struct, frozen=True, kw_only=True):
    """A plan that is ready to run: what is the same for all its samples."""

    plan: Plan
    samples: int
    attempts_held: Reservation
    request: Request
    node: GeneratorNode
    stage: Stage
    inputs: Mapping[str, int]
    artefacts: Mapping[str, Candidate[Any]]
    prompt_sha256: str
    sees_all_critiques: bool


class Scheduler:
    """Runs the expansions of one run.

    Args:
        program: The graph.
        problem: The problem.
        tree: The attempts so far; only read.
        caller: Makes the calls.
        judge: Runs the critics.
        ledger: For the limit on attempts.
        backprompter: Renders conversations where an expansion brings no backprompter of its own.
        remarks_wanted: Whether soft critics are heard even where the backprompter shows no remarks.
        emit: Takes the events; None if nobody listens.
        elapsed: Seconds since the run started.
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
        ledger: Ledger,
        backprompter: Backprompter,
        remarks_wanted: bool,
        emit: Callable[[Event], None] | None,
        elapsed: Callable[[], float],
        script: Script | None = None,
    ) -> None:
        self._program = program
        self._problem = problem
        self._tree = tree
        self._caller = caller
        self._judge = judge
        self._ledger = ledger
        self._backprompter = backprompter
        self._remarks_wanted = remarks_wanted
        self._emit = emit
        self._elapsed = elapsed
        self._script = script
        self._hashes = PromptHashes()
        self._rendered: dict[Any, Any] = {}
        self._prompts: dict[tuple[str, tuple[int, ...]], tuple[Message, ...]] = {}

    def begin(self, plan: Plan) -> Job:
        """Get an expansion ready: set its attempts aside and render its conversation. Nothing waits here.

        Raises:
            LimitReached: Not a single attempt fits the budget.
        """
        held, samples = self._hold_attempts(plan.expansion.samples)
        try:
            return self._begin(plan, held, samples)
        except BaseException:
            held.release()
            raise

    async def run(self, job: Job, attempts: list[Attempt]) -> None:
        """Run one expansion.

        Args:
            job: The expansion; it is used up by this, whatever happens.
            attempts: Takes its attempts as they are judged, in the order of samples, up to the first accepted
                one. Those judged before a cancellation stand in it too.

        Raises:
            LimitReached: Not even its first call fits the budget.
        """
        first = job.plan.first_attempt
        try:
            answers = await self._caller.answers(job.node.generator, job.request, first, job.samples)
            for attempt_id, answer in enumerate(answers, first):
                if answer is None:
                    continue
                with At.attempt(attempt_id), self._protection(attempt_id):
                    attempts.append(await self._attempt(job, attempt_id, answer))
                if attempts[-1].accepted:
                    break
        finally:
            judged = sum([attempt.generation is not None for attempt in attempts])
            job.attempts_held.settle(_ONE_ATTEMPT if judged == 1 else Usage(attempts=judged))

    def _protection(self, attempt_id: int) -> AbstractContextManager[Any]:
        return self._script.protection(attempt_id) if self._script else _NO_PROTECTION

    def end(self, job: Job) -> None:
        """Be done with an expansion, even if it never ran: give back what was set aside for it."""
        if job.attempts_held.is_open:
            job.attempts_held.release()
        if self._script:
            self._script.over(range(job.plan.first_attempt, job.plan.first_attempt + job.samples))

    def _hold_attempts(self, samples: int) -> tuple[Reservation, int]:
        """Set aside as many attempts as fit, up to the number of samples."""
        while True:
            try:
                amount = _ONE_ATTEMPT if samples == 1 else Usage(attempts=samples)
                return self._ledger.reserve_now(amount), samples
            except LimitReached:
                if samples == 1:
                    raise
                samples -= 1

    def _begin(self, plan: Plan, attempts_held: Reservation, samples: int) -> Job:
        expansion = plan.expansion
        node = self._program.generator(expansion.node)
        inputs = self._tree.inputs_of(node.name)
        assert inputs is not None, "a strategy may only expand nodes whose inputs stand"
        artefacts = self._artefacts(inputs)
        backprompter = expansion.backprompter or self._backprompter
        rendered = self._render(plan, node, inputs, artefacts, backprompter)
        request = Request(
            problem=self._problem,
            messages=rendered.messages,
            sampling=expansion.sampling,
            inputs=tuple([artefacts[name] for name in node.reads]),
            node=node.name,
            turn=plan.turn,
        )
        job = Job(
            plan=plan,
            samples=samples,
            attempts_held=attempts_held,
            request=request,
            node=node,
            stage=self._program.stages[self._program.stage_of[node.name]],
            inputs=inputs,
            artefacts=artefacts,
            prompt_sha256=self._hashes.of(rendered.messages),
            sees_all_critiques=backprompter.needs_all_critiques,
        )
        self._announce(job, rendered)
        return job

    def _artefacts(self, inputs: Mapping[str, int]) -> dict[str, Candidate[Any]]:
        """The certified candidates that an attempt builds on, directly or not, by artefact."""
        found: dict[str, Candidate[Any]] = {}
        for name, made_by in inputs.items():
            attempt = self._tree[made_by]
            assert attempt.candidate is not None
            found |= self._artefacts(attempt.inputs) | {name: attempt.candidate}
        return found

    def _render(
        self,
        plan: Plan,
        node: GeneratorNode,
        inputs: Mapping[str, int],
        artefacts: Mapping[str, Candidate[Any]],
        backprompter: Backprompter,
    ) -> Rendered:
        prompt = self._prompt(node, inputs, artefacts)
        parent = plan.expansion.parent
        if parent is None:
            return Rendered(messages=prompt)
        tip = self._tree[parent]
        conversation = Conversation(
            problem=self._problem,
            prompt=prompt,
            turns=self._tree.turns(tip),
            node=node.name,
            memo=self._rendered,
        )
        return backprompter.render(conversation)

    def _prompt(
        self, node: GeneratorNode, inputs: Mapping[str, int], artefacts: Mapping[str, Candidate[Any]]
    ) -> tuple[Message, ...]:
        """The opening of a conversation; the same object for the same inputs."""
        key = (node.name, tuple(inputs.values()))
        if key not in self._prompts:
            values = [artefacts[name].value() for name in node.reads]
            self._prompts[key] = _as_messages(node, self._problem, values)
        return self._prompts[key]

    def _announce(self, job: Job, rendered: Rendered) -> None:
        if not self._emit:
            return
        plan, expansion = job.plan, job.plan.expansion
        if expansion.parent is not None:
            self._emit(
                Backprompted(
                    at=self._elapsed(),
                    attempt=plan.first_attempt,
                    parent=expansion.parent,
                    reveals=rendered.reveals,
                    violations_shown=rendered.violations_shown,
                    violations_known=rendered.violations_known,
                )
            )
        self._emit(
            GenerationStarted(
                at=self._elapsed(),
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
            )
        )

    async def _attempt(self, job: Job, attempt_id: int, answer: Answer) -> Attempt:
        """Turn one answer into a judged attempt."""
        if self._script:
            await self._script.before_judging(attempt_id)
        if isinstance(answer, GenerationError):
            return self._finished(job, attempt_id, None, failure=answer)
        if self._emit:
            self._emit(GenerationFinished(at=self._elapsed(), attempt=attempt_id, generation=answer))
        candidate, fault = await self._candidate(job, answer)
        if candidate is None:
            assert fault is not None
            self._emit_critiques(attempt_id, (fault,))
            return self._finished(job, attempt_id, answer, critiques=(fault,))
        if self._emit:
            self._emit(CandidateReformulated(at=self._elapsed(), attempt=attempt_id, candidate=candidate))
        return await self._judged(job, attempt_id, answer, candidate)

    async def _judged(
        self, job: Job, attempt_id: int, generation: Generation, candidate: Candidate[Any]
    ) -> Attempt:
        critiques = await self._judge.critiques(
            job.stage, candidate, job.artefacts, stops_at_rejection=not job.sees_all_critiques
        )
        accepted = self._judge.accepts(job.stage, candidate, critiques)
        if generation.finish is Finish.TRUNCATED and not accepted:
            critiques = (_critique_of_finish(job.node.name, generation), *critiques)
        self._emit_critiques(attempt_id, critiques)
        remarks: tuple[Remark, ...] = ()
        if job.stage.soft_critics and (self._remarks_wanted or job.sees_all_critiques):
            remarks = await self._judge.remarks(job.stage, candidate, job.artefacts)
        if self._emit:
            for remark in remarks:
                self._emit(RemarkGiven(at=self._elapsed(), attempt=attempt_id, remark=remark))
        return self._finished(
            job,
            attempt_id,
            generation,
            candidate=candidate,
            critiques=critiques,
            remarks=remarks,
            accepted=accepted,
        )

    def _emit_critiques(self, attempt_id: int, critiques: Sequence[Critique]) -> None:
        if self._emit:
            for critique in critiques:
                self._emit(CritiqueGiven(at=self._elapsed(), attempt=attempt_id, critique=critique))

    def _finished(
        self,
        job: Job,
        attempt_id: int,
        generation: Generation | None,
        *,
        failure: GenerationError | None = None,
        critiques: tuple[Critique, ...] = (),
        **rest: Any,
    ) -> Attempt:
        failed = next((critique for critique in critiques if critique.failed), None)
        error, kind = None, None
        if failure is not None:
            error, kind = str(failure), failure.kind
        elif failed is not None:
            error, kind = f"{failed.critic!r} gave no verdict: {failed.reason}", "critic"
        attempt = Attempt(
            id=attempt_id,
            round=job.plan.round,
            node=job.node.name,
            parent=job.plan.expansion.parent,
            inputs=job.inputs,
            sampling=job.plan.expansion.sampling,
            generation=generation,
            critiques=critiques,
            error=error,
            error_kind=kind,
            **rest,
        )
        if self._emit:
            self._emit_end(attempt)
        return attempt

    def _emit_end(self, attempt: Attempt) -> None:
        assert self._emit is not None
        if attempt.generation is None:
            self._emit(
                GenerationFinished(
                    at=self._elapsed(),
                    attempt=attempt.id,
                    generation=None,
                    error_kind=attempt.error_kind,
                    error=attempt.error,
                )
            )
        self._emit(
            AttemptFinished(
                at=self._elapsed(),
                attempt=attempt.id,
                round=attempt.round,
                accepted=attempt.accepted,
                violations=attempt.violation_count,
                error=attempt.error,
            )
        )

    async def _candidate(
        self, job: Job, generation: Generation
    ) -> tuple[Candidate[Any] | None, Critique | None]:
        """The canonical candidate in a generation, or the critique that says why there is none."""
        if generation.finish in (Finish.REFUSED, Finish.EMPTY, Finish.MALFORMED):
            return None, _critique_of_finish(job.node.name, generation)
        value: Any = generation.text
        at = job.node.name
        try:
            for reformulator in job.stage.paths[job.node.name]:
                at = reformulator.name
                value = await self._convert(reformulator, value)
                if value is NO_SOLUTION:
                    break
            return self._make_candidate(job, generation, value), None
        except BaseException as error:  # a user's reformulator may raise anything; a crash is no verdict
            if _says_malformed(error):
                return None, _malformed(at, error, generation)
            if not is_failure(error):
                raise
            return None, Critique(
                Verdict.UNDECIDED, reason=f"{type(error).__name__}: {error}", failed=True, critic=at
            )

    def _make_candidate(self, job: Job, generation: Generation, value: Any) -> Candidate[Any]:
        if value is NO_SOLUTION and job.stage is not self._program.answer:
            raise Malformed("This part of the problem must be answered; it cannot be called unsolvable.")
        return Candidate.of(
            value,
            codec=job.stage.codec,
            text=generation.text,
            node=job.node.name,
            model=generation.model,
            prompt_sha256=job.prompt_sha256,
        )

    async def _convert(self, node: ReformulatorNode, value: Any) -> Any:
        if node.convert is None:
            return value
        args = (value, self._problem.value) if node.wants_problem else (value,)
        if inspect.iscoroutinefunction(node.convert) or inspect.iscoroutinefunction(
            type(node.convert).__call__
        ):
            return await node.convert(*args)
        size = len(value) if isinstance(value, str) else 0
        result = await run_placed(node.convert, *args, owner=node.convert, size=size)
        return await result if inspect.isawaitable(result) else result


def _as_messages(node: GeneratorNode, problem: Problem[Any], values: Sequence[Any]) -> tuple[Message, ...]:
    if node.prompt is None:
        parts = [problem.value if isinstance(problem.value, str) else problem.canonical.decode()]
        parts += [value if isinstance(value, str) else str(value) for value in values]
        return (Message("user", "\n\n".join(parts)),)
    prompt = node.prompt(problem.value, *values)
    if isinstance(prompt, str):
        return (Message("user", prompt),)
    messages = tuple(prompt)
    if not messages or not all(isinstance(message, Message) for message in messages):
        raise ProblemError(f"the prompt of generator {node.name!r} is neither text nor messages")
    return messages


_FINISHES: Mapping[Finish, tuple[str, str]] = {
    Finish.TRUNCATED: ("truncated", "The answer was cut off at the longest length allowed. Answer shorter."),
    Finish.REFUSED: ("refused", "The request was refused. It is harmless; please answer it."),
    Finish.EMPTY: ("empty", "The answer was empty."),
    Finish.MALFORMED: ("malformed", "The answer does not have the required form."),
}


def _critique_of_finish(node: str, generation: Generation) -> Critique:
    code, message = _FINISHES[generation.finish]
    violation = Violation(code, message, actual=generation.detail)
    return Critique(Verdict.REJECT, (violation,), critic=node)


def _says_malformed(error: BaseException) -> TypeGuard[ValueError]:
    """Whether an exception is about the text. Our other errors say what is missing, which is no fault of it."""
    if isinstance(error, ModuloError):
        return isinstance(error, (Malformed, ProblemError))
    return isinstance(error, ValueError)


def _malformed(node: str, error: ValueError, generation: Generation) -> Critique:
    critique = malformed_critique(error, critic=node)
    if generation.finish is not Finish.TRUNCATED:
        return critique
    truncated = _critique_of_finish(node, generation)
    return Critique(Verdict.REJECT, truncated.violations + critique.violations, critic=node)
