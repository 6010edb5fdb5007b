"""Reads arithmetic expressions strictly, into postfix form.

Grammar, with the usual precedence::

    equation  sum { "=" sum }
    sum       product { ("+" | "-") product }
    product   factor { ("*" | "/") factor }
    factor    "-" factor | atom [ "^" factor ]
    atom      number | name | function "(" sum ")" | "(" sum ")"
    number    digits [ "." digits ]

There is no implicit multiplication, no exponent in numbers, and ``2 3`` is no number. ``**`` is ``^`` where powers
are allowed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, TypeAlias

from modulo.errors import Malformed

__all__ = [
    "MAX_CHARACTERS",
    "MAX_DEPTH",
    "MAX_DIGITS",
    "Expression",
    "Name",
    "Notation",
    "Number",
    "Operation",
    "read_equation",
    "read_expression",
]

MAX_CHARACTERS: Final = 5_000
"""Longest text that is read."""
MAX_DEPTH: Final = 100
"""Deepest nesting of parentheses, signs and powers."""
MAX_DIGITS: Final = 200
"""Most digits of a number."""

_TOKEN = re.compile(
    r"[ \t\r\n]*(?:(?P<number>[0-9]+(?:\.[0-9]+)?)|(?P<name>[A-Za-z_][A-Za-z_0-9]*)|(?P<sign>\*\*|//|[-+*/^()=])"
    r"|(?P<end>\Z))"
)


@dataclass(frozen=True, slots=True)
class Number:
    """A number.

    Attributes:
        value: Its exact value.
        text: How it is written.
        at: Where, counted from 1.
    """

    value: Fraction
    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Name:
    """A variable or a constant with a name."""

    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation on what stands before it in postfix form.

    Attributes:
        symbol: ``+``, ``-``, ``*``, ``/``, ``^`` of two operands, ``negate`` of one, or a function's name.
        operands: How many.
        at: Where it stands in the text, counted from 1.
    """

    symbol: str
    operands: int
    at: int


Expression: TypeAlias = tuple[Number | Name | Operation, ...]
"""An expression in postfix form, which needs no recursion however long a sum is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notation:
    """What may be written.

    Attributes:
        powers: Whether ``^`` and ``**`` are read.
        names: Whether there are variables.
        functions: Names of functions of one argument.
    """

    powers: bool = False
    names: bool = False
    functions: frozenset[str] = frozenset()


_PLAIN: Final = Notation()


def read_expression(text: str, notation: Notation = _PLAIN) -> Expression:
    """The one expression in a text.

    Raises:
        Malformed: It is none, is an equation, or is beyond the limits.
    """
    sides = read_equation(text, notation)
    if len(sides) > 1:
        raise Malformed("This is an equation; an expression has no '='.", location=_place(text.index("=") + 1))
    return sides[0]


def read_equation(text: str, notation: Notation = _PLAIN) -> tuple[Expression, ...]:
    """The sides of an equation or of a chain of them; one if there is no ``=``.

    Raises:
        Malformed: It is none, or is beyond the limits.
    """
    if len(text) > MAX_CHARACTERS:
        raise Malformed(f"The expression has more than {MAX_CHARACTERS:,} characters.", code="too_long")
    return _Reader(text, notation).equation()


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int


def _tokens(text: str) -> Iterator[_Token]:
    at = 0
    while True:
        match = _TOKEN.match(text, at)
        if match is None:
            at += len(text[at:]) - len(text[at:].lstrip(" \t\r\n"))
            raise Malformed(f"{text[at]!r} cannot stand in an expression.", location=_place(at + 1))
        kind = match.lastgroup
        assert kind is not None
        yield _Token(kind, match[kind], match.start(kind) + 1)
        if kind == "end":
            return
        at = match.end()


class _Reader:
    """One pass over the tokens, by recursive descent that counts how deep it is."""

    def __init__(self, text: str, notation: Notation) -> None:
        self._notation = notation
        self._tokens = _tokens(text)
        self._next = next(self._tokens)
        self._depth = 0
        self._made: list[Number | Name | Operation] = []

    def equation(self) -> tuple[Expression, ...]:
        sides = [self._side()]
        while self._next.text == "=":
            self._take()
            sides.append(self._side())
        if self._next.kind != "end":
            raise self._unexpected("an operator")
        return tuple(sides)

    def _side(self) -> Expression:
        self._made = []
        self._sum()
        return tuple(self._made)

    def _take(self) -> _Token:
        token = self._next
        self._next = next(self._tokens)
        return token

    def _sum(self) -> None:
        self._product()
        while self._next.text in ("+", "-"):
            sign = self._take()
            self._product()
            self._made.append(Operation(sign.text, 2, sign.at))

    def _product(self) -> None:
        self._factor()
        while self._next.text in ("*", "/"):
            sign = self._take()
            self._factor()
            self._made.append(Operation(sign.text, 2, sign.at))

    def _factor(self) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise Malformed(
                f"The expression is nested more than {MAX_DEPTH} deep.",
                code="too_deep",
                location=_place(self._next.at),
            )
        if self._next.text == "-":
            sign = self._take()
            self._factor()
            self._made.append(Operation("negate", 1, sign.at))
        else:
            self._atom()
            self._power()
        self._depth -= 1

    def _power(self) -> None:
        if self._next.text in ("^", "**") and self._notation.powers:
            sign = self._take()
            self._factor()
            self._made.append(Operation("^", 2, sign.at))

    def _atom(self) -> None:
        if self._next.kind == "number":
            self._made.append(_number(self._take()))
        elif self._next.kind == "name":
            self._name()
        elif self._next.text == "(":
            self._parentheses()
        else:
            raise self._unexpected("a number or '('")

    def _parentheses(self) -> None:
        self._take()
        self._sum()
        if self._next.text != ")":
            raise self._unexpected("')' or an operator")
        self._take()

    def _name(self) -> None:
        name = self._take()
        if name.text in self._notation.functions:
            if self._next.text != "(":
                raise self._unexpected(f"'(' behind {name.text}")
            self._parentheses()
            self._made.append(Operation(name.text, 1, name.at))
        elif self._notation.names:
            self._made.append(Name(name.text, name.at))
        else:
            raise Malformed(f"{name.text:.40} is no number.", location=_place(name.at))

    def _unexpected(self, wanted: str) -> Malformed:
        token = self._next
        found = "the text ends" if token.kind == "end" else f"{token.text:.40} stands"
        return Malformed(
            f"{found[0].upper()}{found[1:]} where {wanted} is expected.", location=_place(token.at)
        )


def _number(token: _Token) -> Number:
    if len(token.text) > MAX_DIGITS:
        raise Malformed(
            f"A number has more than {MAX_DIGITS} digits.", code="too_long", location=_place(token.at)
        )
    return Number(Fraction(token.text), token.text, token.at)


def _place(at: int) -> str:
    return f"character {at}"
