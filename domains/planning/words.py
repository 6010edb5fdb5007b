"""The names that a planning problem gives to actions, objects and facts, by which chat text is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from modulo.critics.plan import PddlProblem
from modulo.critics.plan.syntax import Action, DurativeAction

__all__ = ["NO_WORDS", "Words", "words_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What names mean in a problem. All are in lower case.

    Attributes:
        actions: Number of arguments of each action.
        objects: Names of objects and constants.
        facts: Names of predicates and functions.
        is_temporal: Whether actions have durations, so that a number before an action is its time.
    """

    actions: Mapping[str, int]
    objects: frozenset[str]
    facts: frozenset[str]
    is_temporal: bool = False


NO_WORDS = Words(actions={}, objects=frozenset(), facts=frozenset())
"""For text that is read without its problem."""


@lru_cache(maxsize=64)
def words_of(problem: PddlProblem) -> Words:
    """The names of a problem."""
    task = problem.task()
    domain, instance = task.domain, task.problem
    actions: list[Action | DurativeAction] = [*domain.actions, *domain.durative_actions]
    return Words(
        actions={action.name: len(action.parameters) for action in actions},
        objects=frozenset(named.name for named in (*domain.constants, *instance.objects)),
        facts=frozenset(signature.name for signature in (*domain.predicates, *domain.functions)),
        is_temporal=bool(domain.durative_actions),
    )
