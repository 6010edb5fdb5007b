"""Whether a conversation, or a generator, still brings anything new."""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec import Struct

from modulo.strategies.arms import folded
from modulo.tree import Attempt, Tree

__all__ = ["fruitless", "heat_of", "stagnation"]

_HOTTEST: Final = 1.3
_HEAT_A_REPEAT: Final = 0.2
_HEAT_AT_FIRST: Final = 0.8


class _Given(Struct):
    """The answers of a generator, and how many attempts in a row brought no other one."""

    answers: set[str] = msgspec.field(default_factory=set)
    fruitless: int = 0


def fruitless(tree: Tree, node: str) -> int:
    """How many attempts of a generator in a row, up to the last one, brought no answer that it had not given before.

    Those count that are built on what stands now. Calls that failed have brought none; where a critic failed, nobody
    knows what the answer was worth.
    """
    given = folded(tree, "fruitless", dict[str, _Given], _give).get(node)
    return 0 if given is None else given.fruitless


def heat_of(tree: Tree, attempt: Attempt) -> float | None:
    """The softmax temperature at which to go on from an attempt, the higher the longer nothing new has come.

    Returns:
        1.0 after the first answer that brought nothing new, up to 1.3; None, for the generator's own, before that.
    """
    stale = stagnation(tree, attempt)
    return min(_HEAT_AT_FIRST + _HEAT_A_REPEAT * stale, _HOTTEST) if stale else None


def _give(found: dict[str, _Given], attempt: Attempt) -> None:
    given = found.setdefault(attempt.node, _Given())
    if attempt.generation is None or (attempt.error is None and attempt.answer_key in given.answers):
        given.fruitless += 1
    elif attempt.error is None:
        given.answers.add(attempt.answer_key)
        given.fruitless = 0


def stagnation(tree: Tree, attempt: Attempt) -> int:
    """How many answers of its chain in a row, up to this one, brought nothing new.

    Nothing new is an answer that the chain had before, or one with which exactly the same is wrong as with the one
    before it. A call that failed is no answer.
    """
    memo: dict[int, tuple[int, Attempt | None]] = tree.memo.setdefault("stagnation", {})
    seen: dict[int, set[str]] = tree.memo.setdefault("seen answers", {})
    new = []
    while attempt.id not in memo:
        new.append(attempt)
        if attempt.parent is None:
            break
        attempt = tree[attempt.parent]
    for one in reversed(new):
        _note(tree, one, memo, seen)
    return memo[new[0].id if new else attempt.id][0]


def _note(
    tree: Tree,
    attempt: Attempt,
    memo: dict[int, tuple[int, Attempt | None]],
    seen: dict[int, set[str]],
) -> None:
    if attempt.parent is None:
        before: tuple[int, Attempt | None] = (0, None)
        answers: set[str] = set()
    else:
        before = memo[attempt.parent]
        # Handed on to the first that goes on from there: a copy for each attempt would take quadratic space.
        answers = seen.pop(attempt.parent, set()) or {one.answer_key for one in tree.chain(attempt)[:-1]}
    seen[attempt.id] = answers
    if attempt.generation is None:
        memo[attempt.id] = before
        return
    stale, latest = before
    answer = attempt.answer_key
    is_new = answer not in answers and not (latest and _faults(attempt) and _faults(attempt) == _faults(latest))
    answers.add(answer)
    memo[attempt.id] = (0 if is_new else stale + 1, attempt)


def _faults(attempt: Attempt) -> frozenset[tuple[str, str, str | None]]:
    return frozenset((v.code, v.message, v.location) for c in attempt.critiques for v in c.violations)
