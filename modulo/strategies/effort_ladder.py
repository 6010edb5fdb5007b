"""More reasoning only where it is needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from modulo.canonical import JsonValue
from modulo.errors import ConfigurationError
from modulo.generators.llm_options import check_sampling
from modulo.protocols import Expansion, Sampling, Strategy
from modulo.settings import settings_of
from modulo.strategies.arms import arms_of
from modulo.strategies.counts import check_counts, check_truths, names_in
from modulo.strategies.ladders import climb
from modulo.tree import Tree

__all__ = ["EffortLadder"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EffortLadder(Strategy):
    """Implicit scaling under explicit control: raises a model's reasoning effort when critics reject its answers.

    Source: Valmeekam et al., "Planning in Strawberry Fields: Evaluating and Improving the Planning and Scheduling
    Capabilities of LRM o1" (2024), LRM-Modulo; Snell et al., "Scaling LLM Test-Time Compute Optimally" (2024).

    Attributes:
        efforts: Values of ``reasoning_effort``, from little to much.
        tries: Rejected answers after which the effort is raised; a repeated answer raises it at once.
        keeps_conversation: Whether an answer goes on from the one before, with what critics said of it.
        max_output_tokens: Longest answer at each effort, for models whose thinking is limited by it; none leaves it.

    Raises:
        ConfigurationError: A setting makes no sense.
    """

    efforts: tuple[str, ...] = ("low", "medium", "high")
    tries: int = 1
    keeps_conversation: bool = True
    max_output_tokens: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        check_counts(self, "tries")
        check_truths(self, "keeps_conversation")
        object.__setattr__(self, "efforts", names_in(self, "efforts"))
        if not self.efforts:
            raise ConfigurationError("EffortLadder needs at least one effort")
        most = self.max_output_tokens  # a trace gives a list back, the command line a single number
        object.__setattr__(
            self, "max_output_tokens", tuple(most) if isinstance(most, list | tuple) else (most,)
        )
        if self.max_output_tokens and len(self.max_output_tokens) != len(self.efforts):
            raise ConfigurationError(
                "EffortLadder: max_output_tokens needs one number for each effort, or none"
            )
        for length in self.max_output_tokens:
            check_sampling(max_output_tokens=length)

    def ask(self, tree: Tree, n: int) -> Sequence[Expansion]:
        """One answer of each generator at its present effort; none once the highest was tried often enough."""
        lengths: Sequence[int | None] = self.max_output_tokens or (None,) * len(self.efforts)
        expansions = []
        for arm in arms_of(tree):
            rungs = [
                (arm.node, Sampling(reasoning_effort=effort, max_output_tokens=most, model=arm.model))
                for effort, most in zip(self.efforts, lengths, strict=True)
            ]
            expansions.append(climb(tree, rungs, tries=self.tries, keeps=self.keeps_conversation))
        return [expansion for expansion in expansions if expansion is not None][:n]

    def describe(self) -> Mapping[str, JsonValue]:
        """The settings."""
        return {**settings_of(self), "efforts": [*self.efforts], "max_output_tokens": [*self.max_output_tokens]}
