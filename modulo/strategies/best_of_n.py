"""Independent samples of the same prompt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from modulo.canonical import JsonValue
from modulo.generators.llm_options import check_sampling
from modulo.protocols import Expansion, Sampling, Strategy
from modulo.settings import settings_of
from modulo.strategies.arms import arms_of, counts_at
from modulo.strategies.counts import check_counts
from modulo.tree import Tree

__all__ = ["BestOfN"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BestOfN(Strategy):
    """Samples n answers without a word about earlier ones; the first certified one wins.

    With ``solve(.., select="best")`` all n are sampled, and the certified one that soft critics rank highest wins.

    Source: Brown et al., "Large Language Monkeys: Scaling Inference Compute with Repeated Sampling" (2024); Cobbe et
    al., "Training Verifiers to Solve Math Word Problems" (2021).

    Attributes:
        n: Samples of each generator; then there is nothing left to try.
        width: Samples at the same time. All n at once are quickest, one by one are cheapest, since the samples after
            a certified one are never paid for. None takes as many as the run allows.
        temperature: Softmax temperature; None leaves it to the generator.

    Raises:
        ConfigurationError: A number makes no sense.
    """

    n: int = 8
    width: int | None = None
    temperature: float | None = None

    def __post_init__(self) -> None:
        check_counts(self, "n", optional=("width",))
        check_sampling(temperature=self.temperature)

    def ask(self, tree: Tree, n: int) -> Sequence[Expansion]:
        """One expansion for each sample that is still missing, as many as may run at the same time."""
        made = counts_at(tree)
        wanted = []
        for arm in arms_of(tree):
            missing = min(n, self.n - made[arm])
            sampling = Sampling(temperature=self.temperature, model=arm.model)
            wanted += [Expansion(node=arm.node, sampling=sampling)] * missing
        return wanted[: min(n, self.width or n)]

    def describe(self) -> Mapping[str, JsonValue]:
        """The settings."""
        return settings_of(self)
