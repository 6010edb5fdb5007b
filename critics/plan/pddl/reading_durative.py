"""Reads durative actions: durations, and conditions and effects with their times.

What is nested (``(forall (?x) (and (at start ...) (over all ...)))``) is taken apart by time.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from modulo.critics.plan.pddl.forms import Form, Group, Word
from modulo.critics.plan.pddl.reading_effects import UPDATES, read_effect
from modulo.critics.plan.pddl.reading_formulas import read_expression, read_formula
from modulo.critics.plan.pddl.scope import Scope
from modulo.critics.plan.pddl.syntax import (
    And,
    DurationBound,
    Effect,
    Effects,
    Forall,
    ForEach,
    Formula,
    LateEffect,
    Parameter,
    When,
)

__all__ = ["TimedConditions", "TimedEffects", "read_durations", "read_timed_condition", "read_timed_effect"]

_TIMES: Final = {("at", "start"): "start", ("at", "end"): "end", ("over", "all"): "all"}


class TimedConditions(Struct, frozen=True):
    """Conditions by when they must hold."""

    start: Formula
    invariant: Formula
    end: Formula


class TimedEffects(Struct, frozen=True):
    """Effects by when they happen."""

    start: Effect
    end: Effect
    late: tuple[LateEffect, ...]


def read_durations(form: Form, scope: Scope) -> tuple[DurationBound, ...]:
    """The constraints on ``?duration``.

    Raises:
        PddlError: It is none.
    """
    return tuple(_durations(form, scope, at_end=False))


def read_timed_condition(form: Form, scope: Scope) -> TimedConditions:
    """The condition of a durative action.

    Raises:
        PddlError: It is none, or has no times.
    """
    parts = list(_conditions(form, scope))
    return TimedConditions(
        *[_conjunction([f for t, f in parts if t == time]) for time in ("start", "all", "end")]
    )


def read_timed_effect(form: Form, scope: Scope) -> TimedEffects:
    """The effect of a durative action.

    Raises:
        PddlError: It is none, or has no times.
    """
    parts = list(_effects(form, scope, ()))
    start = tuple([effect for time, effect in parts if time == "start" and not isinstance(effect, LateEffect)])
    end = tuple([effect for time, effect in parts if time == "end" and not isinstance(effect, LateEffect)])
    late = tuple([effect for _, effect in parts if isinstance(effect, LateEffect)])
    return TimedEffects(Effects(start), Effects(end), late)


def _durations(form: Form, scope: Scope, *, at_end: bool) -> Iterator[DurationBound]:
    if not isinstance(form, Group):
        scope.source.fail(form, "a constraint on ?duration should stand here")
    if not form.items:
        return
    if form.head == "and":
        for item in form.items[1:]:
            yield from _durations(item, scope, at_end=at_end)
        return
    time = _time(form)
    if time in ("start", "end"):
        yield from _durations(form.items[2], scope, at_end=time == "end")
        return
    if form.head not in ("=", "<=", ">=") or len(form.items) != 3 or not _is_duration(form.items[1]):
        scope.source.fail(
            form, "a constraint on the duration is (= ?duration ...), with <= or >= in place of ="
        )
    yield DurationBound(form.head, read_expression(form.items[2], scope), at_end)  # type: ignore[arg-type]


def _is_duration(form: Form) -> bool:
    return isinstance(form, Word) and form.text == "?duration"


def _time(form: Form) -> str | None:
    """The time of a form such as ``(at start ...)``; None if it has none."""
    if not isinstance(form, Group) or len(form.items) != 3:
        return None
    word, when, _ = form.items
    if not isinstance(word, Word) or not isinstance(when, Word):
        return None
    return _TIMES.get((word.text, when.text))


def _conditions(form: Form, scope: Scope) -> Iterator[tuple[str, Formula]]:
    time = _time(form)
    if isinstance(form, Group) and time is not None:
        yield time, read_formula(form.items[2], scope)
    elif isinstance(form, Group) and (not form.items or form.head == "and"):
        for item in form.items[1:]:
            yield from _conditions(item, scope)
    elif isinstance(form, Group) and form.head == "forall" and len(form.items) == 3:
        parameters = scope.read_parameters(form.items[1])
        for when, formula in _conditions(form.items[2], scope.quantify(form, parameters)):
            yield when, Forall(parameters, formula)
    elif isinstance(form, Group) and form.head == "preference":
        scope.source.unsupported(form, ":preferences")
    else:
        scope.source.fail(
            form, "a condition of a durative action is (at start ...), (over all ...) or (at end ...)"
        )


def _conjunction(parts: list[Formula]) -> Formula:
    return parts[0] if len(parts) == 1 else And(tuple(parts))


def _effects(
    form: Form, scope: Scope, bound: tuple[Parameter, ...]
) -> Iterator[tuple[str, Effect | LateEffect]]:
    """Effects with their times.

    Args:
        form: The effect.
        scope: What can be named.
        bound: Variables of the quantifiers around it.
    """
    time = _time(form)
    if isinstance(form, Group) and time in ("start", "end"):
        effect = read_effect(form.items[2], scope)
        yield time, ForEach(bound, effect) if bound else effect
    elif isinstance(form, Group) and (not form.items or form.head == "and"):
        for item in form.items[1:]:
            yield from _effects(item, scope, bound)
    elif isinstance(form, Group) and form.head == "forall" and len(form.items) == 3:
        parameters = scope.read_parameters(form.items[1])
        yield from _effects(form.items[2], scope.quantify(form, parameters), (*bound, *parameters))
    elif isinstance(form, Group) and form.head == "when" and len(form.items) == 3:
        yield from _conditional(form, scope, bound)
    elif isinstance(form, Group) and form.head in UPDATES:
        scope.source.unsupported(
            form, "an effect without (at start ...) or (at end ...) needs :continuous-effects"
        )
    else:
        scope.source.fail(form, "an effect of a durative action is (at start ...) or (at end ...)")


def _conditional(
    form: Group, scope: Scope, bound: tuple[Parameter, ...]
) -> Iterator[tuple[str, Effect | LateEffect]]:
    conditions = read_timed_condition(form.items[1], scope)
    if conditions.invariant != And(()):
        scope.source.unsupported(form, "(when (over all ...) ...)")
    for time, effect in _effects(form.items[2], scope, ()):
        if isinstance(effect, LateEffect):
            scope.source.unsupported(form, "a conditional effect in a conditional effect of a durative action")
        if time == "start":
            if conditions.end != And(()):
                scope.source.fail(form, "an effect at the start cannot depend on a condition at the end")
            conditional: Effect = When(conditions.start, effect)
        elif conditions.start == And(()):
            conditional = When(conditions.end, effect)
        else:
            yield time, LateEffect(bound, conditions.start, conditions.end, effect)
            continue
        yield time, ForEach(bound, conditional) if bound else conditional
