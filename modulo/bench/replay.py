"""Runs recorded runs again through the real loop, with today's reformulators and critics."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from modulo.api import solve
from modulo.backprompt import ChatBackprompter
from modulo.bench.recordings import Recording, suites_and_models
from modulo.budget import Budget, Usage
from modulo.domain import Domain
from modulo.generators.transcript import TranscriptGenerator
from modulo.outcome import Exhausted, Outcome, StopReason
from modulo.running.together import run_together
from modulo.strategies.refine import Refine

__all__ = ["GroupResult", "RunResult", "replay_recordings"]

_AT_ONCE = 4
"""Runs under way at the same time. Few wait for anything, so more would only hold more in memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """What came of one run.

    Attributes:
        usage: What it spent.
        solved_in_round: The round that ended with a certificate; None if none did.
        error: Why it ended before its time, if it did: a critic failed, say.
    """

    usage: Usage
    solved_in_round: int | None
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupResult:
    """What came of the runs of one model on one suite.

    Attributes:
        suite: The benchmark.
        model: The model.
        problems: How many there were.
        calls: Calls to the model, of all runs together.
        prompt_tokens: Tokens that the model read.
        completion_tokens: Tokens that the model wrote.
        solved_after: How many problems were solved after each round, from the first on.
        errors: Why runs ended before their time, in the order of the recordings.
    """

    suite: str
    model: str
    problems: int
    calls: int
    prompt_tokens: int
    completion_tokens: int
    solved_after: tuple[int, ...]
    errors: tuple[str, ...]


async def replay_recordings(
    domain: Domain[Any],
    recordings: Sequence[Recording],
    *,
    rounds: int,
    on_finished: Callable[[], None] = lambda: None,
) -> tuple[GroupResult, ...]:
    """Run recorded runs again, several at a time.

    In each, the loop asks the recording in place of the model, reads its answers with the domain's reformulator,
    judges them with the domain's critics, and stops at the first certificate. What the recording says of success
    is not looked at. The answers stay those that were given to the recorded prompts, whatever a backprompt of today
    would say.

    Args:
        domain: The domain that they are of.
        recordings: The recorded runs.
        rounds: Most rounds of each run; a run also ends with its recording.
        on_finished: Called after each run.

    Returns:
        One result for each suite and model, in the order of first appearance.

    Raises:
        ModuloError: As ``solve``: a critic needs something that is missing, say.
    """
    results: dict[int, RunResult] = {}
    waiting = iter(enumerate(recordings))

    async def work() -> None:
        for number, recording in waiting:
            results[number] = await _replay(domain, recording, rounds)
            on_finished()

    await run_together([work] * _AT_ONCE)
    return tuple(
        _group(suite, model, found, rounds)
        for suite, model in suites_and_models(recordings)
        if (found := [results[n] for n, one in enumerate(recordings) if one.suite_and_model == (suite, model)])
    )


async def _replay(domain: Domain[Any], recording: Recording, rounds: int) -> RunResult:
    answers = len(recording.transcript.answers)
    outcome = await solve(
        domain.graph(TranscriptGenerator([recording.transcript])),
        recording.problem,
        # A recording goes on after repetitions, and so must its run.
        strategy=Refine(patience=None),
        # A recording hears no prompt, so none is worth the search for hints that some backprompters do.
        backprompter=ChatBackprompter(granularity="none"),
        # With one more round, a call that the recording cannot answer would be counted.
        budget=Budget(rounds=min(rounds, answers)),
    )
    return _result(outcome)


def _result(outcome: Outcome[Any]) -> RunResult:
    if not isinstance(outcome, Exhausted):
        return RunResult(usage=outcome.usage, solved_in_round=outcome.attempts[-1].round, error=None)
    failures = [attempt.error for attempt in outcome.attempts if attempt.error]
    error = outcome.error if outcome.stop_reason is StopReason.ERROR else next(iter(failures), None)
    return RunResult(usage=outcome.usage, solved_in_round=None, error=error)


def _group(suite: str, model: str, results: Sequence[RunResult], rounds: int) -> GroupResult:
    spent = Usage()
    for result in results:
        spent = spent + result.usage
    solved = [result.solved_in_round for result in results if result.solved_in_round is not None]
    return GroupResult(
        suite=suite,
        model=model,
        problems=len(results),
        calls=spent.calls,
        prompt_tokens=spent.prompt_tokens,
        completion_tokens=spent.completion_tokens,
        solved_after=tuple(sum(one <= last for one in solved) for last in range(1, rounds + 1)),
        errors=tuple(result.error for result in results if result.error is not None),
    )
