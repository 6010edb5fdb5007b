"""Monte Carlo tree search over partial answers."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from modulo.canonical import JsonValue
from modulo.errors import ConfigurationError
from modulo.generators.llm_options import check_sampling
from modulo.numeric import MAX_INTEGER, is_number
from modulo.protocols import Expansion, Strategy
from modulo.settings import settings_of
from modulo.strategies.arms import folded
from modulo.strategies.counts import check_counts
from modulo.strategies.positions import Position, Positions
from modulo.tree import Attempt, Tree

__all__ = ["TreeSearch"]

_NONE: Final[Mapping[int, int]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeSearch(Strategy):
    """Goes down the tree of places by upper confidence bounds (UCT), and asks where it should become wider.

    Places are beginnings of answers where the generator has ``Steps``, else whole answers to be repaired. An answer
    is a rollout to the end: what of it may still become right becomes a path of new places, and the best score among
    them is credited to all places above; an answer that brings nothing new is worth nothing. A place is asked again
    while it was asked fewer than ``widening * visits ** 0.5`` times (progressive widening), since a model can always
    say something else; after that, the search goes on to its children. Answers that are asked for at the same time
    count as visits without reward (virtual loss).

    Source: Kocsis and Szepesvári, "Bandit based Monte-Carlo Planning" (2006); Chaslot et al., "Progressive Strategies
    for Monte-Carlo Tree Search" (2008) and "Parallel Monte-Carlo Tree Search" (2008); Hao et al., "Reasoning with
    Language Model is Planning with World Model" (2023).

    Attributes:
        exploration: How much a place is worth that was seldom visited; 0 goes by mean rewards, which are up to 1.
        widening: How fast a place gets further children.
        width: Answers asked for at the same time.
        patience: Answers in a row that brought nothing new after which it is stuck; None never.
        temperature: Softmax temperature; None leaves it to the generator. With 0, a place gives one answer only.

    Raises:
        ConfigurationError: A number makes no sense.
    """

    exploration: float = 0.5
    widening: float = 1.0
    width: int = 1
    patience: int | None = 50
    temperature: float | None = None

    def __post_init__(self) -> None:
        check_counts(self, "width", optional=("patience",))
        check_sampling(temperature=self.temperature)
        for name, least in (("exploration", 0), ("widening", 0.01)):
            value = getattr(self, name)
            if not is_number(value) or not least <= value <= MAX_INTEGER:
                raise ConfigurationError(
                    f"TreeSearch: {name} must be a number from {least} to 2**53 - 1, not {value!r}"
                )

    def ask(self, tree: Tree, n: int) -> Sequence[Expansion]:
        """Answers from the places that are worth most by now."""
        seen = folded(tree, "tree search", lambda: _Seen(Positions(tree)), _Seen.take)
        if self.patience is not None and seen.fruitless >= self.patience:
            return ()
        pending, asked = Counter[int](), Counter[int]()
        wanted: list[Expansion] = []
        for _ in range(min(n, self.width)):
            place = self._selected(seen, pending, asked)
            nth = place.asked + asked[place.id]
            expansion = seen.positions.expansion(place, tree, nth, self.temperature)
            if expansion is None:
                break
            wanted.append(expansion)
            asked[place.id] += 1
        return wanted

    def describe(self) -> Mapping[str, JsonValue]:
        """The settings."""
        return settings_of(self)

    def _selected(self, seen: _Seen, pending: Counter[int], asked: Counter[int]) -> Position:
        """The place to ask from; what is on the way to it is pending from then on."""
        for place in seen.complete:
            if not place.asked and not asked[place.id]:
                return place
        place = seen.positions.root
        while True:
            visits = place.visits + pending[place.id]
            pending[place.id] += 1
            if not place.children or place.asked + asked[place.id] < self.widening * math.sqrt(visits + 1):
                return place
            # As long as nothing is asked for, only places above are pending.
            place = self._best(place.children, pending if asked else _NONE, math.log(visits + 1))

    def _best(self, places: Sequence[Position], pending: Mapping[int, int], log: float) -> Position:
        """The first one of the highest bound. A plain loop: this is where searching takes its time."""
        exploration, sqrt = self.exploration, math.sqrt
        best, highest = places[0], -1.0
        for place in places:
            visits = place.visits
            if pending:
                visits += pending.get(place.id, 0)
            bound = place.reward / visits + exploration * sqrt(log / visits)
            if bound > highest:
                best, highest = place, bound
        return best


@dataclass(slots=True)
class _Seen:
    """What the attempts so far have brought; visits and rewards stand at the places."""

    positions: Positions
    complete: list[Position] = field(default_factory=list)
    fruitless: int = 0

    def take(self, attempt: Attempt) -> None:
        """Credit what an attempt has brought to all places above it."""
        found = self.positions.note(attempt)
        self.fruitless = 0 if found.new else self.fruitless + 1
        reward = 0.0
        for new in found.new:
            reward = max(reward, new.score)
            if new.is_complete:
                self.complete.append(new)
        place: Position | None = found.new[-1] if found.new else found.origin
        while place is not None:
            place.visits += 1
            place.reward += reward
            place = place.parent
