"""Several strategies at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from modulo.canonical import JsonValue
from modulo.described import described, rebuilt
from modulo.errors import ConfigurationError
from modulo.protocols import Expansion, Strategy
from modulo.tree import Attempt, Tree

__all__ = ["Portfolio"]


@dataclass(frozen=True, slots=True)
class Portfolio(Strategy):
    """Runs several strategies side by side under one budget; the first certificate wins.

    Each sees the attempts that it asked for and the artefacts that stand, whoever made them.

    Source: Huberman, Lukose and Hogg, "An Economics Approach to Hard Computational Problems" (1997).

    Attributes:
        strategies: The strategies, at least one. The first ones come first where not all of them may run.

    Raises:
        ConfigurationError: There are none, or one is no strategy.
    """

    strategies: tuple[Strategy, ...]

    def __post_init__(self) -> None:
        parts = [rebuilt(part, Strategy) if isinstance(part, Mapping) else part for part in self.strategies]
        object.__setattr__(self, "strategies", tuple(parts))
        if not parts or not all(isinstance(part, Strategy) for part in parts):
            raise ConfigurationError("Portfolio takes strategies, as in Portfolio([Refine(), BestOfN(n=8)])")

    def ask(self, tree: Tree, n: int) -> Sequence[Expansion]:
        """What each of them wants, in turn, until there is room for no more."""
        wanted: list[list[Expansion]] = []
        for i in range(len(self.strategies)):
            # One of each fills it. At first all are asked, since what one cannot do is said before anything is paid.
            if len(wanted) >= n and tree.attempts:
                break
            expansions = self._wanted_by(i, tree, n)
            if expansions:
                wanted.append(expansions)
        in_turn = [one for nth in range(n) for expansions in wanted for one in expansions[nth : nth + 1]]
        return in_turn[:n]

    def tell(self, tree: Tree, attempt: Attempt) -> None:
        """Tell whoever asked for it."""
        for i, strategy in enumerate(self.strategies):
            part = tree.labelled(_label(i))
            if part.attempts and part.attempts[-1] is attempt:
                strategy.tell(part, attempt)

    def describe(self) -> Mapping[str, JsonValue]:
        """The strategies and their settings."""
        return {"strategies": [described(strategy) for strategy in self.strategies]}

    def _wanted_by(self, i: int, tree: Tree, n: int) -> list[Expansion]:
        asked = self.strategies[i].ask(tree.labelled(_label(i)), n)
        return [replace(expansion, label=_label(i) + expansion.label) for expansion in asked]


def _label(i: int) -> str:
    return f"{i}."
