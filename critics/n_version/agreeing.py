"""One critique of several, if they agree."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from modulo.critique import Critique, Verdict
from modulo.errors import CriticError
from modulo.protocols import Critic

__all__ = ["Opinion", "agreement", "disagree", "in_words"]


class Opinion(NamedTuple):
    """What a critic says."""

    critic: Critic[Any, Any]
    critique: Critique


def disagree(opinions: Iterable[Opinion]) -> bool:
    """Whether one accepts what another one rejects."""
    return {Verdict.ACCEPT, Verdict.REJECT} <= {opinion.critique.verdict for opinion in opinions}


def agreement(opinions: Sequence[Opinion]) -> Critique:
    """The critique of all of them, which do not disagree.

    It is ACCEPT or REJECT only if that is what every single one says.

    Raises:
        CriticError: One failed.
    """
    failed = [opinion for opinion in opinions if opinion.critique.failed]
    if failed:
        raise CriticError(failed[0].critic.id, in_words(opinions))
    verdicts = {opinion.critique.verdict for opinion in opinions}
    if verdicts == {Verdict.ACCEPT}:
        return Critique.accept(proves=_claim(opinions))
    if verdicts == {Verdict.REJECT}:
        return Critique.reject(*opinions[0].critique.violations)
    return Critique.undecided(in_words(opinions))


def in_words(opinions: Iterable[Opinion]) -> str:
    """What each of them says."""
    return "; ".join(f"{opinion.critic.id} says {_words(opinion.critique)}" for opinion in opinions)


def _claim(opinions: Sequence[Opinion]) -> str | None:
    """What these very acceptances prove, if one proves something else than its critic declares."""
    if all(opinion.critique.proves is None for opinion in opinions):
        return None
    claims = dict.fromkeys(opinion.critique.proves or opinion.critic.proves for opinion in opinions)
    return f"{'; '.join(claims)} ({len(opinions)} independent implementations agree)"


def _words(critique: Critique) -> str:
    if critique.failed:
        return f"nothing, since it failed: {critique.reason}"
    if critique.verdict is Verdict.REJECT:
        return f"reject: {critique.violations[0].message}"
    return critique.verdict if critique.reason is None else f"{critique.verdict}: {critique.reason}"
