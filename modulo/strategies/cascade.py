"""The cheap model first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from modulo.canonical import JsonValue
from modulo.protocols import Expansion, Strategy
from modulo.settings import settings_of
from modulo.strategies.arms import chosen_arms
from modulo.strategies.counts import check_counts, names_in
from modulo.strategies.ladders import Conversing, check_conversing, climb
from modulo.tree import Tree

__all__ = ["Cascade"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cascade(Strategy):
    """Asks the cheapest model until critics have rejected enough of its answers, then the next one.

    The evidence for going on is the critics', where FrugalGPT trains a scorer: it can be sound.

    Source: Chen et al., "FrugalGPT: How to Use Large Language Models While Reducing Cost and Improving Performance"
    (2023).

    Attributes:
        models: Names of models (``Models``) or of racing generators, from cheap to dear; none takes all of them, in
            their order.
        tries: Rejected answers after which the next model is asked; a repeated answer calls for it at once.
        conversation: What a model sees of what was tried: ``own``, its own answers and what critics said of them;
            ``whole``, those of the models before it as well; ``none``, neither. Racing generators have prompts of
            their own, so none sees what another wrote, and ``whole`` is refused.

    Raises:
        ConfigurationError: A setting makes no sense.
    """

    models: tuple[str, ...] = ()
    tries: int = 2
    conversation: Conversing = "own"

    def __post_init__(self) -> None:
        check_counts(self, "tries")
        check_conversing(self, self.conversation)
        object.__setattr__(self, "models", names_in(self, "models"))

    def ask(self, tree: Tree, n: int) -> Sequence[Expansion]:
        """One answer of the model whose turn it is; none once the last one was tried often enough.

        Raises:
            ConfigurationError: There is no such model, or ``whole`` is wanted of racing generators.
        """
        arms = chosen_arms(tree, self.models, strategy="Cascade")
        rungs = [(arm.node, arm.sampling()) for arm in arms]
        expansion = climb(tree, rungs, tries=self.tries, conversation=self.conversation)
        return () if expansion is None else (expansion,)

    def describe(self) -> Mapping[str, JsonValue]:
        """The settings."""
        return {**settings_of(self), "models": [*self.models]}
