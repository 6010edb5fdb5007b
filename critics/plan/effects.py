"""Compiles effects: what a step changes, worked out on the state before it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from msgspec import Struct

from modulo.critics.plan.conditions import compile_formula
from modulo.critics.plan.expressions import calculate, compile_expression, work_of_number
from modulo.critics.plan.frame import Frame
from modulo.critics.plan.pddl.printing import call_text
from modulo.critics.plan.pddl.syntax import (
    Effect,
    Effects,
    Exact,
    ForEach,
    SetFact,
    Update,
    When,
    walk,
    work_of,
)
from modulo.critics.plan.state import Environment, Fact, State
from modulo.critics.plan.undetermined import Meaningless

__all__ = ["Change", "Changes", "compile_effect", "work_of_binding"]

Collect: TypeAlias = "Callable[[Environment, State, Change], None]"
_ADDITIVE = ("increase", "decrease")
_WORK_OF_A_CHANGE: Final = 20
"""Effects fill the memory, where conditions only take time."""
_STEPS = {"increase": "+", "decrease": "-", "scale-up": "*", "scale-down": "/"}


class Change:
    """What happens at one moment, by one action or several.

    Attributes:
        deletes: Facts that cease to hold.
        adds: Facts that hold from now on, even if they are deleted at the same time.
        updates: Numeric effects with the values that they have in the state before.
    """

    __slots__ = ("adds", "deletes", "updates")

    def __init__(self) -> None:
        self.deletes: set[Fact] = set()
        self.adds: set[Fact] = set()
        self.updates: list[tuple[str, Fact, Exact]] = []

    def include(self, other: Change) -> None:
        """Take in what happens at the same time."""
        self.deletes |= other.deletes
        self.adds |= other.adds
        self.updates += other.updates

    def apply(self, state: State) -> None:
        """Carry it out.

        Raises:
            Meaningless: A function is changed in two ways that do not go together, or has no value to change.
        """
        values = self._new_values(state) if self.updates else {}
        state.facts -= self.deletes
        state.facts |= self.adds
        state.values.update(values)
        state.changed()

    def _new_values(self, state: State) -> dict[Fact, Exact]:
        kinds: dict[Fact, list[str]] = {}
        for operator, key, _ in self.updates:
            kinds.setdefault(key, []).append(operator)
        for key, operators in kinds.items():
            if len(operators) > 1 and any(operator not in _ADDITIVE for operator in operators):
                how = " and ".join(sorted(operators))
                name = call_text(key[0], key[1:])
                raise Meaningless("conflicting_effects", f"it changes {name} in several ways at once ({how})")
        values: dict[Fact, Exact] = {}
        for operator, key, amount in self.updates:
            values[key] = _updated(operator, key, values.get(key, state.values.get(key)), amount)
            state.spend(work_of_number(values[key]))
        return values


def _updated(operator: str, key: Fact, value: Exact | None, amount: Exact) -> Exact:
    if operator == "assign":
        return amount
    if value is None:
        name = call_text(key[0], key[1:])
        raise Meaningless("undefined_value", f"{name} has no value that it could change")
    return calculate(_STEPS[operator], value, amount)


class Changes(Struct, frozen=True):
    """An effect: facts that always change, which are quick, and the rest.

    Attributes:
        deletes: Find the facts that it deletes.
        adds: Find the facts that it adds.
        others: Work out the rest.
    """

    deletes: tuple[Callable[[Environment], Fact], ...]
    adds: tuple[Callable[[Environment], Fact], ...]
    others: tuple[Collect, ...]

    def collect(self, env: Environment, state: State, change: Change) -> None:
        """Add to a change what this effect does in a state.

        Raises:
            Meaningless: Nobody can say.
        """
        change.deletes.update([fact(env) for fact in self.deletes])
        change.adds.update([fact(env) for fact in self.adds])
        for collect in self.others:
            collect(env, state, change)


def compile_effect(effect: Effect, frame: Frame) -> Changes:
    """What works out the changes that an effect makes."""
    deletes: list[Callable[[Environment], Fact]] = []
    adds: list[Callable[[Environment], Fact]] = []
    others: list[Collect] = []
    _sort(effect, frame, deletes, adds, others)
    return Changes(tuple(deletes), tuple(adds), tuple(others))


def work_of_binding(effect: Effect) -> int:
    """How many evaluations it counts for to work out an effect for one choice of objects."""
    changes = sum(isinstance(part, SetFact | Update) for part in walk(effect))
    return _WORK_OF_A_CHANGE * max(changes, 1) + work_of(effect)


def _sort(
    effect: Effect,
    frame: Frame,
    deletes: list[Callable[[Environment], Fact]],
    adds: list[Callable[[Environment], Fact]],
    others: list[Collect],
) -> None:
    match effect:
        case SetFact(atom, holds):
            (adds if holds else deletes).append(frame.fact(atom.predicate, atom.terms))
        case Effects(parts):
            for part in parts:
                _sort(part, frame, deletes, adds, others)
        case Update():
            others.append(_compile_update(effect, frame))
        case When(condition, inner):
            others.append(_compile_when(compile_formula(condition, frame), compile_effect(inner, frame)))
        case ForEach():
            others.append(_compile_for_each(effect, frame))


def _compile_update(update: Update, frame: Frame) -> Collect:
    fact = frame.fact(update.fluent.function, update.fluent.terms)
    value = compile_expression(update.value, frame)
    operator = update.operator

    def collect(env: Environment, state: State, change: Change) -> None:
        change.updates.append((operator, fact(env), value(env, state)))

    return collect


def _compile_when(holds: Callable[[Environment, State], bool], inner: Changes) -> Collect:
    def collect(env: Environment, state: State, change: Change) -> None:
        if holds(env, state):
            inner.collect(env, state, change)

    return collect


def _compile_for_each(effect: ForEach, frame: Frame) -> Collect:
    with frame.bound(effect.parameters) as places:
        inner = compile_effect(effect.effect, frame)
    types = [parameter.types for parameter in effect.parameters]
    work = work_of_binding(effect.effect)

    def collect(env: Environment, state: State, change: Change) -> None:
        for objects in state.bindings(types, work):
            for place, item in zip(places, objects, strict=True):
                env[place] = item
            inner.collect(env, state, change)

    return collect
