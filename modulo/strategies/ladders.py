"""What strategies have in common that go from cheap settings to dear ones as critics reject."""

from __future__ import annotations

from collections.abc import Sequence

from modulo.protocols import Expansion, Sampling
from modulo.tree import Attempt, Tree

__all__ = ["climb", "rejected"]


def rejected(attempt: Attempt) -> bool:
    """Whether critics have said no: a call that failed is no evidence against the model."""
    return attempt.generation is not None and attempt.error is None and not attempt.accepted


def climb(
    tree: Tree, attempts: Sequence[Attempt], rungs: Sequence[tuple[str, Sampling]], *, tries: int, keeps: bool
) -> Expansion | None:
    """One more answer at the lowest rung that has not been tried often enough; None after the last one.

    A rung on which an answer came back that critics had rejected already is left at once: it would come again.

    Args:
        tree: The attempts so far.
        attempts: Those that count.
        rungs: Generator and sampling of each rung, from cheap to dear.
        tries: Rejected answers after which a rung is left.
        keeps: Whether an answer goes on from the latest one of its generator, with what was said of it.
    """
    evidence = [attempt for attempt in attempts if rejected(attempt)]
    for node, sampling in rungs:
        here = [a for a in evidence if (a.node, a.sampling) == (node, sampling)]
        if len(here) < tries and not _repeats(here):
            tips = tree.tips(node) if keeps else ()
            return Expansion(node=node, sampling=sampling, parent=tips[-1].id if tips else None)
    return None


def _repeats(attempts: Sequence[Attempt]) -> bool:
    answers = [a.candidate.sha256 if a.candidate else a.text for a in attempts]
    return len(set(answers)) < len(answers)
