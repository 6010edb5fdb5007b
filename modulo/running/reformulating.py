"""From a generator's text to the canonical candidate that critics judge, or to the reason why there is none."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, TypeGuard

from modulo.critique import Critique, Verdict, Violation, malformed_critique
from modulo.errors import Malformed, ModuloError, ProblemError
from modulo.graph.nodes import ReformulatorNode
from modulo.graph.program import Program
from modulo.mending import Mending
from modulo.problem import NO_SOLUTION, Candidate, Problem
from modulo.protocols import Finish, Generation
from modulo.running.cancelling import cancellation_is_under_way, let_cancellation_arrive
from modulo.running.failures import is_failure
from modulo.running.jobs import Job
from modulo.running.placement import pace_of, run_placed

__all__ = ["Reformulation", "critique_of_finish"]

_HAS_NO_TEXT = (Finish.REFUSED, Finish.EMPTY, Finish.MALFORMED, Finish.TOOL_CALLS)


class Reformulation:
    """The reformulators of a program, at work on the answers to one problem."""

    def __init__(self, program: Program, problem: Problem[Any]) -> None:
        self._program = program
        self._problem = problem

    async def candidate(self, job: Job, generation: Generation) -> Candidate[Any] | Critique:
        """The canonical candidate in a generation, or the critique that says why there is none."""
        if generation.finish in _HAS_NO_TEXT:
            return critique_of_finish(job.node.name, generation)
        value: Any = generation.text
        at = job.node.name
        mending = Mending()
        try:
            for reformulator in job.stage.paths[job.node.name]:
                at = reformulator.name
                with mending:
                    value = await self._convert(reformulator, value)
                if value is NO_SOLUTION:
                    break
            return self._make(job, generation, value, mending.mends)
        except BaseException as error:  # a user's reformulator may raise anything; a crash is no verdict
            if _says_malformed(error):
                return _malformed(at, error, generation)
            if not is_failure(error):
                raise
            reason = f"{type(error).__name__}: {error}"
            return Critique(Verdict.UNDECIDED, reason=reason, failed=True, critic=at)

    def offered(self, job: Job, candidate: Candidate[Any] | None) -> Candidate[Any]:
        """What an earlier answer was read as. Reformulators that were asked again could find something else."""
        assert candidate is not None, "the planner lets nothing else be offered"
        # Made anew of its bytes: a value beside them has been in the hands of the strategy.
        codec = job.stage.codec
        return Candidate.of(
            NO_SOLUTION if candidate.claims_unsolvable else codec.decode(candidate.canonical),
            codec=codec,
            text=candidate.text,
            node=candidate.node,
            model=candidate.model,
            prompt_sha256=candidate.prompt_sha256,
            mended=candidate.mended,
        )

    def text_itself(self, job: Job, generation: Generation) -> Candidate[Any] | Critique:
        """What ``candidate`` gives where no reformulator stands between the generator and the artefact."""
        if generation.finish in _HAS_NO_TEXT:
            return critique_of_finish(job.node.name, generation)
        try:
            return self._make(job, generation, generation.text, ())
        except ProblemError as error:  # a text that JSON cannot carry
            return _malformed(job.node.name, error, generation)

    def _make(self, job: Job, generation: Generation, value: Any, mended: tuple[str, ...]) -> Candidate[Any]:
        if value is NO_SOLUTION and job.stage is not self._program.answer:
            raise Malformed("This part of the problem must be answered; it cannot be called unsolvable.")
        return Candidate.of(
            value,
            codec=job.stage.codec,
            text=generation.text,
            node=job.node.name,
            model=generation.model,
            prompt_sha256=job.prompt_sha256,
            mended=mended,
        )

    async def _convert(self, node: ReformulatorNode, value: Any) -> Any:
        convert = node.convert
        if convert is None:
            return value
        if cancellation_is_under_way():
            await let_cancellation_arrive()
        args = (value, self._problem.value) if node.wants_problem else (value,)
        if node.name in self._program.async_conversions:
            return await convert(*args)
        size = len(value) if isinstance(value, str) else 0
        result = await run_placed(convert, *args, pace=pace_of(convert), size=size)
        return await result if inspect.isawaitable(result) else result


_FINISHES: Mapping[Finish, tuple[str, str]] = {
    Finish.TRUNCATED: ("truncated", "The answer was cut off at the longest length allowed. Answer shorter."),
    Finish.REFUSED: ("refused", "The request was refused. It is harmless; please answer it."),
    Finish.EMPTY: ("empty", "The answer was empty."),
    Finish.MALFORMED: ("malformed", "The answer does not have the required form."),
    Finish.TOOL_CALLS: ("tool_calls", "Tools were called, and no answer was given."),
}


def critique_of_finish(node: str, generation: Generation) -> Critique:
    """What is wrong with an answer that did not come to its proper end."""
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
    truncated = critique_of_finish(node, generation)
    return Critique(Verdict.REJECT, truncated.violations + critique.violations, critic=node)
