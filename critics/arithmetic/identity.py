"""The critic of arithmetic identities."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from modulo.critics.arithmetic.evaluation import DivisionByZero, TooLarge, shown, value_of
from modulo.critics.arithmetic.expressions import Expression, Notation, read_equation
from modulo.critique import Critique, Violation, malformed_critique
from modulo.errors import Malformed
from modulo.protocols import Critic

__all__ = ["ArithmeticIdentity"]

_NOTATION = Notation(powers=True)
_FORM = "write one equation, such as 1/2 + 1/3 = 5/6."


class ArithmeticIdentity(Critic[object, str]):
    """Judges whether an equation of numbers holds, such as ``1/2 + 0.25 = 3/4`` or ``2^10 = 4^5 = 1024``.

    Numbers are exact: ``0.1 + 0.2 = 0.3`` holds, and ``1/3 = 0.333`` does not.

    **Sound for:** all sides of the equation have the same exact rational value, with ``+ - * / ^``, parentheses and
    the usual precedence (``-2^2`` is -4, ``2^3^2`` is 512), and nothing in it divides by zero.

    **Does not check:** that the equation says anything about the problem; ``1 = 1`` is one, too. Values of more than
    16,384 bits, exponents that are no integers and ``0^0`` stay UNDECIDED.
    """

    proves = "the sides of this equation have the same exact rational value"
    version = "1"

    def critique(self, problem: object, candidate: str) -> Critique:
        """Work out every side."""
        if not isinstance(candidate, str):
            return Critique.reject(Violation("malformed", "The answer is no text.", hint=_FORM))
        try:
            sides = read_equation(candidate, _NOTATION)
        except Malformed as error:
            return malformed_critique(error, critic="")
        if len(sides) < 2:
            return Critique.reject(Violation("no_equation", "The answer has no '='.", hint=_FORM))
        try:
            return _compared(sides)
        except DivisionByZero as error:
            return Critique.reject(
                Violation("division_by_zero", "The equation divides by zero.", location=f"character {error.at}")
            )
        except TooLarge as error:
            return Critique.undecided(f"the equation is not worked out: {error}")


def _compared(sides: Sequence[Expression]) -> Critique:
    values = [value_of(side) for side in sides]
    different = [
        Violation(
            "unequal",
            f"The left side is {shown(left)}, the right side is {shown(right)}.",
            location=f"equals sign {number}",
            expected=shown(left),
            actual=shown(right),
        )
        for number, (left, right) in enumerate(pairwise(values), start=1)
        if left != right
    ]
    return Critique.reject(*different) if different else Critique.accept()
