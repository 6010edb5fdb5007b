"""Wider or deeper: a bandit decides, from what critics say."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from modulo.canonical import JsonValue
from modulo.protocols import Expansion, Strategy
from modulo.settings import settings_of
from modulo.strategies.arms import Arm, chosen_arms
from modulo.strategies.beliefs import Belief, Drawn
from modulo.strategies.branches import Branches, Place, branches_of
from modulo.strategies.counts import check_counts, names_in
from modulo.tree import Tree

__all__ = ["ABMCTS"]

_OWN_SHARE = 0.5
"""How much of the spread among answers is thought to be due to what they go on from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ABMCTS(Strategy):
    """Adaptive branching: answers anew, or goes on from the most promising answer, as Thompson sampling decides.

    For each place to branch from, the beginning and every answer, it draws how good the next answer from there may
    be, and branches where the draw is highest: at an answer, unless something below it draws higher. What is drawn
    from is learned from the scores (``modulo.strategies.scores``) of all attempts: how good each model's answers
    anew are, how much better they are than what they go on from, and what came of going on from that very answer.
    The model with the highest draw is asked. Expansions asked for at the same time count as worth nothing to one
    another, so they spread.

    Source: Inoue et al., "Wider or Deeper? Scaling LLM Inference-Time Compute with Adaptive Branching Tree Search"
    (2025); that places share what is learned is our own (docs/design/0028-bandits.md).

    Attributes:
        models: Names of models (``Models``) or of racing generators; none takes all of them.
        width: Expansions at the same time. One by one learns most of each; None takes as many as the run allows.
        patience: Stop as ``stuck`` when this many answers in a row had been given before; None never.

    Raises:
        ConfigurationError: A setting makes no sense.
    """

    models: tuple[str, ...] = ()
    width: int | None = 1
    patience: int | None = 20

    def __post_init__(self) -> None:
        check_counts(self, optional=("width", "patience"))
        object.__setattr__(self, "models", names_in(self, "models"))

    def ask(self, tree: Tree, n: int) -> Sequence[Expansion]:
        """As many expansions as may run; none when nothing new has come for too long.

        Raises:
            ConfigurationError: There is no such model.
        """
        arms = chosen_arms(tree, self.models, strategy="ABMCTS")
        branches = branches_of(tree)
        if not arms or (self.patience is not None and branches.repeats >= self.patience):
            return ()
        rng = random.Random(f"{tree.seed} {len(tree.attempts)}")  # noqa: S311  a choice, not a secret
        losses: list[Place | Belief] = []
        chosen = []
        for _ in range(min(n, self.width or n)):
            arm, place = _drawn(branches, arms, rng)
            losses.append(place or branches.anew[arm])
            losses[-1].count += 1
            parent = None if place is None else place.attempt
            chosen.append(Expansion(node=arm.node, parent=parent, sampling=arm.sampling()))
        for loss in losses:
            loss.count -= 1
        return chosen

    def describe(self) -> Mapping[str, JsonValue]:
        """The settings."""
        return {**settings_of(self), "models": [*self.models]}


def _drawn(branches: Branches, arms: Sequence[Arm], rng: random.Random) -> tuple[Arm, Place | None]:
    """The arm and the place whose next answer may be the best one; no place is the beginning."""
    anew, best = max(((branches.anew[arm].draw(rng).mean, arm) for arm in arms), key=lambda drawn: drawn[0])
    found: tuple[Arm, Place | None] = (best, None)
    gains = _best_gains(branches, arms, rng)
    gauss = rng.gauss
    for place in branches.places:
        arm, (gain, deviation) = gains[place.node]
        weight = 1 + place.count
        noise = gauss(0.0, _OWN_SHARE * deviation) / math.sqrt(weight)
        value = (place.score + gain + place.total) / weight + noise
        if value > anew:
            anew, found = value, (arm, place)
    return found


def _best_gains(branches: Branches, arms: Sequence[Arm], rng: random.Random) -> dict[str, tuple[Arm, Drawn]]:
    """For each generator, its model that may better answers most: only the generator itself can go on from one."""
    found: dict[str, tuple[Arm, Drawn]] = {}
    for arm in arms:
        drawn = branches.gains[arm].draw(rng)
        if arm.node not in found or drawn.mean > found[arm.node][1].mean:
            found[arm.node] = (arm, drawn)
    return found
