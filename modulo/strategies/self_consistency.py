"""A vote among samples decides which answer the critics are asked about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from modulo.canonical import JsonValue
from modulo.generators.llm_options import check_sampling
from modulo.protocols import Expansion, Sampling, Strategy
from modulo.settings import settings_of
from modulo.strategies.arms import arms_of, folded
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
        arms = arms_of(tree)
        poll = folded(tree, "poll", _Poll, _Poll.take)
        if poll.sampled < self.n:
            missing = range(poll.sampled, min(self.n, poll.sampled + n))
            turns = [arms[i % len(arms)] for i in missing]
            return [
                Expansion(
                    node=arm.node,
                    sampling=Sampling(temperature=self.temperature, model=arm.model),
                    judged=False,
                )
                for arm in turns
            ]
        winner = poll.winner()
        if winner is None or (self.offers is not None and len(poll.offered) >= self.offers):
            return ()
        return [Expansion(node=winner.node, offers=winner.id)]

    def describe(self) -> Mapping[str, JsonValue]:
        """The settings."""
        return settings_of(self)


class _Poll:
    """The votes so far.

    Attributes:
        sampled: How many samples there are.
        offered: Answers that were offered to the critics.
    """

    def __init__(self) -> None:
        self.sampled = 0
        self.offered: set[str] = set()
        self._votes: Counter[str] = Counter()
        self._first: dict[str, Attempt] = {}
        self._left: list[str] = []

    def take(self, attempt: Attempt) -> None:
        self.sampled += not attempt.judged
        if attempt.candidate is None:
            return
        answer = attempt.candidate.sha256
        if attempt.judged:
            self.offered.add(answer)
            return
        self._votes[answer] += 1
        self._first.setdefault(answer, attempt)
        self._left.clear()

    def winner(self) -> Attempt | None:
        """The first sample of the answer with most votes that was not offered; of equals, the one that came first."""
        # Counted once, when the last sample is in; the answers that were offered since are taken off the end.
        self._left = self._left or sorted(
            self._votes.keys() - self.offered, key=lambda answer: (self._votes[answer], -self._first[answer].id)
        )
        while self._left and self._left[-1] in self.offered:
            self._left.pop()
        return self._first[self._left[-1]] if self._left else None
