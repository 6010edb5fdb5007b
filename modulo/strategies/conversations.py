"""Where the conversations with generators stand: which answers can be gone on from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping
from typing import TypeAlias

from modulo.strategies.arms import folded
from modulo.strategies.stagnation import stagnation
from modulo.tree import Attempt, Tree

__all__ = ["Ends", "ends_of"]

_Turn: TypeAlias = Hashable
"""What answers have in common that were sampled for the same turn of a conversation."""


class Ends:
    """The best answer of each turn of a generator's conversations that nothing goes on from yet.

    The best one has the fewest violations, and among equals came first. Calls that failed stand behind all answers.

    Attributes:
        stale: How many of them brought nothing new for too long.
    """

    def __init__(self) -> None:
        self.stale = 0
        self._best: dict[_Turn, Attempt] = {}
        self._began: dict[_Turn, int] = {}
        self._stale: set[_Turn] = set()
        self._open: set[_Turn] = set()
        self._accepted: dict[int, _Turn] = {}

    def open(self, tree: Tree) -> list[Attempt]:
        """Those that lead further, oldest first: of the accepted ones, those that were blamed since."""
        turns = self._open
        if self._accepted:
            turns = turns.union([self._accepted[blamed] for blamed in tree.blamed if blamed in self._accepted])
        if len(turns) < 2:
            return [self._best[turn] for turn in turns]
        return [self._best[turn] for turn in sorted(turns, key=self._began.__getitem__)]

    def take(self, attempt: Attempt, turn: _Turn, *, is_stale: bool, is_over: bool) -> None:
        """Add an attempt, if it is better than those of its turn so far."""
        if turn not in self._began:
            self._began[turn] = attempt.id
        elif turn not in self._best or _rank(attempt) >= _rank(self._best[turn]):
            return
        self.drop(turn)
        self._best[turn] = attempt
        if is_stale:
            self._stale.add(turn)
            self.stale += 1
        elif not is_over and attempt.accepted:
            self._accepted[attempt.id] = turn
        elif not is_over:
            self._open.add(turn)

    def drop(self, turn: _Turn) -> None:
        """Take a turn out: something goes on from it."""
        best = self._best.pop(turn, None)
        self._open.discard(turn)
        if turn in self._stale:
            self._stale.remove(turn)
            self.stale -= 1
        if best is not None:
            self._accepted.pop(best.id, None)


def ends_of(
    tree: Tree, *, by_turn: bool, restart_after: int | None, stale_after: int | None
) -> Mapping[str, Ends]:
    """The ends of the conversations of each generator of the frontier. What was computed before is kept.

    Args:
        tree: The attempts so far.
        by_turn: Whether several answers are sampled for a turn; if not, each attempt is a turn of its own. Samples
            have the same parent; those that begin conversations have a label for each.
        restart_after: Answers after which a conversation is over; None never.
        stale_after: Answers in a row that brought nothing new after which it is; None never.
    """

    def turn_of(attempt: Attempt) -> _Turn:
        return (attempt.parent, attempt.round, attempt.label) if by_turn else attempt.id

    def take(found: defaultdict[str, Ends], attempt: Attempt) -> None:
        if attempt.parent is not None:
            found[attempt.node].drop(turn_of(tree[attempt.parent]))
        is_stale = stale_after is not None and stagnation(tree, attempt) >= stale_after
        is_long = restart_after is not None and tree.depth(attempt) >= restart_after
        is_over = is_long or attempt.error_kind == "context_overflow"
        found[attempt.node].take(attempt, turn_of(attempt), is_stale=is_stale, is_over=is_over)

    return folded(tree, f"ends {by_turn} {restart_after} {stale_after}", lambda: defaultdict(Ends), take)


def _rank(attempt: Attempt) -> tuple[bool, bool, bool, int]:
    has_text = attempt.generation is not None
    return (not attempt.accepted, not has_text, attempt.candidate is None, attempt.violation_count)
