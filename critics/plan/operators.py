"""Compiled actions: parameters, what must hold and what changes, at each of their moments."""

from __future__ import annotations

from msgspec import Struct

from modulo.critics.plan.conditions import Condition, compile_condition
from modulo.critics.plan.effects import Changes, compile_effect
from modulo.critics.plan.frame import Frame
from modulo.critics.plan.pddl.syntax import Action, Effect, Formula, Parameter, size_of

__all__ = ["Moment", "Operator", "compile_action", "compile_moment"]


class Moment(Struct, frozen=True):
    """Something that happens at once: a condition, and changes if it holds.

    Attributes:
        condition: What must hold before.
        changes: What changes.
        is_simple: Whether there are only literals in both, always the same ones.
        work: How many evaluations it counts for.
    """

    condition: Condition
    changes: Changes
    is_simple: bool
    work: int


class Operator(Struct, frozen=True):
    """An instantaneous action.

    Attributes:
        action: What was compiled.
        name: Its name.
        parameters: Its parameters.
        frame: Where its terms stand in an environment.
        moment: What it asks and does.
    """

    action: Action
    name: str
    parameters: tuple[Parameter, ...]
    frame: Frame
    moment: Moment


def compile_action(action: Action, derived: frozenset[str]) -> Operator:
    """Compile an instantaneous action."""
    frame = Frame(action.parameters, derived)
    moment = compile_moment(action.condition, action.effect, frame)
    return Operator(action, action.name, action.parameters, frame, moment)


def compile_moment(condition: Formula, effect: Effect, frame: Frame) -> Moment:
    """Compile what happens at one moment of an action."""
    asked, changes = compile_condition(condition, frame), compile_effect(effect, frame)
    is_simple = not asked.others and not changes.others
    return Moment(asked, changes, is_simple, size_of(condition) + size_of(effect))
