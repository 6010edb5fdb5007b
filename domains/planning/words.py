"""The names that a planning problem gives to actions, objects and facts, by which chat text is read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from modulo.critics.plan import PddlProblem
from modulo.critics.plan.pddl.syntax import Action, DurativeAction

__all__ = ["NO_WORDS", "Words", "words_of"]

_PART: Final = re.compile(r"[a-z0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What names mean in a problem. All are in lower case.

    Attributes:
        actions: Number of arguments of each action.
        objects: Names of objects and constants.
        facts: Names of predicates and functions.
        is_temporal: Whether actions have durations, so that a number before an action is its time.
        parts: The names of actions and objects by what is between their hyphens and underscores, as people may write
            them: ``pick up`` for ``pick-up``.
        longest: The most parts that a name has.
        beginnings: What the names of actions begin with.
    """

    actions: Mapping[str, int]
    objects: frozenset[str]
    facts: frozenset[str]
    is_temporal: bool = False
    parts: Mapping[tuple[str, ...], str] = field(default_factory=dict)
    longest: int = 0
    beginnings: frozenset[str] = frozenset()


NO_WORDS = Words(actions={}, objects=frozenset(), facts=frozenset())
"""For text that is read without its problem."""


@lru_cache(maxsize=64)
def words_of(problem: PddlProblem) -> Words:
    """The names of a problem."""
    task = problem.task()
    domain, instance = task.domain, task.problem
    actions: list[Action | DurativeAction] = [*domain.actions, *domain.durative_actions]
    arities = {action.name: len(action.parameters) for action in actions}
    objects = frozenset(named.name for named in (*domain.constants, *instance.objects))
    # Sorted, so that of a-b and a_b it is the same one in every process.
    parts = {tuple(_PART.findall(name)): name for name in (*sorted(objects), *arities)}
    return Words(
        actions=arities,
        objects=objects,
        facts=frozenset(signature.name for signature in (*domain.predicates, *domain.functions)),
        is_temporal=bool(domain.durative_actions),
        parts=parts,
        longest=max(map(len, parts), default=0),
        beginnings=frozenset(part for name in arities for part in _PART.findall(name)[:1]),
    )
