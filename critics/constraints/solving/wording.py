"""Expressions in words, for messages; not to be read back."""

from __future__ import annotations

from collections.abc import Iterable

from modulo.critics.constraints.solving.expressions import (
    Absolute,
    AllDifferent,
    BooleanVariable,
    Both,
    ChoiceVariable,
    Comparison,
    Condition,
    Either,
    Expression,
    Indicator,
    IntegerVariable,
    IsOneOf,
    Not,
    Number,
    Product,
    SameChoice,
    Sum,
)

__all__ = ["condition_text", "listed"]


def condition_text(condition: Condition) -> str:
    """A condition as a person would write it."""
    match condition:
        case BooleanVariable():
            return condition.name
        case Comparison():
            return f"{_text(condition.left)} {condition.relation} {_text(condition.right)}"
        case Not():
            return f"not {_bracketed(condition.condition)}"
        case Both():
            return " and ".join(map(_bracketed, condition.conditions)) or "true"
        case Either():
            return " or ".join(map(_bracketed, condition.conditions)) or "false"
        case IsOneOf():
            return f"{condition.choice.name} is {' or '.join(condition.values) or 'nothing'}"
        case SameChoice():
            return f"{condition.one.name} is the same as {condition.other.name}"
        case AllDifferent():
            return f"{', '.join(map(_text, condition.items))} are all different"
    raise TypeError(f"a {type(condition).__name__} is no condition that can be put in words")


def listed(names: Iterable[str], *, most: int = 30) -> str:
    """Some names, quoted, in a sentence.

    Args:
        names: The names.
        most: How many are shown; of further ones, only the number.
    """
    quoted = [f'"{name}"' for name in names]
    if len(quoted) > most:
        quoted[most:] = [f"{len(quoted) - most} more"]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"


def _text(expression: Expression) -> str:
    match expression:
        case IntegerVariable() | ChoiceVariable():
            return expression.name
        case Sum():
            return _sum(expression)
        case Product():
            return f"{_factor(expression.left)} * {_factor(expression.right)}"
        case Absolute():
            return f"|{_text(expression.number)}|"
        case Indicator():
            return f"[{condition_text(expression.condition)}]"
    raise TypeError(f"a {type(expression).__name__} is no number that can be put in words")


def _sum(expression: Sum) -> str:
    terms = [(factor, _factor(part)) for factor, part in expression.terms]
    text = ""
    for factor, name in terms:
        sign = " - " if factor < 0 else " + "
        text += f"{sign}{name}" if abs(factor) == 1 else f"{sign}{abs(factor)}*{name}"
    if expression.constant or not terms:
        text += f" {'-' if expression.constant < 0 else '+'} {abs(expression.constant)}"
    return (
        text.removeprefix(" + ").replace(" - ", "-", 1) if text.startswith(" - ") else text.removeprefix(" + ")
    )


def _factor(part: Number) -> str:
    is_long = isinstance(part, Sum) and len(part.terms) + bool(part.constant) > 1
    return f"({_text(part)})" if is_long else _text(part)


def _bracketed(condition: Condition) -> str:
    is_joined = isinstance(condition, Both | Either | Not)
    return f"({condition_text(condition)})" if is_joined else condition_text(condition)
