"""What every strategy must hold to, tried on programs of different shapes.

A run asks the strategy under test; each time, what it asks for is compared with what a copy that has never seen the
run asks for, given the attempts alone. What differs is a fault, told in a sentence.
"""

from __future__ import annotations

import copy
import hashlib
import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import anyio
from msgspec import Struct

from modulo.api import solve
from modulo.budget import Budget
from modulo.critique import Violation
from modulo.described import described
from modulo.errors import ModuloError
from modulo.function_critic import critic
from modulo.generators.choice import Models
from modulo.graph import Graph
from modulo.outcome import Exhausted, Outcome, StopReason
from modulo.protocols import Expansion, Generation, Generator, Request, Strategy
from modulo.replaying import replay
from modulo.trace import Trace
from modulo.tree import Attempt, Tree

__all__ = ["Scenario", "assert_conforms", "faults_of"]

_ROUNDS: Final = 12
_CALLS: Final = 60
_SEEDS: Final = (0, 1)


class Scenario(Struct, frozen=True):
    """A program to try a strategy on.

    Attributes:
        name: For what is told of it.
        graph: Makes the graph; its generators must give the same answer to the same request.
        problem: The problem.
    """

    name: str
    graph: Callable[[], Graph[Any]]
    problem: Any = "problem"


def assert_conforms(
    strategy: Callable[[], Strategy], scenarios: Sequence[Scenario] | None = None, *, replays: bool = True
) -> None:
    """Fail the test unless a strategy holds to what every strategy must; for plain test functions.

    It must be idempotent in what it is told, ask for the same whatever the order it was told in, need nothing but
    the tree (so that a run can be resumed and replayed), ask for no more than it may, and repeat itself by seed.

    Args:
        strategy: Makes the strategy.
        scenarios: Programs to try it on; None takes ones of different shapes.
        replays: Whether traces are replayed too, for which the strategy must be one of the library's.

    Raises:
        AssertionError: It does not; one line a fault.
    """
    faults = list(dict.fromkeys(faults_of(strategy, scenarios, replays=replays)))
    if faults:
        raise AssertionError("\n".join(faults))


def faults_of(
    strategy: Callable[[], Strategy], scenarios: Sequence[Scenario] | None = None, *, replays: bool = True
) -> Iterator[str]:
    """What ``assert_conforms`` complains about, a sentence each."""
    for scenario in _SCENARIOS if scenarios is None else scenarios:
        for seed in _SEEDS:
            for fault in anyio.run(_faults, strategy, scenario, seed, replays):
                yield f"{scenario.name}, seed {seed}: {fault}"


async def _faults(make: Callable[[], Strategy], scenario: Scenario, seed: int, replays: bool) -> list[str]:
    watched = _Watched(make(), seed)
    budget = Budget(rounds=_ROUNDS, calls=_CALLS)
    try:
        first = await solve(scenario.graph(), scenario.problem, strategy=watched, budget=budget, seed=seed)
        if isinstance(first, Exhausted) and first.stop_reason is StopReason.ERROR:
            return [*watched.faults, f"the run ended with an error: {first.error}"]
        again = await solve(scenario.graph(), scenario.problem, strategy=make(), budget=budget, seed=seed)
    except ModuloError as error:
        return [*watched.faults, str(error)]
    faults = watched.faults + list(_differences(first, again))
    if first.usage.calls > _CALLS or first.usage.rounds > _ROUNDS:
        faults.append(f"the budget was overrun: {first.usage}")
    if replays:
        faults += await _differences_of_replay(make(), scenario, budget, seed)
    return faults


