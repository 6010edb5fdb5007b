"""What strategies have in common that go from cheap settings to dear ones as critics reject."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias, get_args

import msgspec
from msgspec import Struct

from modulo.errors import ConfigurationError
from modulo.protocols import Expansion, Sampling
from modulo.strategies.arms import folded
from modulo.tree import Attempt, Tree

__all__ = ["Conversing", "check_conversing", "climb", "rejected"]

Conversing: TypeAlias = Literal["whole", "own", "none"]
"""What a model sees of what was tried before."""


def check_conversing(strategy: object, conversation: object) -> None:
    """Refuse what is none of ``Conversing``.

    Raises:
        ConfigurationError: It is none.
    """
    if conversation not in get_args(Conversing):
        name = type(strategy).__name__
        raise ConfigurationError(f"{name}: conversation is whole, own or none, not {conversation!r}")


def rejected(attempt: Attempt) -> bool:
    """Whether critics have said no: a call that failed is no evidence against the model."""
    return attempt.generation is not None and attempt.error is None and not attempt.accepted


def climb(
    tree: Tree, rungs: Sequence[tuple[str, Sampling]], *, tries: int, conversation: Conversing
) -> Expansion | None:
    """One more answer at the lowest rung that has not been tried often enough; None after the last one.

    A rung on which an answer came back that critics had rejected already is left at once: it would come again. So is
    one whose model has no room for the conversation. What a later stage's critic blames was rejected, too.

    Args:
        tree: The attempts so far.
        rungs: Generator and sampling of each rung, from cheap to dear.
        tries: Rejected answers after which a rung is left.
        conversation: What an answer goes on from, with what critics said of it: the latest of its generator, the
            latest of its own rung, or nothing.

    Raises:
        ConfigurationError: The whole of a conversation is wanted that no two rungs can have together.
    """
    evidence = folded(tree, "rungs", _Evidence, _Evidence.note)
    if conversation == "whole" and len(rungs) > 1 and len({node for node, _ in rungs}) == len(rungs):
        raise ConfigurationError(
            "conversation='whole' shows a model what others of its generator wrote, but each of these is a generator "
            "of its own, with its own prompt: put the models into one with Models"
        )
    for rung in rungs:
        here = evidence.rejected.get(rung)
        if here is None or not here.is_enough(tree, tries):
            node, sampling = rung
            latest = {"whole": evidence.latest.get(node), "own": here.latest if here else None}
            return Expansion(node=node, sampling=sampling, parent=latest.get(conversation))
    return None


class _Rejected(Struct):
    """What is against a rung.

    Attributes:
        count: How many answers were rejected.
        answers: The different ones among them.
        accepted: Answers that were accepted, by attempt; a later stage may still blame it for them.
        latest: Its latest attempt.
    """

    count: int = 0
    answers: set[str] = msgspec.field(default_factory=set)
    accepted: dict[int, str] = msgspec.field(default_factory=dict)
    latest: int | None = None

    def is_enough(self, tree: Tree, tries: int) -> bool:
        blamed = [self.accepted[one] for one in tree.blamed if one in self.accepted]
        count = self.count + len(blamed)
        return count >= tries or len(self.answers) + len({*blamed} - self.answers) < count


class _Evidence(Struct):
    """What was rejected at each rung, and the latest attempt of each generator."""

    rejected: dict[tuple[str, Sampling], _Rejected] = msgspec.field(default_factory=dict)
    latest: dict[str, int] = msgspec.field(default_factory=dict)

    def note(self, attempt: Attempt) -> None:
        self.latest[attempt.node] = attempt.id
        here = self.rejected.setdefault((attempt.node, attempt.sampling), _Rejected())
        here.latest = attempt.id
        if rejected(attempt):
            here.count += 1
            here.answers.add(attempt.answer_key)
        elif attempt.error_kind == "context_overflow":
            here.count += 1  # without an answer, as if it had been given before
        elif attempt.accepted:
            here.accepted[attempt.id] = attempt.answer_key
