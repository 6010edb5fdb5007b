"""The critic of equivalent expressions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from itertools import islice, product
from typing import Any, Final

from modulo.canonical import JsonValue
from modulo.critics.arithmetic import Expression, Name, read_expression
from modulo.critics.deadline import checked_deadline
from modulo.critics.symbolic.building import CONSTANTS, NOTATION, TooComplex, built
from modulo.critics.symbolic.problem import SymbolicProblem
from modulo.critique import Critique, Violation, malformed_critique
from modulo.errors import Malformed, MissingDependencyError, ProblemError
from modulo.protocols import Critic

__all__ = ["EquivalentExpression"]

_COORDINATES: Final = ((2, 3), (3, 5), (-5, 7), (7, 2), (-3, 2), (11, 4), (1, 9), (-13, 3), (0, 1), (1, 1))
_MOST_POINTS: Final = 40
_DIGITS: Final = 30


class EquivalentExpression(Critic[SymbolicProblem, str]):
    """Judges whether an expression is equivalent to that of the problem, for real variables.

    Both are evaluated at points with exact coordinates. If they differ at one, it is a counterexample: exactly, if
    the values are rational, and else by far more than numbers of 30 digits can be wrong. If they agree at all of
    them, SymPy is to simplify their difference to zero; unless it does, nothing is decided.

    **Sound for:** SymPy's simplification of the difference is zero, with all variables real, as far as SymPy is
    right; they agree at all points tried where both have real values, and there is such a point. So they are equal
    wherever both are defined and real: ``x / x`` is equivalent to ``1``. Roots and logarithms are principal values,
    so those of negative numbers are not real; ``0^0`` is 1.

    **Does not check:** that both are defined at the same points; that the expression is in any form, such as
    factored: the problem's own text is equivalent to itself. Expressions beyond its limits, and those about which
    SymPy finds out nothing, stay UNDECIDED.

    Args:
        max_seconds: Deadline for one answer; it runs in a worker process.

    Raises:
        ConfigurationError: The deadline makes no sense.
    """

    proves = "equal to the problem's expression for all real values of the variables where both are defined"
    version = "1"
    cost = 5.0

    def __init__(self, *, max_seconds: float = 20.0) -> None:
        self.max_seconds = checked_deadline(max_seconds)

    def options(self) -> Mapping[str, JsonValue]:
        """It has none that a verdict depends on."""
        return {}

    async def prepare(self) -> None:
        """Look for SymPy.

        Raises:
            MissingDependencyError: It is not installed.
        """
        _look_for_sympy()

    def critique(self, problem: SymbolicProblem, candidate: str) -> Critique:
        """Look for a point where they differ, then for a proof that there is none.

        Raises:
            MissingDependencyError: SymPy is not installed.
            ProblemError: The problem's own expression cannot be read.
        """
        _look_for_sympy()
        if not isinstance(candidate, str):
            return Critique.reject(Violation("malformed", "The answer is no text."))
        try:
            wanted = _read(problem.expression, problem)
        except Malformed as error:
            raise ProblemError(f"the problem's expression cannot be read: {error}") from error
        try:
            given = _read(candidate, problem)
        except Malformed as error:
            return malformed_critique(error, critic="")
        symbols = _symbols(problem)
        try:
            return _compared(built(wanted, symbols), built(given, symbols), symbols)
        except TooComplex as error:
            return Critique.undecided(f"the expressions are not compared: {error}")


def _look_for_sympy() -> None:
    if find_spec("sympy") is None:
        raise MissingDependencyError("EquivalentExpression needs SymPy: pip install 'llm-modulo[critics]'")


def _read(text: str, problem: SymbolicProblem) -> Expression:
    expression = read_expression(text, NOTATION)
    for item in expression:
        if isinstance(item, Name) and item.text not in (*problem.variables, *CONSTANTS):
            raise Malformed(
                f"There is no variable {item.text}.",
                code="unknown_variable",
                location=f"character {item.at}",
            )
    return expression


def _symbols(problem: SymbolicProblem) -> dict[str, Any]:
    import sympy

    named = {name: sympy.Symbol(name, real=True) for name in problem.variables}
    return {"pi": sympy.pi, **named}


def _compared(wanted: Any, given: Any, symbols: Mapping[str, Any]) -> Critique:
    import sympy

    variables = [one for one in symbols.values() if one.is_Symbol]
    agreements = 0
    for point in _points(variables):
        left, right = _real_value(wanted, point), _real_value(given, point)
        if left is None or right is None:
            continue
        differs = _differs(left, right)
        if differs is None:
            return Critique.undecided("their values cannot be told apart at a point")
        if differs:
            return Critique.reject(_counterexample(point, left, right))
        agreements += 1
    if not agreements:
        return Critique.undecided("there is no point among those tried where both have real values")
    if sympy.simplify(wanted - given) == 0:
        return Critique.accept()
    return Critique.undecided("no point was found where they differ, and no proof that there is none")


def _points(variables: list[Any]) -> Iterator[dict[Any, Any]]:
    """Points with all coordinates different first, then others."""
    import sympy

    numbers = [sympy.Rational(*one) for one in _COORDINATES]
    for shift in range(len(numbers)):
        yield {one: numbers[(place + shift) % len(numbers)] for place, one in enumerate(variables)}
    for chosen in islice(product(numbers, repeat=len(variables)), _MOST_POINTS):
        yield dict(zip(variables, chosen, strict=True))


def _real_value(expression: Any, point: Mapping[Any, Any]) -> Any:
    """The value at a point: exact if it is rational, else to some digits; None if it is not real or not defined."""
    import sympy

    value = expression.subs(point, simultaneous=True)
    if value.is_Rational:
        return value
    if value.has(sympy.nan, sympy.zoo, sympy.oo, -sympy.oo):
        return None
    number = value.evalf(_DIGITS, maxn=200)
    return number if number.is_Float and number.is_finite else None


def _differs(left: Any, right: Any) -> bool | None:
    """Whether two values are different; None if they are so close that their digits do not tell."""
    if left.is_Rational and right.is_Rational:
        return bool(left != right)
    scale = max(abs(left), abs(right), 1)
    distance = abs(left - right) / scale
    if distance > 10.0**-20:
        return True
    return False if distance < 10.0**-25 else None


def _counterexample(point: Mapping[Any, Any], left: Any, right: Any) -> Violation:
    where = ", ".join(f"{name} = {value}" for name, value in point.items()) or "all variables"
    return Violation(
        "different_value",
        f"For {where}, the expression has another value.",
        location=where,
        expected=_shown(left),
        actual=_shown(right),
    )


def _shown(value: Any) -> str:
    text = str(value) if value.is_Float or max(value.p.bit_length(), value.q.bit_length()) < 200 else ""
    return text[:60] or "a rational number with many digits"
