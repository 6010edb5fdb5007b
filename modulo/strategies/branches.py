"""The attempts at a stage as places to branch from, and what each arm has brought there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable
from typing import Final

from modulo.strategies.arms import Arm, attempts_at
from modulo.strategies.beliefs import Belief
from modulo.strategies.scores import score_of
from modulo.tree import Attempt, Tree

__all__ = ["Branches", "Place", "branches_of"]

_ANEW: Final = 0.25
"""Score of an answer anew, before any was seen."""
_GAIN: Final = 0.05
"""How much better an answer is than the one that it goes on from, before any was seen: critiques help."""
_VARIANCE: Final = 0.02


class Place:
    """An attempt to go on from.

    Attributes:
        attempt: Its id.
        node: Its generator.
        score: Its score.
        count: How many attempts went on from it. One more without a score is one of score 0.
        total: The sum of their scores.
    """

    __slots__ = ("attempt", "count", "node", "score", "total")

    def __init__(self, attempt: Attempt, score: float) -> None:
        self.attempt = attempt.id
        self.node = attempt.node
        self.score = score
        self.count = 0
        self.total = 0.0


class Branches:
    """What is known of a stage.

    Attributes:
        places: The attempts that can be gone on from, in the order of asking.
        anew: Scores of each arm's answers that went on from nothing.
        gains: How much better each arm's answers were than those that they went on from.
        repeats: How many answers in a row, up to the last one, had been given before.
    """

    def __init__(self) -> None:
        self.places: list[Place] = []
        self.anew: defaultdict[Arm, Belief] = defaultdict(lambda: Belief(_ANEW, _VARIANCE))
        self.gains: defaultdict[Arm, Belief] = defaultdict(lambda: Belief(_GAIN, _VARIANCE))
        self.repeats = 0
        self._by_attempt: dict[int, Place] = {}
        self._answers: set[Hashable] = set()

    def add(self, attempt: Attempt, *, was_blamed: bool) -> None:
        """Learn from an attempt. One without a score says nothing."""
        is_repeat = self._is_repeat(attempt)
        score = score_of(attempt, is_repeat=is_repeat, was_blamed=was_blamed)
        if score is None:
            return
        self._learn(attempt, score)
        if attempt.generation is not None:
            self.repeats = self.repeats + 1 if is_repeat else 0
            place = self._by_attempt[attempt.id] = Place(attempt, score)
            if was_blamed or not attempt.accepted:
                self.places.append(place)

    def _learn(self, attempt: Attempt, score: float) -> None:
        arm = Arm.of(attempt)
        if attempt.parent is None:
            self.anew[arm].observe(score)
            return
        place = self._by_attempt[attempt.parent]
        place.count += 1
        place.total += score
        if attempt.generation is not None:  # that a conversation is too long says nothing of the model
            self.gains[arm].observe(score - place.score)

    def _is_repeat(self, attempt: Attempt) -> bool:
        if attempt.generation is None:
            return False
        answer = attempt.answer_key
        if answer in self._answers:
            return True
        self._answers.add(answer)
        return False


def branches_of(tree: Tree) -> Branches:
    """What the attempts so far say of the frontier. What was computed before is kept in the tree's memo."""
    attempts = attempts_at(tree)
    blamed = len(tree.blamed)
    known: tuple[object, int, int, Branches] | None = tree.memo.get("branches")
    if known is None or known[0] is not attempts or known[1] != blamed:
        # A later stage has changed its mind on what stands: that is rare, so everything is learned again.
        known = (attempts, blamed, 0, Branches())
    _, _, seen, branches = known
    for attempt in attempts[seen:]:
        branches.add(attempt, was_blamed=tree.was_blamed(attempt))
    tree.memo["branches"] = (attempts, blamed, len(attempts), branches)
    return branches