class _Watched(Strategy):
    """Asks the strategy under test, and compares."""

    def __init__(self, strategy: Strategy, seed: int) -> None:
        self._strategy = strategy
        self._pristine = copy.deepcopy(strategy)
        self._rng = random.Random(seed)  # noqa: S311  orders, not secrets
        self.faults: list[str] = []

    def ask(self, tree: Tree, n: int) -> Sequence[Expansion]:
        wanted = list(self._strategy.ask(tree, n))
        self._compare("asked twice", wanted, self._strategy.ask(tree, n))
        fresh = self._fresh(tree)
        strategy = copy.deepcopy(self._pristine)
        self._compare("a copy that has only the attempts", wanted, strategy.ask(fresh, n))
        told = copy.deepcopy(self._pristine)
        for attempt in self._shuffled_twice(tree.attempts):
            told.tell(fresh, attempt)
        self._compare("a copy told in another order, and twice,", wanted, told.ask(fresh, n))
        few = self._strategy.ask(tree, 1)
        if len(wanted) > n or len(few) > 1:
            self.faults.append(f"it asked for {len(wanted)} of {n}, and for {len(few)} of 1")
        if wanted and not few:
            self.faults.append("it asks for nothing where only one may run")
        return wanted

    def tell(self, tree: Tree, attempt: Attempt) -> None:
        self._strategy.tell(tree, attempt)

    def _fresh(self, tree: Tree) -> Tree:
        fresh = Tree(tree.program, tree.problem, seed=tree.seed)
        for attempt in tree.attempts:
            fresh.add(attempt)
        return fresh

    def _shuffled_twice(self, attempts: Sequence[Attempt]) -> list[Attempt]:
        order = [*attempts, *attempts]
        self._rng.shuffle(order)
        return order

    def _compare(self, who: str, then: Sequence[Expansion], now: Sequence[Expansion]) -> None:
        if [_shown(one) for one in then] != [_shown(one) for one in now]:
            self.faults.append(f"{who} wants {list(map(_shown, now))}, not {list(map(_shown, then))}")


def _shown(expansion: Expansion) -> tuple[object, ...]:
    backprompter = expansion.backprompter and described(expansion.backprompter)
    return (
        *(expansion.node, expansion.parent, expansion.samples, expansion.sampling, backprompter),
        *(expansion.prefix, expansion.prefills, expansion.judged, expansion.offers, expansion.label),
    )


def _differences(first: Outcome[Any], again: Outcome[Any]) -> Iterator[str]:
    if first.stop_reason is not again.stop_reason:
        yield f"with the same seed it ended as {again.stop_reason}, not {first.stop_reason}"
    then, now = ([(a.node, a.parent, a.sampling, a.text) for a in o.attempts] for o in (first, again))
    if then != now:
        yield f"with the same seed it made {len(now)} attempts that differ from the {len(then)} before"


async def _differences_of_replay(
    strategy: Strategy, scenario: Scenario, budget: Budget, seed: int
) -> tuple[str, ...]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trace.jsonl"
        with Trace(path) as trace:
            await solve(
                scenario.graph(), scenario.problem, strategy=strategy, budget=budget, seed=seed, trace=trace
            )
        replayed = await replay(path, graph=scenario.graph())
    return replayed.differences


class _Answers(Generator):
    """Gives the same answer to the same request: a word, of which there are few, so that they repeat."""

    def __init__(self, words: int, right: float = 0.0) -> None:
        self._words, self._right = words, right

    async def generate(self, request: Request) -> Generation:
        about = (request.node, request.turn, request.sampling, request.prefix, request.inputs)
        digest = hashlib.sha256(repr(about).encode()).digest()
        is_right = digest[0] / 256 < self._right
        return Generation(text=f"ok {digest[1] % 5}" if is_right else f"no {digest[1] % self._words}")

    @property
    def takes_prefill(self) -> bool:
        return True


@critic(proves="it is ok", runs_in="loop")
def _is_ok(problem: Any, candidate: str) -> Iterator[Violation]:
    if "ok" not in candidate:
        yield Violation("not_ok", f"{candidate[:40]!r} is not ok.", hint="say ok")


def _one(generator: Generator) -> Callable[[], Graph[Any]]:
    def graph() -> Graph[Any]:
        made: Graph[Any] = Graph("one")
        made.critic("ok", _is_ok, reads=made.generator("draft", generator))
        return made

    return graph


def _race() -> Graph[Any]:
    made: Graph[Any] = Graph("race")
    small = made.generator("small", _Answers(3))
    large = made.generator("large", _Answers(9, 0.05))
    made.critic("ok", _is_ok, reads=small | large)
    return made


def _stages() -> Graph[Any]:
    made: Graph[Any] = Graph("stages")
    outline = made.generator("outline", _Answers(4, 0.3))
    made.critic("outline_ok", _is_ok, reads=outline)
    text = made.generator("text", _Answers(4, 0.1), reads=outline)
    made.critic("text_ok", _is_ok, reads=text)
    return made


_SCENARIOS: Final = (
    Scenario("one generator that is never right", _one(_Answers(1000))),
    Scenario("one that repeats itself", _one(_Answers(2))),
    Scenario("one that is right at times", _one(_Answers(1000, 0.08))),
    Scenario("several models", _one(Models({"small": _Answers(5), "large": _Answers(50, 0.05)}))),
    Scenario("generators that race", _race),
    Scenario("two stages", _stages),
)
