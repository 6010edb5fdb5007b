"""What every strategy must hold to, tried on programs of different shapes.

A run asks the strategy under test; each time, what it asks for is compared with what a copy that has never seen the
run asks for, given the attempts alone. What differs is a fault, told in a sentence.
"""

from __future__ import annotations

import hashlib
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import anyio
from msgspec import Struct
from msgspec.structs import replace

from modulo.api import solve
from modulo.budget import Budget
from modulo.canonical import JsonValue, canonical_json
from modulo.critique import Violation
from modulo.described import described
from modulo.errors import GenerationError, Malformed, ModuloError
from modulo.function_critic import critic
from modulo.generators.choice import Models
from modulo.graph import Graph
from modulo.outcome import Exhausted, Outcome, StopReason
from modulo.protocols import Expansion, Finish, Generation, Generator, Request, Strategy
from modulo.replaying import replay
from modulo.trace import Trace
from modulo.tree import Attempt, Tree

__all__ = ["Scenario", "assert_conforms", "faults_of"]

_ROUNDS: Final = 20
_CALLS: Final = 100
_SEEDS: Final = (0, 1)
_DAY_SECONDS: Final = 86_431.7
"""Somewhat more than a day, so that the time of day is another one, too."""
_CLOCKS: Final = ("time", "monotonic", "perf_counter")
_CACHES: Final = ("memo", "_turns", "_chains")
"""What a strategy, or the tree itself, keeps of a tree that can be computed again."""


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
    the tree (so that a run can be resumed and replayed), ask for no more than it may, and repeat itself by seed. So
    it must neither change the tree nor go by clocks or Python's global random numbers. What is not found out is
    whether it goes by ``hash()`` of text, which is the same within a process.

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
    watched = _Watched(make, seed)
    budget = Budget(rounds=_ROUNDS, calls=_CALLS)
    try:
        first = await solve(scenario.graph(), scenario.problem, strategy=watched, budget=budget, seed=seed)
        if isinstance(first, Exhausted) and first.stop_reason is StopReason.ERROR:
            return [*watched.faults, f"the run ended with an error: {first.error}"]
        again = await solve(scenario.graph(), scenario.problem, strategy=make(), budget=budget, seed=seed)
        canonical_json(described(make()))
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

    def __init__(self, make: Callable[[], Strategy], seed: int) -> None:
        self._make = make
        self._strategy = make()
        self._rng = random.Random(seed)  # noqa: S311  orders, not secrets
        self.faults: list[str] = []

    def ask(self, tree: Tree, n: int) -> Sequence[Expansion]:
        with self._unchanged(tree), self._undisturbed():
            wanted = list(self._strategy.ask(tree, n))
        with self._unchanged(tree), self._undisturbed(), _a_day_later():
            self._compare("asked twice", wanted, self._strategy.ask(tree, n))
        with self._undisturbed(), _a_day_later():
            self._compare("a copy that has only the attempts", wanted, self._make().ask(_fresh(tree), n))
            self._compare("a copy told in another order, and twice,", wanted, self._told(_fresh(tree), n))
            self._compare("a copy that was asked for 1 before", wanted, self._asked_for_1(_fresh(tree), n))
        few = self._strategy.ask(tree, 1)
        if len(wanted) > n or len(few) > 1:
            self.faults.append(f"it asked for {len(wanted)} of {n}, and for {len(few)} of 1")
        if wanted and not few:
            self.faults.append("it asks for nothing where only one may run")
        return wanted

    def tell(self, tree: Tree, attempt: Attempt) -> None:
        with self._unchanged(tree), self._undisturbed():
            self._strategy.tell(tree, attempt)

    def describe(self) -> Mapping[str, JsonValue]:
        return self._strategy.describe()

    def _told(self, fresh: Tree, n: int) -> Sequence[Expansion]:
        told = self._make()
        for attempt in self._shuffled_twice(fresh.attempts):
            told.tell(fresh, attempt)
        return told.ask(fresh, n)

    def _asked_for_1(self, fresh: Tree, n: int) -> Sequence[Expansion]:
        asked = self._make()
        asked.ask(fresh, 1)
        return asked.ask(fresh, n)

    @contextmanager
    def _unchanged(self, tree: Tree) -> Iterator[None]:
        before = _contents(tree)
        yield
        if _contents(tree) != before or not tree.problem.is_unchanged_in(tree.problem.value):
            self.faults.append("it changed the tree")

    @contextmanager
    def _undisturbed(self) -> Iterator[None]:
        """Python's global random numbers are others each time, and must be left alone."""
        kept = random.getstate()
        random.seed(self._rng.random())
        drawn = random.getstate()
        try:
            yield
            if random.getstate() != drawn:
                self.faults.append("it uses Python's global random numbers; draw from one made of tree.seed")
        finally:
            random.setstate(kept)

    def _shuffled_twice(self, attempts: Sequence[Attempt]) -> list[Attempt]:
        order = [*attempts, *attempts]
        self._rng.shuffle(order)
        return order

    def _compare(self, who: str, then: Sequence[Expansion], now: Sequence[Expansion]) -> None:
        if [_shown(one) for one in then] != [_shown(one) for one in now]:
            self.faults.append(f"{who} wants {list(map(_shown, now))}, not {list(map(_shown, then))}")


