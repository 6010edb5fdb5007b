"""Searches of the library TreeQuest, on our loop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from modulo.canonical import JsonValue
from modulo.errors import ConfigurationError, MissingDependencyError
from modulo.protocols import Expansion, Strategy
from modulo.settings import settings_of
from modulo.strategies.arms import Arm, attempts_at, chosen_arms
from modulo.strategies.counts import check_counts, names_in
from modulo.strategies.quests import Quest, going_on_from
from modulo.tree import Tree

__all__ = ["TreeQuest"]


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
        quest = self._quest(tree, arms, wanted)
        if not arms or (self.patience is not None and quest.repeats >= self.patience):
            return ()
        return [
            _expansion(tree, arms[trial.action], trial.parent_state, f"{nth}/{wanted}")
            for nth, trial in enumerate(quest.asked(wanted))
        ]

    def describe(self) -> Mapping[str, JsonValue]:
        """The settings."""
        return {**settings_of(self), "models": [*self.models], "settings": {**self.settings}}

    def _quest(self, tree: Tree, arms: Mapping[str, Arm], wanted: int) -> Quest:
        """Where the search stands. What the tree's memo has is gone on with, unless something else came of it."""
        attempts, blamed, key = attempts_at(tree), len(tree.blamed), f"treequest {self!r}"
        known = tree.memo.get(key)
        if known is None or known[:2] != (id(attempts), blamed) or not known[2].take(tree, attempts, wanted):
            quest = Quest(self._made(), [*arms], tree.seed)
            quest.take(tree, attempts, wanted)
            known = tree.memo[key] = (id(attempts), blamed, quest, attempts)
        found: Quest = known[2]
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


def _expansion(tree: Tree, arm: Arm, place: int | None, label: str) -> Expansion:
    return Expansion(
        node=arm.node, parent=going_on_from(tree, arm, place), sampling=arm.sampling(), label=label
    )
