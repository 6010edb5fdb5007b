"""What expressions mean: exact evaluation in Python. Every verdict on an assignment comes from here."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from itertools import combinations
from typing import TypeAlias

from modulo.critics.constraints.solving.expressions import (
    Absolute,
    AllDifferent,
    BooleanVariable,
    Both,
    ChoiceVariable,
    Comparison,
    Condition,
    Either,
    Indicator,
    IntegerVariable,
    IsOneOf,
    Not,
    Number,
    Product,
    Relation,
    SameChoice,
    Sum,
    Variable,
)

__all__ = ["Assignment", "Value", "bounds", "holds", "is_value_of", "number", "unequal_pairs"]

Value: TypeAlias = bool | int | str
"""What a variable can be: a truth value, a whole number, or one of some texts."""

Assignment: TypeAlias = Mapping[str, Value]
"""A value for each of some variables, by name."""

_RELATIONS: Mapping[Relation, Callable[[int, int], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    ">": operator.gt,
}


def is_value_of(variable: Variable, value: object) -> bool:
    """Whether a variable can be this. Nothing is converted: ``True`` is no 1, and ``1.0`` is no whole number."""
    match variable:
        case BooleanVariable():
            return type(value) is bool
        case IntegerVariable():
            return type(value) is int and variable.low <= value <= variable.high
        case ChoiceVariable():
            return type(value) is str and value in variable.values


def holds(condition: Condition, values: Assignment) -> bool:
    """Whether a condition is true.

    Args:
        condition: The condition.
        values: A value that each of its variables can be.
    """
    match condition:
        case BooleanVariable():
            return values[condition.name] is True
        case Comparison():
            compare = _RELATIONS[condition.relation]
            return compare(number(condition.left, values), number(condition.right, values))
        case Not():
            return not holds(condition.condition, values)
        case Both():
            return all(holds(part, values) for part in condition.conditions)
        case Either():
            return any(holds(part, values) for part in condition.conditions)
        case IsOneOf():
            return values[condition.choice.name] in condition.values
        case SameChoice():
            return values[condition.one.name] == values[condition.other.name]
        case AllDifferent():
            found = [_item(item, values) for item in condition.items]
            return len(set(found)) == len(found)
    raise TypeError(f"a {type(condition).__name__} is no condition that can be evaluated")


def number(expression: Number, values: Assignment) -> int:
    """The number that an expression is.

    Args:
        expression: The expression.
        values: A value that each of its variables can be.
    """
    match expression:
        case IntegerVariable():
            found = values[expression.name]
            assert type(found) is int
            return found
        case Sum():
            parts = (factor * number(part, values) for factor, part in expression.terms)
            return expression.constant + sum(parts)
        case Product():
            return number(expression.left, values) * number(expression.right, values)
        case Absolute():
            return abs(number(expression.number, values))
        case Indicator():
            return int(holds(expression.condition, values))
    raise TypeError(f"a {type(expression).__name__} is no number that can be evaluated")


def bounds(expression: Number) -> tuple[int, int]:
    """A lowest and a highest value of an expression, from those of its variables."""
    match expression:
        case IntegerVariable():
            return expression.low, expression.high
        case Sum():
            ends = [sorted(factor * end for end in bounds(part)) for factor, part in expression.terms]
            constant = expression.constant
            return constant + sum(low for low, _ in ends), constant + sum(high for _, high in ends)
        case Product():
            corners = [a * b for a in bounds(expression.left) for b in bounds(expression.right)]
            return min(corners), max(corners)
        case Absolute():
            low, high = bounds(expression.number)
            return max(low, -high, 0), max(-low, high)
        case Indicator():
            return 0, 1
    raise TypeError(f"a {type(expression).__name__} is no number that can be evaluated")


def unequal_pairs(condition: AllDifferent) -> Iterator[Condition]:
    """What ``AllDifferent`` says of each pair."""
    for one, other in combinations(condition.items, 2):
        unequal = one != other
        assert isinstance(unequal, Condition)
        yield unequal


def _item(item: Number | ChoiceVariable, values: Assignment) -> Value:
    return number(item, values) if isinstance(item, Number) else values[item.name]
