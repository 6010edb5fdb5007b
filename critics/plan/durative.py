"""Compiled durative actions."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from modulo.critics.plan.conditions import Condition, compile_condition, compile_formula
from modulo.critics.plan.effects import Change, Changes, compile_effect, work_of_binding
from modulo.critics.plan.expressions import Value, compile_expression
from modulo.critics.plan.frame import Frame
from modulo.critics.plan.operators import Moment, compile_moment
from modulo.critics.plan.pddl.syntax import (
    DurationBound,
    DurativeAction,
    LateEffect,
    Parameter,
    size_of,
    work_of,
)
from modulo.critics.plan.quantifiers import Holds
from modulo.critics.plan.state import Environment, State

__all__ = ["Bound", "DurativeOperator", "Late", "compile_durative_action"]


class Bound(Struct, frozen=True):
    """A compiled constraint on the duration."""

    bound: DurationBound
    value: Value


class Late(Struct, frozen=True):
    """A compiled effect at the end whose condition is looked at when the action starts."""

    effect: LateEffect
    places: Sequence[int]
    holds_at_start: Holds
    holds_at_end: Holds
    changes: Changes
    work: int

    def begin(self, env: Environment, state: State) -> list[tuple[str, ...]]:
        """The objects for which the condition at the start holds.

        Raises:
            Meaningless: Nobody can say.
        """
        found = []
        for objects in state.bindings([item.types for item in self.effect.parameters], self.work):
            self._bind(env, objects)
            if self.holds_at_start(env, state):
                found.append(objects)
        return found

    def collect(self, env: Environment, state: State, change: Change, begun: list[tuple[str, ...]]) -> None:
        """Add to a change what it does at the end.

        Raises:
            Meaningless: Nobody can say.
        """
        for objects in begun:
            self._bind(env, objects)
            if self.holds_at_end(env, state):
                self.changes.collect(env, state, change)

    def _bind(self, env: Environment, objects: tuple[str, ...]) -> None:
        for place, item in zip(self.places, objects, strict=True):
            env[place] = item


class DurativeOperator(Struct, frozen=True):
    """A durative action.

    Attributes:
        action: What was compiled.
        frame: Where its terms stand in an environment.
        start: What it asks and does when it starts.
        end: What it asks and does when it ends.
        invariant: What must hold in between.
        invariant_work: How many evaluations that counts for.
        bounds: Constraints on its duration.
        late: Effects at the end that depend on the state at the start.
    """

    action: DurativeAction
    frame: Frame
    start: Moment
    end: Moment
    invariant: Condition
    invariant_work: int
    bounds: tuple[Bound, ...]
    late: tuple[Late, ...]

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Its parameters."""
        return self.action.parameters


def compile_durative_action(action: DurativeAction, derived: frozenset[str]) -> DurativeOperator:
    """Compile a durative action."""
    frame = Frame(action.parameters, derived)
    return DurativeOperator(
        action,
        frame,
        compile_moment(action.start_condition, action.start_effect, frame),
        compile_moment(action.end_condition, action.end_effect, frame),
        compile_condition(action.invariant, frame),
        size_of(action.invariant),
        tuple([Bound(bound, compile_expression(bound.value, frame)) for bound in action.durations]),
        tuple([_compile_late(late, frame) for late in action.late_effects]),
    )


def _compile_late(late: LateEffect, frame: Frame) -> Late:
    with frame.bound(late.parameters) as places:
        start = compile_formula(late.start_condition, frame)
        end = compile_formula(late.end_condition, frame)
        work = work_of((late.start_condition, late.end_condition)) + work_of_binding(late.effect)
        return Late(late, places, start, end, compile_effect(late.effect, frame), work)
