"""The conformance suite of strategies: ours pass it, and it finds what is wrong with others."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from modulo import (
    ABMCTS,
    BeamSearch,
    BestOfN,
    BudgetForcing,
    Cascade,
    EffortLadder,
    Expansion,
    Portfolio,
    Refine,
    Router,
    RoutingTable,
    SelfConsistency,
    Strategy,
    TreeSearch,
)
from modulo.conformance import faults_of
from modulo.strategies.named import strategy_from_string
from modulo.strategies.routing import Example
from modulo.testing import assert_conforms
from modulo.tree import Attempt, Tree
from tests.modulo.strategies.installed import NAMED

ROUTES = RoutingTable.learn(
    Example(model=model, features={"size": 3.0, "violations": float(i % 3)}, certified=i % 3 == 0)
    for i in range(9)
    for model in ("large", "outline", "small")[: 1 + i % 3]
)

OURS: dict[str, Callable[[], Strategy]] = {
    "refine": Refine,
    "refine, wide": lambda: Refine(width=3, restart_after=3),
    "refine, several candidates": lambda: Refine(candidates=3, width=2),
    "refine, fresh starts": lambda: Refine(stale_after=1, heats=True),
    "best of n": lambda: BestOfN(n=9, width=4),
    "self-consistency": lambda: SelfConsistency(n=5, offers=None),
    "effort ladder": EffortLadder,
    "budget forcing": BudgetForcing,
    "budget forcing, always": lambda: BudgetForcing(on_evidence=False, trains=3, opening="<t>", closing="</t>"),
    "cascade": lambda: Cascade(tries=2),
    "beam search, narrow": lambda: BeamSearch(width=1, samples=2, restarts=1, temperature=0.9),
    "tree search, wide": lambda: TreeSearch(width=4, patience=5, widening=2, exploration=0),
    "portfolio of searches": lambda: Portfolio((BeamSearch(), TreeSearch(width=2))),
    "router, with data": lambda: Router(table=ROUTES, tries=2),
    "ab-mcts, wide": lambda: ABMCTS(width=None),
    "ab-mcts, impatient": lambda: ABMCTS(width=3, patience=2),
    "portfolio": lambda: Portfolio((Refine(width=2), BestOfN(n=5), Portfolio((SelfConsistency(n=3),)))),
}


@pytest.mark.parametrize("name", NAMED)
def test_every_named_strategy_conforms(name: str) -> None:
    assert_conforms(lambda: strategy_from_string(name))


@pytest.mark.parametrize("name", OURS)
def test_our_strategies_conform_with_other_settings_too(name: str) -> None:
    assert_conforms(OURS[name])


class First(Strategy):
    """The first generator, anew each time."""

    def ask(self, tree: Tree, n: int) -> Sequence[Expansion]:
        return [Expansion(node=tree.frontier().generators[0].name)]


class Counts(First):
    """Remembers how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    def ask(self, tree: Tree, n: int) -> Sequence[Expansion]:
        self.asked += 1
        return () if self.asked > 5 else super().ask(tree, n)


class RemembersTheLast(First):
    """Goes on from what it was told of last."""

    def __init__(self) -> None:
        self.last: Attempt | None = None

    def tell(self, tree: Tree, attempt: Attempt) -> None:
        self.last = attempt

    def ask(self, tree: Tree, n: int) -> Sequence[Expansion]:
        (expansion,) = super().ask(tree, n)
        if (
            self.last is None
            or self.last.node != expansion.node
            or self.last.inputs != tree.inputs_of(self.last.node)
        ):
            return [expansion]
        return [Expansion(node=expansion.node, parent=self.last.id)]


class Greedy(First):
    """Asks for more than it may."""

    def ask(self, tree: Tree, n: int) -> Sequence[Expansion]:
        return [*super().ask(tree, n)] * (n + 1)


class Dice(First):
    """Draws without a seed."""

    def ask(self, tree: Tree, n: int) -> Sequence[Expansion]:
        return [*super().ask(tree, n)] * min(n, random.randint(1, 3))


class Fails(First):
    """Fails in its third round."""

    def ask(self, tree: Tree, n: int) -> Sequence[Expansion]:
        if len(tree.attempts) > 1:
            raise RuntimeError("broken")
        return super().ask(tree, n)


class AllOrNothing(First):
    """Wants two at once or none."""

    def ask(self, tree: Tree, n: int) -> Sequence[Expansion]:
        return () if n < 2 else [*super().ask(tree, n)] * 2


