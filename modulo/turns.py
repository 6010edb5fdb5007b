"""Gives several runs their rounds in turns, so that what is tried next does not depend on who is quicker."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Sequence
from functools import partial
from typing import TypeVar

import anyio
from msgspec.structs import replace

from modulo.options import Gate
from modulo.outcome import Exhausted, Outcome
from modulo.running.together import run_together
from modulo.strategies.adaptive import Adaptive, Standing
from modulo.tree import Tree

__all__ = ["in_turns"]

C = TypeVar("C")


async def in_turns(
    runs: Sequence[Callable[[Gate], Awaitable[Outcome[C]]]],
    groups: Sequence[Hashable],
    /,
    *,
    allocation: Adaptive,
    concurrency: int,
    seed: int,
) -> tuple[Outcome[C], ...]:
    """Make runs, whose rounds an allocation gives out.

    Once all rounds of a turn are over, the allocation says which runs have the next ones.

    Args:
        runs: What makes each run, given the gate that it is to be held at.
        groups: The kind of problem of each run, whose odds are learned together.
        allocation: Who has the next round.
        concurrency: Rounds of a turn.
        seed: For the allocation.

    Returns:
        Their outcomes, in the order of the runs.

    Raises:
        ModuloError: As the runs; the first one that fails ends all.
    """
    turns = _Turns(allocation, groups, concurrency, seed)
    outcomes: list[Outcome[C] | None] = [None] * len(runs)

    async def make(place: int) -> None:
        try:
            outcomes[place] = outcome = await runs[place](partial(turns.wait, place))
            turns.over(place, certified=not isinstance(outcome, Exhausted))
        finally:
            turns.leave(place)

    await run_together([partial(make, place) for place in range(len(runs))])
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
        chosen = self._allocation.ask(self._open(), self._concurrency, seed=self._seed)
        if not chosen and not self._at_work:  # else all of them would wait for ever
            chosen = [*self._waiting]
            self._reasons |= dict.fromkeys(chosen, "the allocation gave nobody a further round")
        for place in chosen:
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
