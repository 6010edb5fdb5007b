"""Searches of the library TreeQuest, on our loop."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from itertools import groupby
from threading import Lock
from typing import Any, Final

from modulo.canonical import JsonValue
from modulo.errors import ConfigurationError, MissingDependencyError
from modulo.protocols import Expansion, Strategy
from modulo.settings import settings_of
from modulo.strategies.arms import Arm, attempts_at, chosen_arms
from modulo.strategies.counts import check_counts, names_in
from modulo.strategies.scores import score_of
from modulo.tree import Attempt, Tree

__all__ = ["TreeQuest"]

_DRAWING: Final = Lock()
"""Held while an algorithm draws from the generators of the whole process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeQuest(Strategy):
    """Lets an algorithm of the library TreeQuest decide what to go on from, with which model (extra ``treequest``).

    Each attempt is told to it with its score (``modulo.strategies.scores``); calls that failed are not told. Where it
    goes on from an accepted answer, or with one generator from the answer of another, the answer is asked for anew.

    Its algorithms draw from the global random generators of Python and numpy. These are seeded for each ask, by the
    run's seed and the number of attempts, and put back afterwards; what the library knows of a run is found again by
    asking it once more, and telling it what came of it. So a run can be repeated, resumed and replayed, except where
    another thread draws from those generators at that moment, and with ``ABMCTSM``, since PyMC seeds itself. What an
    algorithm would not ask for again is not told to it when a run is resumed.

    Our own ``ABMCTS`` has neither limit, and shares what is learned between places.

    Source: https://github.com/SakanaAI/treequest (Apache-2.0); Inoue et al., "Wider or Deeper? Scaling LLM
    Inference-Time Compute with Adaptive Branching Tree Search" (2025).

    Attributes:
        algorithm: Name of a class in ``treequest``: ``ABMCTSA``, ``StandardMCTS``, ``TreeOfThoughtsBFSAlgo``, or
            ``ABMCTSM``, which needs ``treequest[abmcts-m]``.
        settings: Its arguments; scores by model are by the models' names.
        models: Names of models (``Models``) or of racing generators; none takes all of them.
        width: Expansions at the same time; None takes as many as the run allows. ``StandardMCTS`` and
            ``TreeOfThoughtsBFSAlgo`` learn from no more at a time than they sample of a place.
        patience: Stop as ``stuck`` when this many answers in a row had been given before; None never.

    Raises:
        MissingDependencyError: TreeQuest is not installed.
        ConfigurationError: A setting makes no sense. Those of the algorithm are looked at by the first ask.
    """

    algorithm: str = "ABMCTSA"
    settings: Mapping[str, JsonValue] = field(default_factory=dict)
    models: tuple[str, ...] = ()
    width: int | None = 1
    patience: int | None = 20

    def __post_init__(self) -> None:
        check_counts(self, optional=("width", "patience"))
        object.__setattr__(self, "models", names_in(self, "models"))
        if not isinstance(self.algorithm, str) or not isinstance(self.settings, Mapping):
            raise ConfigurationError("TreeQuest: algorithm is a name, and settings are its arguments by name")
        if find_spec("treequest") is None:
            raise MissingDependencyError("TreeQuest needs the library: pip install 'llm-modulo[treequest]'")

    def ask(self, tree: Tree, n: int) -> Sequence[Expansion]:
        """What the algorithm wants; none when it wants nothing or nothing new has come for too long.

        Raises:
            ConfigurationError: There is no such model or algorithm, or it takes no such settings.
            MissingDependencyError: The algorithm needs more than TreeQuest.
        """
        arms = {arm.name: arm for arm in chosen_arms(tree, self.models, strategy="TreeQuest")}
        wanted = min(n, self.width or n)
        search = self._search(tree, arms, wanted)
        if not arms or (self.patience is not None and search.repeats >= self.patience):
            return ()
        return [
            _expansion(tree, arms[trial.action], trial.parent_state, f"{nth}/{wanted}")
            for nth, trial in enumerate(search.asked(wanted))
        ]

    def describe(self) -> Mapping[str, JsonValue]:
        """The settings."""
        return {**settings_of(self), "models": [*self.models], "settings": {**self.settings}}

    def _search(self, tree: Tree, arms: Mapping[str, Arm], wanted: int) -> _Search:
        """Where the search stands. What the tree's memo has is gone on with, unless something else came of it."""
        attempts, blamed, key = attempts_at(tree), len(tree.blamed), f"treequest {self!r}"
        known = tree.memo.get(key)
        if known is None or known[:2] != (id(attempts), blamed) or not known[2].take(tree, attempts, wanted):
            search = _Search(self._made(), [*arms], tree.seed)
            search.take(tree, attempts, wanted)
            known = tree.memo[key] = (id(attempts), blamed, search, attempts)
        found: _Search = known[2]
        return found

    def _made(self) -> Any:
        library = import_module("treequest")
        kind = getattr(library, self.algorithm, None)
        try:
            made = kind(**self.settings) if callable(kind) else None
        except (TypeError, ValueError) as error:
            raise ConfigurationError(f"TreeQuest: {self.algorithm} does not take that: {error}") from error
        except ImportError as error:
            raise MissingDependencyError(f"TreeQuest: {self.algorithm} needs more: {error}") from error
        if not isinstance(made, library.Algorithm):
            raise ConfigurationError(f"TreeQuest: {self.algorithm!r} is no algorithm of treequest")
        return made


class _Search:
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
            or attempt.parent != _parent(tree, arm, trial.parent_state)
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


def _expansion(tree: Tree, arm: Arm, place: int | None, label: str) -> Expansion:
    return Expansion(node=arm.node, parent=_parent(tree, arm, place), sampling=arm.sampling(), label=label)


def _parent(tree: Tree, arm: Arm, place: int | None) -> int | None:
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
