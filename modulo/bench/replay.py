"""Runs recorded runs again through the real loop, with today's reformulators and critics."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from modulo.api import solve
from modulo.backprompt import ChatBackprompter
from modulo.bench.bills import TraceWithBills
from modulo.bench.pricing import Priced
from modulo.bench.recordings import Recording, suites_and_models
from modulo.bench.rows import RunRow, answering, run_row
from modulo.bench.statistics import Estimate, Resource, cost_per_certified, spent_by
from modulo.budget import Budget, Usage
from modulo.domain import Domain
from modulo.errors import ConfigurationError
from modulo.generators.price import Price
from modulo.generators.transcript import TranscriptGenerator
from modulo.outcome import Exhausted, Outcome, StopReason
from modulo.problem import Problem
from modulo.protocols import Generator
from modulo.running.together import run_together
from modulo.strategies.refine import Refine

__all__ = ["GroupResult", "replay_recordings"]

_AT_ONCE = 4
"""Runs under way at the same time. Few wait for anything, so more would only hold more in memory."""
_COUNTED: Final[tuple[Resource, ...]] = ("calls", "tokens", "cost_usd")
"""Not seconds: how long judging takes today says nothing of the model."""
_COUNTED_WITHOUT_PRICE: Final[tuple[Resource, ...]] = ("calls", "tokens")


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
        cost_usd: Dollars; None if neither the recording nor anybody else says what the model costs.
        per_certified: Cost per certified answer, in each of these: all spending, that of failures included, over
            certified answers.
        solved_after: How many problems were solved after each round, from the first on.
        errors: Why runs ended before their time, in the order of the recordings.
    """

    suite: str
    model: str
    problems: int
    calls: int
    prompt_tokens: int
    completion_tokens: int
    cost_usd: float | None
    per_certified: Mapping[Resource, Estimate]
    solved_after: tuple[int, ...]
    errors: tuple[str, ...]


async def replay_recordings(
    domain: Domain[Any],
    recordings: Sequence[Recording],
    *,
    rounds: int,
    prices: Mapping[str, Price] = MappingProxyType({}),
    seed: int = 0,
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
        prices: What models cost, by name, where the recording does not say or does not count.
        seed: For the intervals.
        on_finished: Called after each run.

    Returns:
        One result for each suite and model, in the order of first appearance.

    Raises:
        ConfigurationError: There is a price for a model of which there is no run.
        ModuloError: As ``solve``: a critic needs something that is missing, say.
    """
    _refuse_unknown_models(prices, recordings)
    results: dict[int, _Result] = {}
    waiting = iter(enumerate(recordings))

    async def work() -> None:
        for number, recording in waiting:
            results[number] = await _replay(domain, recording, number, rounds, prices)
            on_finished()

    await run_together([work] * _AT_ONCE)
    return tuple(
        _group(found, rounds, model in prices, seed)
        for suite, model in suites_and_models(recordings)
        if (found := [results[n] for n, one in enumerate(recordings) if one.suite_and_model == (suite, model)])
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Result:
    row: RunRow
    error: str | None
    """Why the run ended before its time, if it did: a critic failed, say."""


def _refuse_unknown_models(prices: Mapping[str, Price], recordings: Sequence[Recording]) -> None:
    models = sorted({recording.transcript.model for recording in recordings})
    for name in prices:
        if name not in models:
            raise ConfigurationError(
                f"there is no run of a model {name!r} to put a price on; {_there_are(models)}"
            )


def _there_are(models: Sequence[str]) -> str:
    return f"there are {', '.join(models)}" if len(models) > 1 else f"there is {models[0]}"


async def _replay(
    domain: Domain[Any], recording: Recording, number: int, rounds: int, prices: Mapping[str, Price]
) -> _Result:
    transcript = recording.transcript
    generator: Generator = TranscriptGenerator([transcript])
    if transcript.model in prices:
        generator = Priced(generator, prices[transcript.model])
    graph, trace = domain.graph(generator), TraceWithBills()
    outcome = await solve(
        graph,
        recording.problem,
        # A recording goes on after repetitions, and so must its run.
        strategy=Refine(patience=None),
        # A recording hears no prompt, so none is worth the search for hints that some backprompters do.
        backprompter=ChatBackprompter(granularity="none"),
        # With one more round, a call that the recording cannot answer would be counted.
        budget=Budget(rounds=min(rounds, len(transcript.answers))),
        trace=trace,
    )
    row = run_row(
        outcome,
        bills=trace.bills,
        answers=answering(graph),
        lost=Usage(),
        run=str(number),
        set=transcript.suite,
        problem=str(number),
        problem_sha256=Problem.of(recording.problem, domain=domain.name).sha256,
        domain=domain.name,
        model=transcript.model,
        strategy="recorded",
        repeat=0,
    )
    return _Result(row=row, error=_error(outcome))


def _error(outcome: Outcome[Any]) -> str | None:
    if not isinstance(outcome, Exhausted):
        return None
    if outcome.stop_reason is StopReason.ERROR:
        return outcome.error
    return next((attempt.error for attempt in outcome.attempts if attempt.error), None)


def _group(results: Sequence[_Result], rounds: int, has_price: bool, seed: int) -> GroupResult:
    rows = [result.row for result in results]
    spent = spent_by(rows)
    solved = [row.certified_round for row in rows if row.certified_round is not None]
    is_priced = has_price or spent.cost_usd > 0
    return GroupResult(
        suite=rows[0].set,
        model=rows[0].model,
        problems=len(rows),
        calls=spent.calls,
        prompt_tokens=spent.prompt_tokens,
        completion_tokens=spent.completion_tokens,
        cost_usd=spent.cost_usd if is_priced else None,
        per_certified={
            resource: cost_per_certified(rows, resource, seed=seed)
            for resource in (_COUNTED if is_priced else _COUNTED_WITHOUT_PRICE)
        },
        solved_after=tuple(sum(one <= last for one in solved) for last in range(1, rounds + 1)),
        errors=tuple(result.error for result in results if result.error is not None),
    )
