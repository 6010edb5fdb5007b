"""What a strategy decides must not take longer and longer, however many attempts there were.

What is counted is what the interpreter executes, so that the machine and its load have no say.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from types import FrameType
from typing import Any

import pytest

import modulo
from modulo import (
    BeamSearch,
    BestOfN,
    Budget,
    BudgetForcing,
    Cascade,
    EffortLadder,
    Expansion,
    Graph,
    Models,
    Portfolio,
    Refine,
    SelfConsistency,
    Strategy,
    TreeSearch,
    Violation,
)
from modulo.testing import ScriptedGenerator
from modulo.tree import Attempt, Tree

FEW, MANY, MEASURED = 100, 800, 12
NO_END = 10**6
STRATEGIES: Sequence[Strategy] = (
    Refine(patience=None),
    Refine(patience=None, restart_after=2),
    Refine(patience=None, candidates=3, width=2),
    Refine(patience=None, candidates=3, stale_after=1, fresh_starts=NO_END, heats=True),
    Refine(patience=None, last_resort="other", last_resort_after=NO_END),
    BestOfN(n=NO_END),
    SelfConsistency(n=NO_END),
    BeamSearch(),
    TreeSearch(patience=None),
    EffortLadder(tries=NO_END),
    BudgetForcing(trains=NO_END, waits=1),
    Cascade(tries=NO_END),
    Portfolio((BestOfN(n=NO_END), Refine(patience=None), Cascade(tries=NO_END))),
)


class Prefillable(ScriptedGenerator):
    @property
    def takes_prefill(self) -> bool:
        return True


class Watched(Strategy):
    """Counts what is executed while a strategy is asked, and told."""

    def __init__(self, strategy: Strategy) -> None:
        self._strategy = strategy
        self._executed = 0
        self.by_size: dict[int, int] = {}

    def ask(self, tree: Tree, n: int) -> Sequence[Expansion]:
        if all(not size <= len(tree) < size + MEASURED for size in (FEW, MANY)):
            return self._strategy.ask(tree, n)
        self._executed = 0
        before = sys.gettrace()
        sys.settrace(self._trace)
        try:
            wanted = self._strategy.ask(tree, n)
        finally:
            sys.settrace(before)
        self.by_size[len(tree)] = self._executed
        return wanted

    def tell(self, tree: Tree, attempt: Attempt) -> None:
        self._strategy.tell(tree, attempt)

    def _trace(self, frame: FrameType, event: str, argument: object) -> Any:
        frame.f_trace_opcodes = True
        self._executed += event == "opcode"
        return self._trace


@modulo.critic(proves="nothing, since it accepts nothing", runs_in="loop")
def never(problem: Any, candidate: str) -> Iterator[Violation]:
    yield from [Violation("wrong", "It is wrong.")] * (1 + len(candidate) % 4)


def graph() -> Graph[Any]:
    def answer(request: modulo.Request) -> str:
        return f"answer {request.turn % 97} {'x' * (request.turn * 31 % 17)}"

    made: Graph[Any] = Graph("growth")
    models = {name: Prefillable(answer, keeps_requests=False) for name in ("small", "large")}
    draft, other = made.generator("draft", Models(models)), made.generator("other", Prefillable(answer))
    made.critic("never", never, reads=draft | other)
    return made


@pytest.mark.parametrize("strategy", STRATEGIES, ids=str)
def test_asking_costs_the_same_with_few_attempts_and_with_many(strategy: Strategy) -> None:
    watched = Watched(strategy)
    budget = Budget(attempts=MANY + MEASURED)
    modulo.solve_sync(graph(), "problem", strategy=watched, budget=budget, max_concurrency=2)
    early, late = (
        [executed for size, executed in watched.by_size.items() if start <= size < start + MEASURED]
        for start in (FEW, MANY)
    )
    assert max(late) < 2 * max(early)