class Reseeds(First):
    """Draws the same each time, from random numbers that belong to everybody."""

    def ask(self, tree: Tree, n: int) -> Sequence[Expansion]:
        random.seed(len(tree.attempts))
        return [*super().ask(tree, n)] * min(n, random.randint(1, 3))


class GoesByTheClock(First):
    """Ends a second after it began."""

    def ask(self, tree: Tree, n: int) -> Sequence[Expansion]:
        began = tree.memo.setdefault("began", time.monotonic())
        return super().ask(tree, n) if time.monotonic() < began + 1 else ()


class GoesByThePaceOfCritics(First):
    """Names what it asks after how long critics took."""

    def ask(self, tree: Tree, n: int) -> Sequence[Expansion]:
        seconds = sum(critique.seconds for attempt in tree.attempts for critique in attempt.critiques)
        return [replace(one, label=f"{seconds:.0f}") for one in super().ask(tree, n)]


class Sorts(First):
    """Puts the attempts into an order of its own."""

    def tell(self, tree: Tree, attempt: Attempt) -> None:
        tree.attempts.sort(key=lambda one: -one.id)


class Forgets(First):
    """Has the tree forget what stands."""

    def ask(self, tree: Tree, n: int) -> Sequence[Expansion]:
        tree.live.clear()  # type: ignore[attr-defined]
        return super().ask(tree, n)


class ChangesTheProblem(First):
    """Makes the problem another one."""

    def ask(self, tree: Tree, n: int) -> Sequence[Expansion]:
        if isinstance(tree.problem.value, dict):
            tree.problem.value["a problem"] = "easier"
        return super().ask(tree, n)


class RemembersTheRoom(First):
    """Goes by how many might run when it was asked first."""

    def ask(self, tree: Tree, n: int) -> Sequence[Expansion]:
        return [*super().ask(tree, n)] * min(n, 3, tree.memo.setdefault("room", n))


class ExpectsAnswers(First):
    """Takes every call for a success."""

    def ask(self, tree: Tree, n: int) -> Sequence[Expansion]:
        assert all(attempt.generation for attempt in tree.attempts)
        return super().ask(tree, n)


class ExpectsCandidates(First):
    """Takes every answer for one that can be read."""

    def ask(self, tree: Tree, n: int) -> Sequence[Expansion]:
        assert all(attempt.candidate for attempt in tree.attempts if attempt.generation)
        return super().ask(tree, n)


class ExpectsNoBlame(First):
    """Takes it that what was accepted is never worked on again."""

    def ask(self, tree: Tree, n: int) -> Sequence[Expansion]:
        (expansion,) = super().ask(tree, n)
        assert not any(attempt.accepted for attempt in tree.tips(expansion.node))
        return [expansion]


class DescribesWithObjects(First):
    """Says of itself what no trace can hold."""

    def describe(self) -> dict[str, Any]:
        return {"settings": object()}


class CannotBeCopied(First):
    """Holds a lock, which is no fault."""

    def __init__(self) -> None:
        self.lock = threading.Lock()


@pytest.mark.parametrize(
    ("strategy", "complaint"),
    [
        (Counts, "a copy that has only the attempts wants"),
        (RemembersTheLast, "a copy that has only the attempts wants"),
        (Greedy, "it asked for 17 of 16, and for 2 of 1"),
        (Dice, "asked twice wants"),
        (Fails, "broken"),
        (AllOrNothing, "it asks for nothing where only one may run"),
        (Reseeds, "Python's global random numbers"),
        (GoesByTheClock, "asked twice wants"),
        (GoesByThePaceOfCritics, "a copy that has only the attempts wants"),
        (Sorts, "it changed the tree"),
        (Forgets, "it changed the tree"),
        (ChangesTheProblem, "it changed the tree"),
        (RemembersTheRoom, "a copy that was asked for 1 before wants"),
        (
            ExpectsAnswers,
            "calls that fail, and answers that cannot be read, seed 0: the run ended with an error",
        ),
        (ExpectsCandidates, "calls that fail, and answers that cannot be read, seed 0: the run ended with"),
        (ExpectsNoBlame, "a stage that is blamed by the next one, seed 0: the run ended with an error"),
        (DescribesWithObjects, "not canonical JSON"),
    ],
)
def test_what_is_wrong_with_a_strategy_is_found(strategy: Callable[[], Strategy], complaint: str) -> None:
    assert complaint in "\n".join(faults_of(strategy, replays=False))


@pytest.mark.parametrize("strategy", [First, CannotBeCopied])
def test_a_strategy_of_ones_own_conforms_too(strategy: Callable[[], Strategy]) -> None:
    assert_conforms(strategy, replays=False)
