"""Writes formulas, effects, domains and problems as PDDL text that reads back as the same value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Final, assert_never

from modulo.critics.plan.pddl.syntax import (
    And,
    Arithmetic,
    Atom,
    Compare,
    DurationOf,
    Equals,
    Exact,
    Exists,
    Expression,
    Fluent,
    Forall,
    Formula,
    Imply,
    Not,
    Number,
    Or,
    Parameter,
    TotalTime,
)

__all__ = ["call_text", "expression_text", "formula_text", "number_text", "typed_list_text", "types_text"]

_AS_IT_IS: Final[Mapping[str, str]] = {}


def call_text(name: str, terms: Iterable[str]) -> str:
    """``(name term ...)``."""
    return f"({' '.join((name, *terms))})"


def number_text(value: Exact) -> str:
    """A number as a decimal where it has one, else as a fraction."""
    if isinstance(value, int):
        return str(value)
    twos_and_fives = value.denominator
    for prime in (2, 5):
        while twos_and_fives % prime == 0:
            twos_and_fives //= prime
    return _decimal(value) if twos_and_fives == 1 else f"{value.numerator}/{value.denominator}"


def _decimal(value: Fraction) -> str:
    places = 0
    while (value * 10**places).denominator != 1:
        places += 1
    digits = str(abs(int(value * 10**places))).rjust(places + 1, "0")
    return f"{'-' if value < 0 else ''}{digits[:-places]}.{digits[-places:]}"


def typed_list_text(parameters: Iterable[Parameter]) -> str:
    """``?x - object ?y - block``."""
    return " ".join(f"{item.name} - {types_text(item.types)}" for item in parameters)


def types_text(types: tuple[str, ...]) -> str:
    """A type, or ``(either a b)``."""
    return types[0] if len(types) == 1 else f"(either {' '.join(types)})"


def formula_text(formula: Formula, binding: Mapping[str, str] = _AS_IT_IS) -> str:
    """A formula, with objects in place of the variables that are bound."""
    match formula:
        case Atom(predicate, terms):
            return call_text(predicate, [binding.get(term, term) for term in terms])
        case Equals(left, right):
            return f"(= {binding.get(left, left)} {binding.get(right, right)})"
        case Compare(operator, left, right):
            return f"({operator} {expression_text(left, binding)} {expression_text(right, binding)})"
        case Not(part):
            return f"(not {formula_text(part, binding)})"
        case And(parts):
            return call_text("and", [formula_text(part, binding) for part in parts])
        case Or(parts):
            return call_text("or", [formula_text(part, binding) for part in parts])
        case Imply(condition, consequence):
            return f"(imply {formula_text(condition, binding)} {formula_text(consequence, binding)})"
        case Exists(parameters, body):
            return f"(exists {_quantified(parameters, body, binding)})"
        case Forall(parameters, body):
            return f"(forall {_quantified(parameters, body, binding)})"
    assert_never(formula)


def _quantified(parameters: tuple[Parameter, ...], body: Formula, binding: Mapping[str, str]) -> str:
    own = {parameter.name for parameter in parameters}
    outer = {name: value for name, value in binding.items() if name not in own}
    return f"({typed_list_text(parameters)}) {formula_text(body, outer)}"


def expression_text(expression: Expression, binding: Mapping[str, str] = _AS_IT_IS) -> str:
    """A numeric expression, with objects in place of the variables that are bound."""
    match expression:
        case Number(value):
            return number_text(value)
        case Fluent(function, terms):
            return call_text(function, [binding.get(term, term) for term in terms])
        case Arithmetic(operator, parts):
            return call_text(operator, [expression_text(part, binding) for part in parts])
        case DurationOf():
            return "?duration"
        case TotalTime():
            return "total-time"
    assert_never(expression)
