"""Which of several certified answers is the best, by what soft critics said of them."""

from __future__ import annotations

from collections.abc import Sequence

from modulo.tree import Attempt

__all__ = ["best_of"]


def best_of(attempts: Sequence[Attempt]) -> Attempt | None:
    """The attempt of the highest sum of scores; None of none. Of equals, the one of most opinions, then the earliest.

    A soft critic that has no opinion of an attempt is taken to think of it as of the average of those that it has
    one of: to say nothing must neither help an answer nor harm it.
    """
    average = _averages(attempts)

    def rank(attempt: Attempt) -> tuple[float, int, int]:
        given = [one for one in attempt.remarks if one.error is None]
        missing = [average[one.critic] for one in attempt.remarks if one.error is not None]
        return sum([one.score for one in given]) + sum(missing), len(given), -attempt.id

    return max(attempts, key=rank, default=None)


def _averages(attempts: Sequence[Attempt]) -> dict[str, float]:
    """By soft critic, the mean of its opinions; 0 for one that has none."""
    given: dict[str, list[float]] = {}
    for remark in [remark for attempt in attempts for remark in attempt.remarks]:
        scores = given.setdefault(remark.critic, [])
        if remark.error is None:
            scores.append(remark.score)
    return {critic: sum(scores) / len(scores) if scores else 0.0 for critic, scores in given.items()}
