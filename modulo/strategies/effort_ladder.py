"""More reasoning only where it is needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from modulo.canonical import JsonValue
from modulo.errors import ConfigurationError
from modulo.generators.llm_options import check_sampling
from modulo.protocols import Expansion, Sampling, Strategy
from modulo.settings import settings_of
from modulo.strategies.arms import arms_of
from modulo.strategies.counts import check_counts, check_truths, names_in
from modulo.strategies.ladders import Conversing, climb
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
        thinking_tokens: Tokens of thinking, from few to many, in place of ``efforts``, for models that take a budget
            of it (Anthropic's and Google's); none goes by ``efforts``, which litellm makes budgets of there.

    Raises:
        ConfigurationError: A setting makes no sense.
    """

    efforts: tuple[str, ...] = ("low", "medium", "high")
    tries: int = 1
    keeps_conversation: bool = True
    max_output_tokens: tuple[int, ...] = ()
    thinking_tokens: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        check_counts(self, "tries")
        check_truths(self, "keeps_conversation")
        object.__setattr__(self, "efforts", names_in(self, "efforts"))
        if not self.efforts:
            raise ConfigurationError("EffortLadder needs at least one effort")
        for name in ("max_output_tokens", "thinking_tokens"):
            given = getattr(self, name)  # a trace gives a list back, the command line a single number
            numbers = tuple(given) if isinstance(given, list | tuple) else (given,)
            object.__setattr__(self, name, numbers)
            for number in numbers:
                check_sampling(**{name: number})
        if self.max_output_tokens and len(self.max_output_tokens) != len(self.thinking_tokens or self.efforts):
            raise ConfigurationError(
                "EffortLadder: max_output_tokens needs one number for each effort, or none"
            )

    def ask(self, tree: Tree, n: int) -> Sequence[Expansion]:
        """One answer of each generator at its present effort; none once the highest was tried often enough."""
        expansions: list[Expansion | None] = []
        conversation: Conversing = "whole" if self.keeps_conversation else "none"
        for arm in arms_of(tree):
            rungs = [(arm.node, replace(sampling, model=arm.model)) for sampling in self._samplings()]
            expansions.append(climb(tree, rungs, tries=self.tries, conversation=conversation))
        return [expansion for expansion in expansions if expansion is not None][:n]

    def describe(self) -> Mapping[str, JsonValue]:
        """The settings."""
        lists = {name: [*getattr(self, name)] for name in ("efforts", "max_output_tokens", "thinking_tokens")}
        return {**settings_of(self), **lists}

    def _samplings(self) -> Sequence[Sampling]:
        """The rungs of the ladder."""
        rungs = [Sampling(thinking_tokens=most) for most in self.thinking_tokens] or [
            Sampling(reasoning_effort=effort) for effort in self.efforts
        ]
        lengths: Sequence[int | None] = self.max_output_tokens or (None,) * len(rungs)
        return [replace(rung, max_output_tokens=most) for rung, most in zip(rungs, lengths, strict=True)]
