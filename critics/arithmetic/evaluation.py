"""The exact value of an expression without variables, with a bound on everything that comes up on the way."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from modulo.critics.arithmetic.expressions import Expression, Number, Operation

__all__ = ["MAX_BITS", "DivisionByZero", "TooLarge", "applied", "shown", "value_of"]

MAX_BITS: Final = 16_384
"""Most bits of a numerator or denominator; some 4,900 decimal digits. Beyond, reducing fractions takes too long."""


class DivisionByZero(ArithmeticError):
    """A division by zero, or zero to a negative power.

    Attributes:
        at: Where the operation stands, counted from 1.
    """

    def __init__(self, at: int) -> None:
        self.at = at
        super().__init__(f"division by zero at character {at}")


class TooLarge(ArithmeticError):
    """A value that is not worked out: it has too many digits, or is no rational number.

    Attributes:
        at: Where the operation stands, counted from 1.
    """

    def __init__(self, at: int, reason: str) -> None:
        self.at = at
        super().__init__(f"{reason} (character {at})")


def value_of(expression: Expression) -> Fraction:
    """The exact value of an expression of numbers.

    Raises:
        DivisionByZero: It divides by zero.
        TooLarge: A value on the way is too large, or an exponent is no integer.
    """
    stack: list[Fraction] = []
    for item in expression:
        if isinstance(item, Number):
            stack.append(item.value)
            continue
        assert isinstance(item, Operation), "an expression of numbers has no names"
        operands = stack[-item.operands :]
        del stack[-item.operands :]
        stack.append(applied(item, operands))
    (value,) = stack
    return value


def applied(operation: Operation, operands: list[Fraction]) -> Fraction:
    """The value of one operation.

    Raises:
        DivisionByZero: It divides by zero.
        TooLarge: As ``value_of``.
    """
    match operation.symbol, operands:
        case "negate", [one]:
            return -one
        case "+", [one, other]:
            result = one + other
        case "-", [one, other]:
            result = one - other
        case "*", [one, other]:
            result = one * other
        case "/", [one, other]:
            if other == 0:
                raise DivisionByZero(operation.at)
            result = one / other
        case "^", [one, other]:
            result = _power(one, other, operation.at)
        case symbol, _:
            raise TooLarge(operation.at, f"{symbol} has no exact value here")
    if _bits(result) > MAX_BITS:
        raise TooLarge(operation.at, f"a value has more than {MAX_BITS:,} bits")
    return result


def shown(value: Fraction) -> str:
    """A value for people to read: ``24``, ``15/2``, or that it is a long one."""
    if _bits(value) > 400:
        return f"a number of {_bits(value):,} bits"
    return str(value)


def _power(base: Fraction, exponent: Fraction, at: int) -> Fraction:
    if exponent.denominator != 1:
        raise TooLarge(at, "an exponent is no integer")
    if base == 0 and exponent < 0:
        raise DivisionByZero(at)
    if base == 0 and exponent == 0:
        raise TooLarge(at, "0^0 has no agreed value")
    if abs(base) not in (0, 1) and _bits(base) * abs(exponent) > 2 * MAX_BITS:
        raise TooLarge(at, f"a power has more than {MAX_BITS:,} bits")
    if abs(base) in (0, 1):
        exponent = exponent % 2 if base else Fraction(1)
    return Fraction(base ** int(exponent))


def _bits(value: Fraction) -> int:
    return max(value.numerator.bit_length(), value.denominator.bit_length())
