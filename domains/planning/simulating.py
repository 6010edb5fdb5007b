"""Carries out plans of STRIPS problems, in the plainest way: what audits hold the plan validator against.

Nothing here is shared with ``modulo.critics.plan``, not even the reader: two programs with the same mistake would
agree. It knows conjunctions of facts, ``not`` in preconditions and effects, and types without hierarchy.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, TypeAlias

__all__ = ["solves"]

Fact: TypeAlias = tuple[str, ...]

_WORD: Final = re.compile(r"[()]|[^\s()]+")
_COMMENT: Final = re.compile(r";[^\n]*")
_PLAN: Final = re.compile(r"(?:[ \t\n]*\([ \t\n]*[^\s();:\[\]]+(?:[ \t\n]+[^\s();:\[\]]+)*[ \t\n]*\))*[ \t\n]*")
_STEP: Final = re.compile(r"\(([^()]*)\)")
_MOST_CHARACTERS: Final = 100_000


@dataclass(frozen=True, slots=True)
class _Action:
    parameters: tuple[str, ...]
    types: tuple[str | None, ...]
    needs: tuple[Fact, ...]
    forbids: tuple[Fact, ...]
    adds: tuple[Fact, ...]
    deletes: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class _World:
    actions: dict[str, _Action]
    types: dict[str, str | None]
    start: frozenset[Fact]
    goal: tuple[Fact, ...]


def solves(domain_pddl: str, problem_pddl: str, plan: str) -> bool:
    """Whether a text is a plan that reaches the goal.

    Raises:
        ValueError: The problem is none of those known here.
    """
    world = _world(domain_pddl, problem_pddl)
    steps = _steps(plan)
    if steps is None:
        return False
    state = set(world.start)
    for step in steps:
        action = world.actions.get(step[0])
        if action is None or not _fits(action, step[1:], world):
            return False
        names = dict(zip(action.parameters, step[1:], strict=True))
        if not state.issuperset(_named(action.needs, names)) or not state.isdisjoint(
            _named(action.forbids, names)
        ):
            return False
        state.difference_update(_named(action.deletes, names))
        state.update(_named(action.adds, names))
    return state.issuperset(world.goal)


def _steps(plan: str) -> list[Fact] | None:
    plan = _COMMENT.sub("", plan.replace("\r\n", "\n")).lower()
    if len(plan) > _MOST_CHARACTERS or not plan.isascii() or not _PLAN.fullmatch(plan):
        return None
    return [tuple(inside.split()) for inside in _STEP.findall(plan)]


def _fits(action: _Action, objects: Sequence[str], world: _World) -> bool:
    if len(objects) != len(action.parameters) or any(name not in world.types for name in objects):
        return False
    return all(
        kind is None or world.types[name] == kind for name, kind in zip(objects, action.types, strict=True)
    )


def _named(facts: Sequence[Fact], names: dict[str, str]) -> Iterator[Fact]:
    return (tuple(names.get(word, word) for word in fact) for fact in facts)


@lru_cache(maxsize=64)
def _world(domain_pddl: str, problem_pddl: str) -> _World:
    domain, problem = _read(domain_pddl), _read(problem_pddl)
    actions = {part[1]: _action(part) for part in domain if part[0] == ":action"}
    objects, types = _typed(_section(problem, ":objects")[1:])
    goal, forbidden = _literals(_section(problem, ":goal")[1])
    if forbidden or any(part[0] in (":constants", ":derived", ":functions") for part in domain):
        raise ValueError("this problem is more than STRIPS")
    return _World(
        actions=actions,
        types=dict(zip(objects, types, strict=True)),
        start=frozenset(tuple(fact) for fact in _section(problem, ":init")[1:]),
        goal=goal,
    )


def _action(part: list[Any]) -> _Action:
    fields = dict(zip(part[2::2], part[3::2], strict=True))
    parameters, types = _typed(fields[":parameters"])
    needs, forbids = _literals(fields.get(":precondition", ["and"]))
    adds, deletes = _literals(fields[":effect"])
    return _Action(parameters, types, needs, forbids, adds, deletes)


def _literals(formula: list[Any]) -> tuple[tuple[Fact, ...], tuple[Fact, ...]]:
    """The facts of a conjunction, and those that it negates."""
    parts = formula[1:] if formula[0] == "and" else [formula]
    if any(part[0] in ("and", "or", "forall", "exists", "when", "imply", "=") for part in parts):
        raise ValueError("this formula is more than a conjunction of facts")
    positive = tuple(tuple(part) for part in parts if part[0] != "not")
    return positive, tuple(tuple(part[1]) for part in parts if part[0] == "not")


def _typed(words: list[str]) -> tuple[tuple[str, ...], tuple[str | None, ...]]:
    """Names and their types, of ``a b - kind c``."""
    names: list[str] = []
    types: list[str | None] = []
    waiting = iter(words)
    for word in waiting:
        if word == "-":
            kind = next(waiting)
            types += [kind] * (len(names) - len(types))
        else:
            names.append(word)
    # What came before the last type has it already; what follows has none.
    return tuple(names), (*types, *[None] * (len(names) - len(types)))


def _section(parts: list[Any], name: str) -> list[Any]:
    found: list[Any] = next(part for part in parts if part[0] == name)
    return found


def _read(text: str) -> list[Any]:
    """The parts of ``(define ...)``."""
    stack: list[list[Any]] = [[]]
    for word in _WORD.findall(_COMMENT.sub("", text).lower()):
        if word == "(":
            stack.append([])
        elif word == ")":
            closed = stack.pop()
            stack[-1].append(closed)
        else:
            stack[-1].append(word)
    parts: list[Any] = stack[0][0][1:]
    return parts
