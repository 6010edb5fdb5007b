"""The last step before *certified*: what no critic accepted in this run is not certified, whoever says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

import modulo
from modulo import Budget, Certified, Exhausted, Refine
from modulo.critique import Critique, Verdict
from modulo.tree import Attempt, Tree
from tests.modulo.loops import graph_of

ACCEPTED: Any = {"accepted": True, "critiques": (Critique(Verdict.ACCEPT, critic="ok"),)}


def appends(tree: Tree, attempt: Attempt) -> None:
    if len(tree.attempts) == 1:
        tree.attempts.append(replace(attempt, **ACCEPTED))


def establishes(tree: Tree, attempt: Attempt) -> None:
    tree.live["draft"] = replace(attempt, **ACCEPTED)  # type: ignore[index]


def swaps_the_bytes(tree: Tree, attempt: Attempt) -> None:
    if attempt.accepted and attempt.candidate:
        candidate = replace(attempt.candidate, canonical=b'"wrong"')
        tree.live["draft"] = replace(attempt, candidate=candidate)  # type: ignore[index]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("damage", "select", "script"),
    [
        (appends, "best", ["wrong", "worse"]),
        (establishes, "first", ["wrong", "worse"]),
        (swaps_the_bytes, "first", ["ok", "ok"]),
    ],
)
async def test_a_strategy_that_damages_the_tree_cannot_have_anything_certified(
    damage: Callable[[Tree, Attempt], None], select: Any, script: list[str]
) -> None:
    class Damages(Refine):
        def tell(self, tree: Tree, attempt: Attempt) -> None:
            damage(tree, attempt)

    outcome = await modulo.solve(
        graph_of(script), "p", strategy=Damages(), select=select, budget=Budget(rounds=2)
    )
    assert isinstance(outcome, Exhausted)
    assert "was to be certified without every critic's acceptance" in str(outcome.error)


@pytest.mark.anyio
async def test_the_solution_is_what_was_judged_even_if_a_strategy_swaps_the_value_beside_the_bytes() -> None:
    class Swaps(Refine):
        def tell(self, tree: Tree, attempt: Attempt) -> None:
            if attempt.accepted and attempt.candidate:
                candidate = replace(attempt.candidate, _value="wrong")
                tree.live["draft"] = replace(attempt, candidate=candidate)  # type: ignore[index]

    outcome = await modulo.solve(graph_of(["ok"]), "p", strategy=Swaps())
    assert isinstance(outcome, Certified)
    assert outcome.solution == outcome.certificate.solution == "ok"
