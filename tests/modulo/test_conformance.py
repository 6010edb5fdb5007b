"""The conformance suite of strategies: ours pass it, and it finds what is wrong with others."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import pytest

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
from modulo.strategies.named import STRATEGY_NAMES, strategy_from_string
from modulo.strategies.routing import Example
from modulo.testing import assert_conforms
from modulo.tree import Attempt, Tree

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


@pytest.mark.parametrize("name", STRATEGY_NAMES)
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


@pytest.mark.parametrize(
    ("strategy", "complaint"),
    [
        (Counts, "a copy that has only the attempts wants"),
        (RemembersTheLast, "a copy that has only the attempts wants"),
        (Greedy, "it asked for 17 of 16, and for 2 of 1"),
        (Dice, "asked twice wants"),
        (Fails, "broken"),
        (AllOrNothing, "it asks for nothing where only one may run"),
    ],
)
def test_what_is_wrong_with_a_strategy_is_found(strategy: Callable[[], Strategy], complaint: str) -> None:
    assert complaint in "\n".join(faults_of(strategy, replays=False))


def test_a_strategy_of_ones_own_conforms_too() -> None:
    assert_conforms(First, replays=False)
