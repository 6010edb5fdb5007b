"""The model first that past runs recommend."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from msgspec import to_builtins
from msgspec.structs import replace

from modulo.canonical import JsonValue, parse_json
from modulo.errors import ConfigurationError
from modulo.protocols import Expansion, Strategy
from modulo.settings import settings_of
from modulo.strategies.arms import Arm, attempts_at, chosen_arms
from modulo.strategies.counts import check_counts, names_in
from modulo.strategies.features import Features, features_of_critiques, features_of_problem
from modulo.strategies.ladders import Conversing, check_conversing, climb, rejected
from modulo.strategies.routing import RoutingTable
from modulo.tree import Attempt, Tree

__all__ = ["Router"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Router(Strategy):
    """Asks first the model that costs least a certificate, as past runs tell of problems like this one.

    The first model is chosen by the problem alone; once it was tried often enough, the order of the others is decided
    with what critics said of the first answer. Models of which nothing is known come last. Without data, it does what
    ``Cascade`` does. The label of each attempt says why its model was chosen.

    All models have their tries in the end, so what is certified is what a cascade certifies; what it costs differs.

    Source: Ding et al., "Hybrid LLM: Cost-Efficient and Quality-Aware Query Routing" (2024); that the order by cost a
    success is the cheapest is Mitten's, "An Analytic Solution to the Least Cost Testing Sequence Problem" (1960).

    Attributes:
        table: What past runs say (``modulo.bench.routing`` learns it from traces), or the file that holds it.
        models: Names of models (``Models``) or of racing generators, in the order without data; none takes all.
        tries: Rejected answers after which the next model is asked; a repeated answer calls for it at once.
        conversation: What a model sees of what was tried: ``own``, its own answers and what critics said of them;
            ``whole``, those of the models before it as well; ``none``, neither. Racing generators have prompts of
            their own, so none sees what another wrote, and ``whole`` is refused.

    Raises:
        ConfigurationError: A setting makes no sense, or the file holds no table.
    """

    table: RoutingTable | Mapping[str, Any] | str | os.PathLike[str] | None = None
    models: tuple[str, ...] = ()
    tries: int = 2
    conversation: Conversing = "own"

    def __post_init__(self) -> None:
        check_counts(self, "tries")
        check_conversing(self, self.conversation)
        object.__setattr__(self, "models", names_in(self, "models"))
        object.__setattr__(self, "table", _table(self.table))

    def ask(self, tree: Tree, n: int) -> Sequence[Expansion]:
        """One answer of the model whose turn it is; none once the last one was tried often enough.

        Raises:
            ConfigurationError: There is no such model, or ``whole`` is wanted of racing generators.
        """
        arms = chosen_arms(tree, self.models, strategy="Router")
        attempts = attempts_at(tree)
        reasons = self._order(tree, arms, attempts)
        rungs = [(arm.node, arm.sampling()) for arm in reasons]
        expansion = climb(tree, rungs, tries=self.tries, conversation=self.conversation)
        if expansion is None:
            return ()
        return [replace(expansion, label=reasons[Arm(expansion.node, expansion.sampling.model)])]

    def describe(self) -> Mapping[str, JsonValue]:
        """The settings, with the table itself."""
        return {**settings_of(self), "models": [*self.models], "table": to_builtins(self.table)}

    def _order(self, tree: Tree, arms: Sequence[Arm], attempts: Sequence[Attempt]) -> dict[Arm, str]:
        """The models in the order in which they are asked, each with the reason for its place."""
        table = self.table
        if not isinstance(table, RoutingTable):
            return dict.fromkeys(arms, "fixed order")
        features = _features_of(tree)
        order = _ranked(table, arms, features)
        first = next((attempt for attempt in attempts if rejected(attempt)), None)
        if first is None or len(order) < 3:
            return order
        known = {**features, **features_of_critiques(first.critiques)}
        head = next(iter(order))
        return {head: order[head], **_ranked(table, [arm for arm in arms if arm != head], known)}


def _ranked(table: RoutingTable, arms: Sequence[Arm], features: Features) -> dict[Arm, str]:
    records = {arm: table.models[arm.name] for arm in arms if arm.name in table.models}
    costs = {arm: record.cost_a_certificate(features) for arm, record in records.items()}
    order = {
        arm: f"certifies {records[arm].probability(features):.0%}, {costs[arm]:.3g} {table.unit} a certificate"
        for arm in sorted(costs, key=costs.__getitem__)
    }
    return order | {arm: "nothing known" for arm in arms if arm not in records}


def _features_of(tree: Tree) -> Features:
    if "features" not in tree.memo:
        canonical = tree.problem.canonical
        tree.memo["features"] = features_of_problem(tree.problem.domain, parse_json(canonical), len(canonical))
    found: Features = tree.memo["features"]
    return found


def _table(given: object) -> RoutingTable | None:
    if given is None or isinstance(given, RoutingTable):
        return given
    if isinstance(given, str | os.PathLike):
        return RoutingTable.read(given)
    if isinstance(given, Mapping):
        return RoutingTable.of(given)
    raise ConfigurationError(f"Router: table must be a RoutingTable or the file of one, not {given!r}")
