"""Builds SymPy expressions of our own postfix form. SymPy never sees a text: ``sympify`` runs texts as programs.

What is built is bounded beforehand, because SymPy works out powers of numbers when they are built: ``10^10^10``
would fill the memory.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import comb
from typing import Any, Final

from modulo.critics.arithmetic import Expression, Name, Notation, Number, Operation

__all__ = ["CONSTANTS", "NOTATION", "TooComplex", "built"]

CONSTANTS: Final = frozenset(("pi",))
_FUNCTIONS: Final = ("sin", "cos", "tan", "exp", "log", "sqrt", "abs")
NOTATION: Final = Notation(powers=True, names=True, functions=frozenset(_FUNCTIONS))
"""How expressions are written."""

_LARGEST_EXPONENT: Final = 32
_MOST_DEGREE: Final = 64
_MOST_BITS: Final = 4_096
_MOST_NESTED: Final = 2
_MOST_OPERATIONS: Final = 300
_MOST_TERMS: Final = 20_000
"""Most terms that multiplying everything out may give."""


class TooComplex(ArithmeticError):
    """An expression that is not looked into, because SymPy might never end."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of an expression with bounds on its size.

    Attributes:
        value: As SymPy has it.
        degree: At least its degree as a polynomial in whatever it is made of.
        bits: At least the bits of the numbers in it, worked out.
        nested: How many functions stand within each other.
    """

    value: Any
    degree: int
    bits: int
    nested: int


def built(expression: Expression, symbols: Mapping[str, Any]) -> Any:
    """The expression in SymPy.

    Args:
        expression: The expression.
        symbols: SymPy's object for each name in it.

    Raises:
        TooComplex: It is beyond the limits.
    """
    if sum(isinstance(item, Operation) for item in expression) > _MOST_OPERATIONS:
        raise TooComplex(f"it has more than {_MOST_OPERATIONS} operations")
    stack: list[_Part] = []
    for item in expression:
        if isinstance(item, Operation):
            operands = stack[-item.operands :]
            del stack[-item.operands :]
            stack.append(_bounded(_operation(item, operands)))
        else:
            stack.append(_leaf(item, symbols))
    (whole,) = stack
    if comb(whole.degree + _indeterminates(expression), whole.degree) > _MOST_TERMS:
        raise TooComplex(f"multiplied out, it may have more than {_MOST_TERMS:,} terms")
    return whole.value


def _indeterminates(expression: Expression) -> int:
    """At least how many different things the expression is a rational function of: names and functions."""
    names = {item.text for item in expression if isinstance(item, Name)}
    others = [item for item in expression if isinstance(item, Operation) and item.symbol not in _RATIONAL]
    return len(names) + len(others)


def _leaf(item: Number | Name, symbols: Mapping[str, Any]) -> _Part:
    import sympy

    if isinstance(item, Name):
        return _Part(symbols[item.text], 1, 1, 0)
    numerator, denominator = item.value.numerator, item.value.denominator
    bits = max(numerator.bit_length(), denominator.bit_length())
    return _Part(sympy.Rational(numerator, denominator), 0, bits, 0)


def _operation(item: Operation, operands: list[_Part]) -> _Part:
    match item.symbol, operands:
        case "negate", [one]:
            return _Part(-one.value, one.degree, one.bits, one.nested)
        case "^", [one, other]:
            return _power(one, other)
        case ("+" | "-" | "*" | "/") as symbol, [one, other]:
            return _Part(
                _ARITHMETIC[symbol](one.value, other.value),
                one.degree + other.degree if symbol in "*/" else max(one.degree, other.degree),
                one.bits + other.bits,
                max(one.nested, other.nested),
            )
    (one,) = operands
    return _Part(_function(item.symbol)(one.value), 1, one.bits, one.nested + 1)


def _power(base: _Part, exponent: _Part) -> _Part:
    """A power whose exponent is a small rational number, or has no large number in it."""
    import sympy

    if any(abs(number) > _LARGEST_EXPONENT for number in exponent.value.atoms(sympy.Number)):
        raise TooComplex(f"an exponent has a number beyond {_LARGEST_EXPONENT}")
    times = _LARGEST_EXPONENT
    if exponent.value.is_Rational:
        times = max(abs(int(exponent.value.p)), int(exponent.value.q))
    degree = max(1, base.degree * times) if exponent.value.is_Rational else 1
    whole = _Part(None, degree, base.bits * times + exponent.bits, max(base.nested, exponent.nested))
    _bounded(whole)
    return _Part(sympy.Pow(base.value, exponent.value), whole.degree, whole.bits, whole.nested)


def _bounded(part: _Part) -> _Part:
    if part.degree > _MOST_DEGREE:
        raise TooComplex(f"its degree is beyond {_MOST_DEGREE}")
    if part.bits > _MOST_BITS:
        raise TooComplex(f"numbers in it have more than {_MOST_BITS:,} bits")
    if part.nested > _MOST_NESTED:
        raise TooComplex(f"more than {_MOST_NESTED} functions stand within each other")
    return part


def _function(name: str) -> Callable[[Any], Any]:
    import sympy

    functions: dict[str, Callable[[Any], Any]] = {
        "sin": sympy.sin,
        "cos": sympy.cos,
        "tan": sympy.tan,
        "exp": sympy.exp,
        "log": sympy.log,
        "sqrt": sympy.sqrt,
        "abs": sympy.Abs,
    }
    return functions[name]


_RATIONAL: Final = frozenset(("+", "-", "*", "/", "^", "negate"))
_ARITHMETIC: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "+": lambda one, other: one + other,
    "-": lambda one, other: one - other,
    "*": lambda one, other: one * other,
    "/": lambda one, other: one / other,
}