@contextmanager
def _a_day_later() -> Iterator[None]:
    """Whoever looks at a clock sees another day."""
    kept = {name: getattr(time, name) for name in _CLOCKS}
    try:
        for name, clock in kept.items():
            setattr(time, name, _late(clock))
        yield
    finally:
        for name, clock in kept.items():
            setattr(time, name, clock)


def _late(clock: Callable[[], float]) -> Callable[[], float]:
    return lambda: clock() + _DAY_SECONDS


def _fresh(tree: Tree) -> Tree:
    """Another tree of the same attempts, whose critics were slower."""
    fresh = Tree(tree.program, tree.problem, seed=tree.seed)
    for attempt in tree.attempts:
        critiques = tuple([replace(one, seconds=one.seconds + 1) for one in attempt.critiques])
        fresh.add(replace(attempt, critiques=critiques))
    return fresh


def _contents(tree: Tree) -> dict[str, Any]:
    return {name: _copied(value) for name, value in vars(tree).items() if name not in _CACHES}


def _copied(value: Any) -> Any:
    if isinstance(value, list):
        return [*value]
    if isinstance(value, dict):
        return {key: _copied(inner) for key, inner in value.items()}
    return value


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
        inputs = [artefact.sha256 for artefact in request.inputs]
        about = (request.node, request.turn, request.sampling, request.prefix, inputs)
        digest = hashlib.sha256(repr(about).encode()).digest()
        is_right = digest[0] / 256 < self._right
        return Generation(text=f"ok {digest[1] % 5}" if is_right else f"no {digest[1] % self._words}")

    @property
    def takes_prefill(self) -> bool:
        return True


class _Troubled(_Answers):
    """Fails, refuses and babbles in turn; in between, it answers."""

    async def generate(self, request: Request) -> Generation:
        match request.turn % 4:
            case 1:
                raise GenerationError("this call fails")
            case 2:
                return Generation(text="", finish=Finish.REFUSED)
            case 3:
                return Generation(text=f"? {request.turn % 5}")
        return await super().generate(request)


def _read(text: str) -> str:
    if text.startswith("?"):
        raise Malformed("There is no answer in it.")
    return text


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


def _troubled() -> Graph[Any]:
    made: Graph[Any] = Graph("troubled")
    draft = made.generator("draft", _Troubled(4, 0.02))
    made.critic("ok", _is_ok, reads=made.reformulator("read", _read, reads=draft))
    return made


def _blaming() -> Graph[Any]:
    made: Graph[Any] = Graph("blaming")
    outline = made.generator("outline", _Answers(4, 0.7))
    made.critic("outline_ok", _is_ok, reads=outline)
    text = made.generator("text", _Answers(4, 0.02), reads=outline)
    made.critic("text_ok", _is_ok, reads=text, backprompts=[text, outline])
    return made


_SCENARIOS: Final = (
    Scenario("one generator that is never right", _one(_Answers(1000))),
    Scenario("one that repeats itself", _one(_Answers(2))),
    Scenario("one that is right at times", _one(_Answers(1000, 0.08))),
    Scenario(
        "several models",
        _one(Models({"small": _Answers(5), "large": _Answers(50, 0.05)})),
        {"a problem": ["of", "parts"]},
    ),
    Scenario("generators that race", _race),
    Scenario("two stages", _stages),
    Scenario("calls that fail, and answers that cannot be read", _troubled),
    Scenario("a stage that is blamed by the next one", _blaming),
)
