"""``solve_many``: a set of problems under one budget, with the rounds where they are most likely to certify."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Unpack

import anyio
from msgspec.structs import replace

from modulo.api import SolveOptions, solve
from modulo.errors import ConfigurationError
from modulo.graph import Graph
from modulo.graph.problems import as_problem
from modulo.numeric import is_whole_number
from modulo.outcome import Exhausted, Outcome
from modulo.problem import Problem
from modulo.running.together import run_together
from modulo.strategies.adaptive import Adaptive, Standing
from modulo.tree import Tree

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    C = TypeVar("C", default=Any)
else:
    from typing import TypeVar

    C = TypeVar("C")

__all__ = ["size_of", "solve_many"]


def size_of(problem: Problem[Any]) -> Hashable:
    """Problems are of one kind if their canonical forms are about equally long, by powers of two."""
    return len(problem.canonical).bit_length()


async def solve_many(
    graph: Graph[C],
    problems: Sequence[Any],
    /,
    *,
    allocation: Adaptive | None = None,
    concurrency: int = 16,
    group: Callable[[Problem[Any]], Hashable] = size_of,
    **options: Unpack[SolveOptions],
) -> tuple[Outcome[C], ...]:
    """Solve a set of problems, some at a time.

    Rounds are given out in turns: once all rounds of a turn are over, the allocation says which problems have the
    next ones. So what is solved does not depend on timing. Limit the set as a whole with ``within``, a ledger.

    Args:
        graph: The graph.
        problems: The problems.
        allocation: Who has the next round; ``Adaptive()`` by default.
        concurrency: Rounds of a turn.
        group: The kind of a problem, whose odds are learned together: its size by default.
        **options: As for ``solve``, for each run: ``budget`` limits one, ``within`` all of them. ``seed`` is that of
            the first one; each has a seed of its own.

    Returns:
        The outcomes, in the order of the problems. A run that is not worth another round is ``Exhausted`` with the
        stop reason ``given_up`` and the reason as its ``error``.

    Raises:
        ModuloError: As ``solve``.
    """
    if not is_whole_number(concurrency) or concurrency < 1:
        raise ConfigurationError(f"concurrency must be a whole number of at least 1, not {concurrency!r}")
    if options.get("gate") is not None or options.get("trace") is not None:
        raise ConfigurationError("solve_many: gate= and trace= are of one run; they cannot be shared by many")
    seed = options.get("seed", 0)
    made = [as_problem(graph, problem) for problem in problems]
    turns = _Turns(allocation or Adaptive(), [group(problem) for problem in made], concurrency, seed)
    outcomes: list[Outcome[C] | None] = [None] * len(made)

    async def run(place: int) -> None:
        try:
            gate = partial(turns.wait, place)
            given: SolveOptions = {**options, "gate": gate, "seed": seed + place}
            outcomes[place] = outcome = await solve(graph, made[place], **given)
            turns.over(place, certified=not isinstance(outcome, Exhausted))
        finally:
            turns.leave(place)

    await run_together([partial(run, place) for place in range(len(made))])
    return tuple(outcome for outcome in outcomes if outcome is not None)


class _Turns:
    """Lets runs through their gates, turn by turn."""

    def __init__(self, allocation: Adaptive, groups: Sequence[Hashable], concurrency: int, seed: int) -> None:
        self._allocation = allocation
        self._concurrency = concurrency
        self._seed = seed
        self._standings = [Standing(group=group) for group in groups]
        self._at_work = set(range(len(groups)))
        self._waiting: dict[int, anyio.Event] = {}
        self._reasons: dict[int, str] = {}

    async def wait(self, place: int, tree: Tree) -> str | None:
        """The gate of one run."""
        self._standings[place] = replace(self._standings[place], violations=_violations(tree))
        self._at_work.discard(place)
        opened = self._waiting[place] = anyio.Event()
        self._next_turn()
        await opened.wait()
        return self._reasons.get(place)

    def over(self, place: int, *, certified: bool) -> None:
        """Hear how a run ended; the round that certified has no standing from its gate."""
        standing = self._standings[place]
        violations = (*standing.violations, 0) if certified else standing.violations
        self._standings[place] = replace(standing, violations=violations, certified=certified, is_open=False)

    def leave(self, place: int) -> None:
        """Hear that a run comes to no further gate."""
        self._standings[place] = replace(self._standings[place], is_open=False)
        self._at_work.discard(place)
        self._waiting.pop(place, None)
        self._next_turn()

    def _next_turn(self) -> None:
        if self._at_work:
            return
        for place, reason in self._allocation.reasons(self._standings).items():
            self._reasons[place] = reason
            self._let_through(place)
        for place in self._allocation.ask(self._open(), self._concurrency, seed=self._seed):
            self._let_through(place)

    def _open(self) -> list[Standing]:
        """The standings, with those closed that wait for no round."""
        return [
            standing if i in self._waiting else replace(standing, is_open=False)
            for i, standing in enumerate(self._standings)
        ]

    def _let_through(self, place: int) -> None:
        self._at_work.add(place)
        self._waiting.pop(place).set()


def _violations(tree: Tree) -> tuple[int | None, ...]:
    """The fewest violations of each round."""
    best: dict[int, int | None] = {}
    for attempt in tree.attempts:
        known = best.setdefault(attempt.round, None)
        if attempt.candidate is not None and attempt.judged:
            count = max(1, attempt.violation_count)
            best[attempt.round] = count if known is None else min(known, count)
    return tuple(best.values())
