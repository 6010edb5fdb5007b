"""Arithmetic in exact rational numbers: a strict reader of expressions, and the critic of identities.

Nothing here evaluates text as a program. Numbers are ``fractions.Fraction``, and everything is bounded: the length
of a text, its nesting, the digits of a number, and the size of every value that comes up on the way.
"""

from modulo.critics.arithmetic.evaluation import DivisionByZero, TooLarge, shown, value_of
from modulo.critics.arithmetic.expressions import (
    Expression,
    Name,
    Notation,
    Number,
    Operation,
    read_equation,
    read_expression,
)
from modulo.critics.arithmetic.identity import ArithmeticIdentity

__all__ = [
    "ArithmeticIdentity",
    "DivisionByZero",
    "Expression",
    "Name",
    "Notation",
    "Number",
    "Operation",
    "TooLarge",
    "read_equation",
    "read_expression",
    "shown",
    "value_of",
]
