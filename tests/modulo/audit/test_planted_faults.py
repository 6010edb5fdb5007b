"""Each critic with a planted fault is found out, and each sound one is not."""

from __future__ import annotations

from typing import Any

import pytest

from modulo.domains.blocksworld import DOMAIN as BLOCKSWORLD
from modulo.domains.graph_coloring import DOMAIN as COLORING
from modulo.domains.graph_coloring import ProperColoring
from modulo.protocols import Critic
from modulo.testing import assert_sound, audit
from tests.modulo.audit import planted

COLORINGS = COLORING.specimens()
BUDGETS = planted.SPECIMENS


def complaints(critic: Critic[Any, Any], specimens: Any, n: int = 240, *, in_workers: bool = False) -> str:
    report = audit(critic, specimens, n=n, in_workers=in_workers)
    assert not report.is_sound
    return "\n".join(report.complaints())


def test_sound_critics_pass() -> None:
    assert assert_sound(ProperColoring(), COLORINGS, n=600).false_accepts == 0
    assert assert_sound(planted.spends_total, BUDGETS, n=600, in_workers=False).n > 300


@pytest.mark.parametrize(
    ("critic", "family"),
    [
        (planted.IgnoresLastEdge(), "last_edge_in_conflict"),
        (planted.CrashesAndAccepts(), "missing_node"),
        (planted.IgnoresCase(), "color_of_other_case"),
        (planted.AcceptsSubsets(), "missing_node"),
        (planted.MatchesSubstrings(), "unknown_color"),
        (planted.StopsAfterFive(), "accepted, and wrong"),
        (planted.RemembersByShape(), "accepted, and wrong"),
        (planted.RemembersRejections(), "accepted, and wrong"),
        (planted.AcceptsAllButEmpty(), "fresh_colors"),
        (planted.CatchesItsException(), "swallows exceptions"),
        (planted.RejectsEverything(), "rejected, and right"),
        (planted.DecidesNothing(), "right, and neither accepted nor rejected"),
        (planted.DependsOnOrder(), "rejected, and right"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Critic) else "",
)
def test_a_fault_in_a_critic_of_colorings_is_found(critic: Critic[Any, Any], family: str) -> None:
    assert family in complaints(critic, COLORINGS)


def test_what_depends_on_the_hashes_of_a_process_is_found() -> None:
    assert "worker processes" in complaints(planted.DependsOnHashes(), COLORINGS, in_workers=True)


@pytest.mark.parametrize(
    ("critic", "sign"),
    [
        (planted.compares_loosely, "000000001"),
        (planted.takes_booleans, "True"),
        (planted.obeys_the_candidate, "verdict"),
        (planted.accepts_nothing_at_all, "nothing"),
        (planted.ignores_last_item, "accepted, and wrong"),
    ],
    ids=lambda value: value.id.rpartition(":")[2] if isinstance(value, Critic) else "",
)
def test_a_fault_in_a_critic_of_numbers_is_found(critic: Critic[Any, Any], sign: str) -> None:
    assert sign in complaints(critic, BUDGETS)


@pytest.mark.parametrize(
    "kind", [planted.ReadsFirstAction, planted.ForgetsTheGoal, planted.SkipsWhatItCannotRead]
)
def test_a_fault_in_a_critic_of_plans_is_found(kind: type[Critic[Any, Any]]) -> None:
    assert "accepted, and wrong" in complaints(kind(), BLOCKSWORLD.specimens(), n=150)
