"""Answers that were sampled for the same turn of a conversation."""

from __future__ import annotations

from collections.abc import Hashable

from modulo.tree import Attempt, Tree

__all__ = ["best_siblings"]


def best_siblings(tree: Tree, node: str) -> list[Attempt]:
    """The best answer of each turn that nothing goes on from yet, oldest first.

    Samples of one turn have the same parent; those that begin conversations have a label for each. The best one has
    the fewest violations, and among equals came first. Calls that failed stand behind all answers.
    """
    turns: dict[Hashable, Attempt] = {}
    went_on = {_turn(tree[attempt.parent]) for attempt in tree.attempts if attempt.parent is not None}
    for tip in tree.tips(node):
        turn = _turn(tip)
        if turn not in went_on and (turn not in turns or _rank(tip) < _rank(turns[turn])):
            turns[turn] = tip
    return list(turns.values())


def _turn(attempt: Attempt) -> Hashable:
    return (attempt.parent, attempt.round, attempt.label)


def _rank(attempt: Attempt) -> tuple[bool, bool, bool, int]:
    has_text = attempt.generation is not None
    return (not attempt.accepted, not has_text, attempt.candidate is None, attempt.violation_count)
