"""A vote among samples decides which answer the critics are asked about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from modulo.canonical import JsonValue
from modulo.generators.llm_options import check_sampling
from modulo.protocols import Expansion, Sampling, Strategy
from modulo.settings import settings_of
from modulo.strategies.arms import arms_of, attempts_at
from modulo.strategies.counts import check_counts
from modulo.tree import Attempt, Tree

__all__ = ["SelfConsistency"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfConsistency(Strategy):
    """Samples n answers, votes on their canonical forms, and offers the winner to the hard critics.

    A vote alone never certifies. It pays where judging is dear: critics judge ``offers`` answers in place of n. Where
    judging is cheap, ``BestOfN`` finds every answer that this finds, and more.

    Source: Wang et al., "Self-Consistency Improves Chain of Thought Reasoning in Language Models" (2023).

    Attributes:
        n: Samples.
        offers: How many different answers are offered, from the one with most votes down; None offers all.
        temperature: Softmax temperature; None leaves it to the generator.

    Raises:
        ConfigurationError: A number makes no sense.
    """

    n: int = 16
    offers: int | None = 1
    temperature: float | None = None

    def __post_init__(self) -> None:
        check_counts(self, "n", optional=("offers",))
        check_sampling(temperature=self.temperature)

    def ask(self, tree: Tree, n: int) -> Sequence[Expansion]:
        """Samples that nobody judges until there are n; then one answer after the other to be judged."""
        attempts = attempts_at(tree)
        arms = arms_of(tree)
        sampled = [attempt for attempt in attempts if not attempt.judged]
        if len(sampled) < self.n:
            missing = range(len(sampled), min(self.n, len(sampled) + n))
            turns = [arms[i % len(arms)] for i in missing]
            return [
                Expansion(
                    node=arm.node,
                    sampling=Sampling(temperature=self.temperature, model=arm.model),
                    judged=False,
                )
                for arm in turns
            ]
        offered = {attempt.candidate.sha256 for attempt in attempts if attempt.judged and attempt.candidate}
        left = [winner for winner in _by_votes(sampled) if _key(winner) not in offered]
        if not left or (self.offers is not None and len(offered) >= self.offers):
            return ()
        return [Expansion(node=left[0].node, offers=left[0].id)]

    def describe(self) -> Mapping[str, JsonValue]:
        """The settings."""
        return settings_of(self)


def _key(attempt: Attempt) -> str:
    assert attempt.candidate is not None
    return attempt.candidate.sha256


def _by_votes(sampled: Sequence[Attempt]) -> list[Attempt]:
    """The first sample of each answer, those with most votes first; of equals, the one that came first."""
    votes: dict[str, list[Attempt]] = {}
    for attempt in sampled:
        if attempt.candidate is not None:
            votes.setdefault(_key(attempt), []).append(attempt)
    return [same[0] for same in sorted(votes.values(), key=lambda same: (-len(same), same[0].id))]
