"""Gives several runs their rounds in turns, so that what is tried next does not depend on who is quicker."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Iterable, Sequence
from functools import partial
from typing import Any, Final, TypeVar

import anyio
from msgspec.structs import replace

from modulo.errors import ProgramError
from modulo.ledger import Ledger
from modulo.options import Gate
from modulo.outcome import Exhausted, Outcome
from modulo.problem import Problem
from modulo.running.failures import part_of_program
from modulo.running.together import run_together
from modulo.strategies.adaptive import Adaptive
from modulo.strategies.observing import Observer, prices_under
from modulo.strategies.standings import Standings
from modulo.tree import Tree

__all__ = ["in_turns"]

C = TypeVar("C")

_ALLOCATION: Final = "the allocation"


async def in_turns(
    runs: Sequence[Callable[[Gate], Awaitable[Outcome[C]]]],
    problems: Sequence[Problem[Any]],
    /,
    *,
    allocation: Adaptive,
    concurrency: int,
    seed: int,
    groups: Sequence[Hashable] | None = None,
    within: Ledger | None = None,
) -> tuple[Outcome[C], ...]:
    """Make runs, whose rounds an allocation gives out.

    Once all rounds of a turn are over, the allocation says which runs have the next ones.

    Args:
        runs: What makes each run, given the gate that it is to be held at.
        problems: The problem of each run.
        allocation: Who has the next round.
        concurrency: Rounds of a turn.
        seed: For the allocation.
        groups: The kind of each problem, if somebody knows them.
        within: What limits all of them together: rounds cost what they take of its budget.

    Returns:
        Their outcomes, in the order of the runs.

    Raises:
        ModuloError: As the runs; the first one that raises ends all. An allocation that fails is raised in each run
            that waits for a round, which ends with the work so far if there is any.
    """
    prices, kinds = prices_under(within), groups or [None] * len(problems)
    observers = [Observer(problem, kind, prices) for problem, kind in zip(problems, kinds, strict=True)]
    turns = _Turns(allocation, observers, concurrency, seed)
    outcomes: list[Outcome[C] | None] = [None] * len(runs)

    async def make(place: int) -> None:
        try:
            outcomes[place] = outcome = await runs[place](partial(turns.wait, place))
            turns.over(place, outcome)
        finally:
            turns.leave(place)

    await run_together([partial(make, place) for place in range(len(runs))])
    return tuple(outcome for outcome in outcomes if outcome is not None)


class _Turns:
    """Lets runs through their gates, turn by turn."""

    def __init__(
        self, allocation: Adaptive, observers: Sequence[Observer], concurrency: int, seed: int
    ) -> None:
        self._allocation = allocation
        self._observers = observers
        self._concurrency = concurrency
        self._seed = seed
        self._standings = Standings(observer.standing for observer in observers)
        self._at_work = set(range(len(observers)))
        self._arrived: set[int] = set()
        self._waiting: dict[int, anyio.Event] = {}
        self._reasons: dict[int, str] = {}
        self._failure: ProgramError | None = None

    async def wait(self, place: int, tree: Tree) -> str | None:
        """The gate of one run.

        Raises:
            ProgramError: The allocation failed; nobody has a further round.
        """
        self._observers[place].see(tree.attempts)
        opened = self._waiting[place] = anyio.Event()
        self._arrive(place)
        await opened.wait()
        if self._failure is not None:
            raise self._failure
        return self._reasons.get(place)

    def over(self, place: int, outcome: Outcome[Any]) -> None:
        """Hear how a run ended; the round that certified is seen at no gate."""
        if not isinstance(outcome, Exhausted):
            self._observers[place].see(outcome.attempts, certified=True)

    def leave(self, place: int) -> None:
        """Hear that a run comes to no further gate."""
        self._observers[place].close()
        self._waiting.pop(place, None)
        self._arrive(place)

    def _arrive(self, place: int) -> None:
        self._arrived.add(place)
        self._at_work.discard(place)
        if not self._at_work:
            self._next_turn()

    def _next_turn(self) -> None:
        for place in sorted(self._arrived):  # whoever was quicker
            self._standings.change(place, self._observers[place].standing)
        self._arrived.clear()
        if not self._waiting:  # the last ones are over
            return
        try:
            self._allot()
        except ProgramError as error:
            self._failure = error
            for place in [*self._waiting]:
                self._let_through(place)

    def _allot(self) -> None:
        name = type(self._allocation).__name__
        for place, reason in part_of_program(_ALLOCATION, name, self._given_up).items():
            self._reasons[place] = reason
            self._let_through(place)
        chosen = part_of_program(_ALLOCATION, name, self._chosen)
        if not chosen and not self._at_work:  # else all of them would wait for ever
            chosen = [*self._waiting]
            self._reasons |= dict.fromkeys(chosen, "the allocation gave nobody a further round")
        for place in chosen:
            self._let_through(place)

    def _given_up(self) -> dict[int, str]:
        reasons = dict(self._allocation.reasons(self._standings))
        self._check_waiting(reasons)
        return reasons

    def _chosen(self) -> Sequence[int]:
        chosen = [*dict.fromkeys(self._allocation.ask(self._standings, self._concurrency, seed=self._seed))]
        self._check_waiting(chosen)
        return chosen

    def _check_waiting(self, places: Iterable[int]) -> None:
        if not self._waiting.keys() >= set(places):
            raise ValueError(f"it decides about {[*places]}, of which not all wait for a round")

    def _let_through(self, place: int) -> None:
        self._standings.change(place, replace(self._standings[place], is_open=False))
        self._at_work.add(place)
        self._waiting.pop(place).set()
