"""Measures the strategies against the figures they are to reach, and prints a table; no test, it asserts no times.

    python tests/performance/strategies.py [--json] [--attempts N ...]

Times are those of one ask and of telling what came of it, while the run goes from 1,000 attempts to 1,040, or from
another number: twenty times in a row, and twenty times each right after a collection of all garbage, which leaves
nothing in the caches ("cold"), as it is after waiting for a model; each of the two is held to the figure. A strategy
that asks for several at a time is asked for one. Searches by steps are measured on plans for eight blocks, walks at
random with mistakes, so their times are those of the domain's stepping, too. Each row of ``Adaptive`` is a set of
1,000 simulated problems, solved with one budget for all: once as it allots rounds, once with the same number for each
problem.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import random
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import anyio
from measuring import MICRO, MILLI, Row, Times
from reporting import describe_machine, document, print_table

import modulo
from modulo import Budget, Certified, Expansion, Generation, Generator, Graph, Ledger, Models, Strategy
from modulo.critics.plan.plan_text import read_plan
from modulo.critics.plan.stepping import carry_out
from modulo.domains import blocksworld
from modulo.domains.planning.beginnings import read_begun
from modulo.domains.simulated import SimulatedModel, SimulatedProblem, Skill, graph
from modulo.strategies.routing import Example
from modulo.testing import ScriptedGenerator
from modulo.tree import Attempt, Tree

_FIGURE_AT = 1_000
_MEASURED = 20
_MANY = 10**6
_ROUTES = modulo.RoutingTable.learn(
    Example(model=model, features={"size": 3.0, "violations": 1.0}, certified=i % 2 == 0)
    for i in range(9)
    for model in ("small", "large")
)
_STRATEGIES: Sequence[tuple[Strategy, float]] = (
    (modulo.Refine(patience=None), 200),
    (modulo.Refine(candidates=3, width=2, patience=None), 200),
    (modulo.BestOfN(n=_MANY), 200),
    (modulo.SelfConsistency(n=_MANY), 200),
    (modulo.BeamSearch(), 200),
    (modulo.TreeSearch(patience=None), 200),
    (modulo.EffortLadder(tries=_MANY), 200),
    (modulo.BudgetForcing(trains=_MANY, waits=1), 200),
    (modulo.Cascade(tries=_MANY), 200),
    (modulo.Router(tries=_MANY, table=_ROUTES), 200),
    (modulo.Portfolio((modulo.Refine(patience=None), modulo.BestOfN(n=_MANY))), 200),
    (modulo.ABMCTS(patience=None), 2000),
)
_SEARCHES: Sequence[Strategy] = (modulo.BeamSearch(), modulo.TreeSearch(patience=None))
_BLOCKS, _STACKS = blocksworld.generate(blocks=8, seed=3)
_SKILLS = {
    "easy": Skill(success=0.5),
    "medium": Skill(success=0.12),
    "hard": Skill(success=0.02),
    "impossible": Skill(success=0.0),
}
_PROBLEMS = 1_000
_SAMPLES = modulo.BestOfN(n=_MANY, width=1)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--json", action="store_true", help="print one JSON document instead of a table")
    parser.add_argument("--attempts", type=int, nargs="+", default=[_FIGURE_AT], help="sizes of the tree")
    arguments = parser.parse_args()
    machine = describe_machine()
    rows = [
        row
        for size in arguments.attempts
        for pair in (
            *(_asking(strategy, reach, size) for strategy, reach in _STRATEGIES),
            *(_stepping(search, 200, size) for search in _SEARCHES),
        )
        for row in pair
    ]
    print(f"{len(rows)} rows measured", file=sys.stderr)
    rows += [_allotting(rounds, knows=knows) for rounds in (1, 2) for knows in (True, False)]
    machine["load_after"] = os.getloadavg()
    if arguments.json:
        print(json.dumps({"machine": machine, "rows": [document(row) for row in rows]}, indent=2))
    else:
        print_table(machine, rows)


class _Timed(Strategy):
    """Asks a strategy for one expansion at a time, and times that once there are so many attempts."""

    def __init__(self, strategy: Strategy, attempts: int) -> None:
        self._strategy = strategy
        self._attempts = attempts
        self.warm, self.cold = _AskAndTell(), _AskAndTell()

    def ask(self, tree: Tree, n: int) -> Sequence[Expansion]:
        laps = self._laps(tree)
        return self._strategy.ask(tree, 1) if laps is None else laps.asking.of_call(self._strategy.ask, tree, 1)

    def tell(self, tree: Tree, attempt: Attempt) -> None:
        laps = self._laps(tree)
        if laps is self.cold:
            gc.collect()  # which empties the caches; the loop asks as soon as it has told
        if laps is None:
            self._strategy.tell(tree, attempt)
        else:
            laps.telling.of_call(self._strategy.tell, tree, attempt)

    def _laps(self, tree: Tree) -> _AskAndTell | None:
        if len(tree) < self._attempts:
            return None
        return self.warm if len(tree) < self._attempts + _MEASURED else self.cold


@dataclass(slots=True)
class _AskAndTell:
    asking: Times = field(default_factory=Times)
    telling: Times = field(default_factory=Times)

    def together(self) -> tuple[list[float], list[float]]:
        """Wall and CPU time of each ask, with those of telling an attempt, on average, in microseconds."""
        wall, cpu = (
            [each + statistics.fmean(told) for each in asked]
            for asked, told in zip(self.asking.per(1, MICRO), self.telling.per(1, MICRO), strict=True)
        )
        return wall, cpu


class _Prefilled(ScriptedGenerator):
    """One that goes on from the beginning of an answer, for strategies that ask for that."""

    @property
    def takes_prefill(self) -> bool:
        return True


@modulo.critic(proves="nothing, since it accepts nothing", runs_in="loop")
def _is_right(problem: Any, candidate: str) -> Sequence[modulo.Violation]:
    return [modulo.Violation("wrong", f"Fault {i}.") for i in range(1 + len(candidate) * 7919 % 5)]


def _answer(request: modulo.Request) -> Generation:
    return Generation(text=f"answer {request.turn} {'x' * (request.turn * 31 % 17)}")


def _asking(strategy: Strategy, reach: float, attempts: int) -> list[Row]:
    made: Graph[str] = Graph("performance")
    models: dict[str, Generator] = {
        name: _Prefilled(_answer, keeps_requests=False) for name in ("small", "large")
    }
    made.critic("right", _is_right, reads=made.generator("draft", Models(models)))
    note = ", ".join(f"{name}={value}" for name, value in strategy.describe().items() if value == _MANY)
    return _rows(strategy, made, "problem", reach=reach, attempts=attempts, note=note)


def _stepping(strategy: Strategy, reach: float, attempts: int) -> list[Row]:
    made = blocksworld.DOMAIN.graph(ScriptedGenerator(_walk, keeps_requests=False))
    return _rows(strategy, made, _BLOCKS, reach=reach, attempts=attempts, note="plans by steps")


def _rows(
    strategy: Strategy, graph: Graph[Any], problem: object, *, reach: float, attempts: int, note: str
) -> list[Row]:
    """One for asks in a row, one for those on cold caches."""
    timed = _Timed(strategy, attempts)
    last = attempts + 2 * _MEASURED
    budget = Budget(calls=last, rounds=last)
    outcome = anyio.run(lambda: modulo.solve(graph, problem, strategy=timed, budget=budget))
    if len(outcome.attempts) < last:
        raise RuntimeError(
            f"{strategy!r} ended as {outcome.stop_reason} after {len(outcome.attempts)} attempts"
        )
    several = getattr(strategy, "candidates", 1)
    name = f"{type(strategy).__name__}{'' if several == 1 else f' of {several}'}"
    return [
        Row(
            what=f"{name}: ask + tell at {attempts:,} attempts{how}",
            unit="µs",
            values=wall,
            cpu=cpu,
            reach=reach if attempts == _FIGURE_AT else None,
            note=note,
        )
        for how, (wall, cpu) in (("", timed.warm.together()), (", cold", timed.cold.together()))
    ]


def _walk(request: modulo.Request) -> str:
    """Steps behind the beginning that is asked from, most of which can be carried out."""
    rng = random.Random(request.turn)
    begun = read_begun(request.prefix)
    task = _BLOCKS.task()
    state = task.start(_MANY)
    carry_out(task, read_plan("\n".join(begun.actions if begun else ())), state)
    names = sorted({name for step in read_plan(_STACKS) for name in step.arguments})
    lines = []
    for _ in range(rng.randint(4, 16)):
        for _ in range(60):
            action, objects = rng.choice((("pick-up", 1), ("put-down", 1), ("stack", 2), ("unstack", 2)))
            line = f"({action} {' '.join(rng.sample(names, objects))})"
            if carry_out(task, read_plan(line), state) is None:
                break
        lines.append(line)
        if rng.random() < 0.1:
            lines.append(f"(pick-up {names[0]} {names[0]})")
    return "\n".join(lines)


def _allotting(rounds: int, *, knows: bool) -> Row:
    """How many times as many problems are certified as with equal shares."""
    problems = [SimulatedProblem(i, list(_SKILLS)[i % len(_SKILLS)]) for i in range(_PROBLEMS)]
    program = graph(SimulatedModel(_SKILLS))
    equal = sum([isinstance(anyio.run(_alone, program, problem, rounds), Certified) for problem in problems])
    times = Times()
    with times.lap():
        adaptive = anyio.run(_together, program, problems, rounds, knows)
    milliseconds = times.wall[0] / _PROBLEMS / rounds * MILLI
    return Row(
        what=f"Adaptive / equal shares of {rounds} a problem, {'groups' if knows else 'no groups'} given",
        unit="times",
        values=[adaptive / equal],
        reach=1.5,
        at_least=True,
        note=f"{adaptive} against {equal} of {_PROBLEMS:,}, {milliseconds:.2f} ms a round",
    )


async def _alone(program: Graph[str], problem: SimulatedProblem, rounds: int) -> modulo.Outcome[str]:
    return await modulo.solve(program, problem, strategy=_SAMPLES, budget=Budget(rounds=rounds))


async def _together(program: Graph[str], problems: Sequence[SimulatedProblem], rounds: int, knows: bool) -> int:
    outcomes = await modulo.solve_many(
        program,
        problems,
        strategy=_SAMPLES,
        budget=Budget(),
        within=Ledger(Budget(rounds=rounds * len(problems))),
        **({"group": lambda problem: problem.value.difficulty} if knows else {}),
    )
    return sum(isinstance(outcome, Certified) for outcome in outcomes)


if __name__ == "__main__":
    main()
