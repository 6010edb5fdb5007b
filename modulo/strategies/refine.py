"""LLM-Modulo's own strategy: generate, critique, backprompt, again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from modulo.canonical import JsonValue
from modulo.errors import ConfigurationError
from modulo.protocols import DEFAULT_SAMPLING, MOST_SAMPLES, Expansion, Sampling, Strategy
from modulo.settings import settings_of
from modulo.strategies.arms import check_generator, counts_of_nodes
from modulo.strategies.conversations import Ends, ends_of
from modulo.strategies.counts import check_counts, check_truths
from modulo.strategies.stagnation import fruitless, heat_of
from modulo.tree import Attempt, Tree

__all__ = ["Refine"]

_Lane: TypeAlias = "tuple[str, Attempt | None]"
"""A generator and the latest attempt of one of its conversations; None for one that begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refine(Strategy):
    """Goes on from the latest answer with what the critics said of it, until one is certified.

    Every generator of the stage to work on is asked, so several generators of one artefact race each other; a last
    resort waits until the others have tried.

    Source: Kambhampati et al., "LLMs Can't Plan, But Can Help Planning in LLM-Modulo Frameworks" (2024).

    Attributes:
        width: Conversations that each generator holds at the same time.
        restart_after: Answers after which a conversation is given up for a new one; None never.
        patience: Stop as ``stuck`` when every conversation has given its answer this many times more in a row, or
            its generator, in whatever conversations, has only given answers that it had given before, or failed,
            for as long; None never.
        candidates: Answers sampled at each turn of a conversation, which goes on from the one with the fewest
            violations; up to 1,000.
        stale_after: Answers in a row that bring nothing new (one that was given before, or the very same violations)
            after which a conversation is given up for a new one, with the next of the generator's models if it
            has several; None never.
        fresh_starts: How many conversations may follow those that were given up for that; then it is ``stuck``.
        heats: Whether answers that bring nothing new raise the temperature, for models that take any. Some models
            refuse all temperatures but their own.
        last_resort: Name of a generator, a planner for example, that is asked only when the other generators of
            its artefact have made ``last_resort_after`` attempts or are stuck; from then on it races them.
        last_resort_after: How many attempts those are.

    Raises:
        ConfigurationError: A number makes no sense.
    """

    width: int = 1
    restart_after: int | None = None
    patience: int | None = 10
    candidates: int = 1
    stale_after: int | None = None
    fresh_starts: int = 3
    heats: bool = False
    last_resort: str | None = None
    last_resort_after: int = 5

    def __post_init__(self) -> None:
        check_counts(
            self,
            *("width", "candidates", "fresh_starts", "last_resort_after"),
            optional=("restart_after", "patience", "stale_after"),
        )
        check_truths(self, "heats")
        if self.candidates > MOST_SAMPLES:
            raise ConfigurationError(
                f"Refine: candidates must be at most {MOST_SAMPLES:,}, not {self.candidates!r}"
            )

    def ask(self, tree: Tree, n: int) -> Sequence[Expansion]:
        """One expansion for each conversation; none when all of them are stuck.

        Raises:
            ConfigurationError: The graph has no generator of the last resort's name.
        """
        names = [node.name for node in tree.frontier().generators if tree.inputs_of(node.name) is not None]
        if self.last_resort is None:
            lanes = self._lanes_of(tree, names, n)
        else:
            lanes = self._lanes_of(tree, [name for name in names if name != self.last_resort], n)
        if self.last_resort is not None and self._needs_last_resort(tree, names, lanes):
            # First, so that it is asked even if only one may run.
            lanes = [*self._lanes_of(tree, [self.last_resort], n), *lanes]
        if self.patience is not None and self._are_stuck(tree, lanes):
            return ()
        return [self._expansion(tree, name, tip, i) for i, (name, tip) in enumerate(lanes[:n])]

    def describe(self) -> Mapping[str, JsonValue]:
        """The settings."""
        return settings_of(self)

    def _needs_last_resort(self, tree: Tree, names: Sequence[str], lanes: Sequence[_Lane]) -> bool:
        if self.last_resort not in names:
            check_generator(tree, self.last_resort, setting="Refine: last_resort")
            return False
        others = {name for name in names if name != self.last_resort}
        made = counts_of_nodes(tree)
        tries = sum(made[name] for name in others)
        return tries >= self.last_resort_after or not lanes or self._are_stuck(tree, lanes)

    def _lanes_of(self, tree: Tree, names: Sequence[str], n: int) -> list[_Lane]:
        """Where the conversations of some generators stand."""
        return [(name, tip) for name in names for tip in self._lanes(tree, name, n)]

    def _are_stuck(self, tree: Tree, lanes: Sequence[_Lane]) -> bool:
        return bool(lanes) and all(self._is_stuck(tree, *lane) for lane in lanes)

    def _lanes(self, tree: Tree, node: str, n: int) -> Sequence[Attempt | None]:
        """Where each conversation stands, n at most; None for one that begins."""
        ends = self._ends(tree, node)
        tips = ends.open(tree)[-self.width :]
        begun = min(self.width, n) - len(tips)
        if self.stale_after is not None:
            begun = min(begun, max(0, self.fresh_starts + 1 - ends.stale - len(tips)))
        return [*tips, *[None] * begun]

    def _ends(self, tree: Tree, node: str) -> Ends:
        return ends_of(
            tree,
            by_turn=self.candidates > 1,
            restart_after=self.restart_after,
            stale_after=self.stale_after,
        )[node]

    def _is_stuck(self, tree: Tree, node: str, tip: Attempt | None) -> bool:
        if self.patience is None:
            return False
        if tip is not None and tree.repeats(tip) >= self.patience:
            return True
        return fruitless(tree, node) >= self.patience * self.width * self.candidates

    def _expansion(self, tree: Tree, node: str, tip: Attempt | None, lane: int) -> Expansion:
        if tip is None:
            model = self._next_model(tree, node)
            sampling = DEFAULT_SAMPLING if model is None else Sampling(model=model)
            label = str(lane) if self.candidates > 1 else ""
            return Expansion(node=node, samples=self.candidates, sampling=sampling, label=label)
        heat = heat_of(tree, tip) if self.heats else None
        sampling, model = DEFAULT_SAMPLING, tip.sampling.model
        if heat is not None or model is not None:
            sampling = Sampling(temperature=heat, model=model)
        return Expansion(node=node, parent=tip.id, samples=self.candidates, sampling=sampling)

    def _next_model(self, tree: Tree, node: str) -> str | None:
        """The model for a new conversation; None leaves it to the generator."""
        if self.stale_after is None:
            return None
        models = tree.program.generator(node).generator.models
        return models[self._ends(tree, node).stale % len(models)] if models else None
