"""Worlds with known odds in which critics see how much is wrong, so that a strategy can learn within one problem."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import modulo
from modulo import Budget, Certified, Generation, Generator, Graph, Models, Outcome, Strategy, Violation
from modulo.domains.simulated.problem import chance
from modulo.protocols import Request

FAULTS = 4


@dataclass(frozen=True)
class Odds:
    """How a model answers.

    Attributes:
        fault: Probability of each fault in an answer anew.
        mends: Probability that going on mends a fault that was named.
        breaks: Probability that going on brings a fault that was not there.
        stuck: Probability that going on gives the same answer again.
    """

    fault: float
    mends: float = 0.0
    breaks: float = 0.0
    stuck: float = 0.0


class Imperfect(Generator):
    """Answers with the faults that its answer has."""

    def __init__(self, odds: Odds, seed: int) -> None:
        self._odds, self._seed = odds, seed

    async def generate(self, request: Request) -> Generation:
        about = (self._seed, request.node, request.turn)
        last = next((m.content for m in reversed(request.messages) if m.role == "assistant"), None)
        if last is None:
            faults = [i for i in range(FAULTS) if chance(*about, i) < self._odds.fault]
        elif chance(*about, "stuck") < self._odds.stuck:
            return Generation(text=last)
        else:
            before = set(last.split()[1:])
            faults = [i for i in range(FAULTS) if self._remains(i, str(i) in before, chance(*about, i))]
        return Generation(text=" ".join([f"#{request.turn}", *map(str, faults)]))

    def _remains(self, fault: int, was_there: bool, drawn: float) -> bool:
        return drawn >= self._odds.mends if was_there else drawn < self._odds.breaks


@modulo.critic(proves="it has no faults", runs_in="loop")
def is_faultless(problem: Any, candidate: str) -> Iterator[Violation]:
    for fault in candidate.split()[1:]:
        yield Violation("fault", f"There is fault {fault}.")


async def run(strategy: Strategy, *, seed: int, calls: int, **models: Odds) -> Outcome[str]:
    """The outcome of a strategy in a world of these models, which is another one for each seed."""
    graph: Graph[str] = Graph("world")
    made = {name: Imperfect(odds, hash_of(name, seed)) for name, odds in models.items()}
    graph.critic("faultless", is_faultless, reads=graph.generator("draft", Models(made)))
    budget = Budget(calls=calls, rounds=calls)
    return await modulo.solve(graph, "problem", strategy=strategy, budget=budget, seed=seed)


def hash_of(name: str, seed: int) -> int:
    return int(chance(name, seed) * 2**32)


async def certified(strategy: Strategy, *, runs: int, calls: int, **models: Odds) -> int:
    """How many of so many runs are certified."""
    outcomes = [await run(strategy, seed=seed, calls=calls, **models) for seed in range(runs)]
    return sum(isinstance(outcome, Certified) for outcome in outcomes)
