"""What strategies have in common that go from cheap settings to dear ones as critics reject."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from msgspec import Struct

from modulo.protocols import Expansion, Sampling
from modulo.strategies.arms import folded
from modulo.tree import Attempt, Tree

__all__ = ["climb", "rejected"]


def rejected(attempt: Attempt) -> bool:
    """Whether critics have said no: a call that failed is no evidence against the model."""
    return attempt.generation is not None and attempt.error is None and not attempt.accepted


def climb(tree: Tree, rungs: Sequence[tuple[str, Sampling]], *, tries: int, keeps: bool) -> Expansion | None:
    """One more answer at the lowest rung that has not been tried often enough; None after the last one.

    A rung on which an answer came back that critics had rejected already is left at once: it would come again. So is
    one whose model has no room for the conversation. What a later stage's critic blames was rejected, too.

    Args:
        tree: The attempts so far.
        rungs: Generator and sampling of each rung, from cheap to dear.
        tries: Rejected answers after which a rung is left.
        keeps: Whether an answer goes on from the latest one of its generator, with what was said of it.
    """
    evidence = _evidence(tree)
    for rung in rungs:
        here = evidence.get(rung)
        if here is None or not here.is_enough(tree, tries):
            node, sampling = rung
            tips = tree.tips(node) if keeps else ()
            return Expansion(node=node, sampling=sampling, parent=tips[-1].id if tips else None)
    return None


class _Rejected(Struct):
    """What is against a rung.

    Attributes:
        count: How many answers were rejected.
        answers: The different ones among them.
        accepted: Answers that were accepted, for which a later stage may still blame it.
    """

    count: int = 0
    answers: set[str] = msgspec.field(default_factory=set)
    accepted: list[Attempt] = msgspec.field(default_factory=list)

    def is_enough(self, tree: Tree, tries: int) -> bool:
        blamed = [attempt.answer_key for attempt in self.accepted if tree.was_blamed(attempt)]
        count = self.count + len(blamed)
        return count >= tries or len(self.answers.union(blamed)) < count


def _evidence(tree: Tree) -> Mapping[tuple[str, Sampling], _Rejected]:
    """What was rejected at each rung."""
    return folded(tree, "rungs", dict[tuple[str, Sampling], _Rejected], _note)


def _note(found: dict[tuple[str, Sampling], _Rejected], attempt: Attempt) -> None:
    here = found.setdefault((attempt.node, attempt.sampling), _Rejected())
    if rejected(attempt):
        here.count += 1
        here.answers.add(attempt.answer_key)
    elif attempt.error_kind == "context_overflow":
        here.count += 1  # without an answer, as if it had been given before
    elif attempt.accepted:
        here.accepted.append(attempt)
