"""How much an attempt is worth to a bandit, from 0 to 1."""

from __future__ import annotations

from modulo.tree import Attempt

__all__ = ["score_of"]


def score_of(attempt: Attempt, *, is_repeat: bool = False, was_blamed: bool = False) -> float | None:
    """The reward of having asked for an attempt.

    An accepted one is worth 1, one with v violations 1 / (1 + v). An answer that nobody can read is worth nothing,
    and neither is one that was given before: its verdict was known. A conversation that has become too long for its
    model is worth nothing, so that others are gone on with.

    Args:
        attempt: The attempt.
        is_repeat: Whether its answer had been given before.
        was_blamed: Whether a critic of a later stage has rejected what was built on it.

    Returns:
        The score; None where there is no evidence, since the call or a critic failed, or nobody was to judge it.
    """
    if attempt.error_kind == "context_overflow":
        return 0.0
    if attempt.generation is None or attempt.error is not None or not attempt.judged:
        return None
    if is_repeat or attempt.candidate is None:
        return 0.0
    if attempt.accepted and not was_blamed:
        return 1.0
    return 1 / (1 + max(1, attempt.violation_count))
