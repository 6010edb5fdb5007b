"""Runs of strategies on scripts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import modulo
from modulo import Budget, Outcome, Strategy
from modulo.protocols import Request
from tests.modulo.loops import graph_of


async def run(generator: Any, strategy: Strategy, **options: Any) -> Outcome[Any]:
    """The outcome of a strategy on a generator, or on the answers that one gives."""
    return await modulo.solve(graph_of(generator), "problem", strategy=strategy, **options)


async def assert_replays(generator: Callable[[], Any], strategy: Strategy, path: Path) -> None:
    """A run of the strategy makes the same decisions again from its trace alone, rebuilt from its settings."""
    with modulo.Trace(path) as trace:
        outcome = await run(generator(), strategy, trace=trace, budget=Budget(rounds=20))
    replayed = await modulo.replay(path, graph=graph_of([]))
    assert replayed.differences == ()
    assert replayed.attempts == len(outcome.attempts)


def by_model(**answers: str) -> Callable[[Request], str]:
    """Answers by the model that is asked."""
    return lambda request: answers[request.sampling.model or "none"]
