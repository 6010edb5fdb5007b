"""A search of the library TreeQuest, in step with the attempts of a run."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from itertools import groupby
from threading import Lock
from typing import Any, Final

from modulo.strategies.arms import Arm
from modulo.strategies.scores import score_of
from modulo.tree import Attempt, Tree

__all__ = ["Quest", "going_on_from"]

_DRAWING: Final = Lock()
"""Held while an algorithm draws from the generators of the whole process."""


class Quest:
    """An algorithm that was asked for and told what the attempts say, in their order.

    Attributes:
        repeats: How many answers in a row, up to the last one, had been given before.
    """

    def __init__(self, algorithm: Any, actions: list[str], seed: int) -> None:
        self._algorithm, self._actions, self._seed = algorithm, actions, seed
        self._state = algorithm.init_tree()
        self._taken = 0
        self._trials: list[Any] | None = None
        self._wanted = 0
        self._answers: set[str] = set()
        self.repeats = 0

    def asked(self, wanted: int) -> list[Any]:
        """What it wants next; the same if it is asked again."""
        if self._trials is None:
            with _seeded(f"{self._seed} {self._taken}"):
                self._state, self._trials = self._algorithm.ask_batch(self._state, wanted, self._actions)
            self._wanted = wanted
        return self._trials

    def take(self, tree: Tree, attempts: Sequence[Attempt], wanted: int) -> bool:
        """Tell it of further attempts; False if they, or what is wanted now, do not follow from how it was asked."""
        for _, group in groupby(attempts[self._taken :], key=lambda attempt: attempt.round):
            told = list(group)
            places = [attempt.label.rpartition(".")[2].split("/") for attempt in told]
            size = int(places[0][1])
            if self._trials is not None and self._wanted != size:
                return False
            trials = self.asked(size)
            for attempt, (nth, _) in zip(told, places, strict=True):
                self._tell(tree, attempt, trials[int(nth)] if int(nth) < len(trials) else None)
            self._taken += len(told)
            self._trials = None
        return self._trials is None or self._wanted == wanted

    def _tell(self, tree: Tree, attempt: Attempt, trial: Any) -> None:
        arm = Arm.of(attempt)
        if (
            trial is None
            or arm.name != trial.action
            or attempt.parent != going_on_from(tree, arm, trial.parent_state)
        ):
            return
        is_repeat = attempt.generation is not None and attempt.answer_key in self._answers
        score = score_of(attempt, is_repeat=is_repeat, was_blamed=tree.was_blamed(attempt))
        if score is None:
            return
        if attempt.generation is not None:
            self._answers.add(attempt.answer_key)
            self.repeats = self.repeats + 1 if is_repeat else 0
        self._state = self._algorithm.tell(self._state, trial.trial_id, (attempt.id, score))


def going_on_from(tree: Tree, arm: Arm, place: int | None) -> int | None:
    """The attempt to go on from, if the arm can and something is wrong with it."""
    if place is None or tree[place].node != arm.node:
        return None
    return None if tree[place].accepted and not tree.was_blamed(tree[place]) else place


@contextmanager
def _seeded(seed: str) -> Iterator[None]:
    """Seed the generators of the whole process, and put them back."""
    drawn = import_module("numpy").random
    digest = hashlib.sha256(seed.encode()).digest()
    with _DRAWING:
        before = random.getstate(), drawn.get_state()
        random.seed(digest)
        drawn.seed(int.from_bytes(digest[:4], "big"))
        try:
            yield
        finally:
            random.setstate(before[0])
            drawn.set_state(before[1])
