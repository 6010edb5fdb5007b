"""Compiles numeric expressions to closures over exact numbers."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import reduce
from typing import Final, TypeAlias, assert_never

from modulo.critics.plan.frame import Frame
from modulo.critics.plan.pddl.printing import call_text
from modulo.critics.plan.pddl.syntax import Arithmetic, DurationOf, Exact, Expression, Fluent, Number, TotalTime
from modulo.critics.plan.state import Environment, State
from modulo.critics.plan.undetermined import Meaningless, TooMuchWork

__all__ = ["MAX_BITS", "Value", "calculate", "compile_expression", "work_of_number"]

Value: TypeAlias = Callable[[Environment, State], Exact]
MAX_BITS: Final = 4_000
"""Longest numerator or denominator; squaring again and again would fill the memory."""


def compile_expression(expression: Expression, frame: Frame) -> Value:
    """What works out the value of an expression.

    The result raises ``Meaningless`` where there is none.
    """
    match expression:
        case Number(value):
            return lambda env, state: value
        case Fluent(function, terms):
            return _compile_fluent(function, terms, frame)
        case Arithmetic(operator, parts):
            return _compile_arithmetic(operator, [compile_expression(part, frame) for part in parts])
        case DurationOf():
            place = frame.duration
            return lambda env, state: env[place]  # type: ignore[return-value]
        case TotalTime():
            return lambda env, state: state.time
    assert_never(expression)


def calculate(operator: str, left: Exact, right: Exact) -> Exact:
    """The exact result of one operation.

    Raises:
        Meaningless: It divides by zero.
        TooMuchWork: The result is too long a number.
    """
    match operator:
        case "+":
            result: Exact = left + right
        case "-":
            result = left - right
        case "*":
            result = left * right
        case _:
            if right == 0:
                raise Meaningless("division_by_zero", "it divides by zero")
            result = Fraction(left) / right
    return _bounded(result)


def work_of_number(value: Exact) -> int:
    """How many evaluations it counts for to work out a number: long ones take longer."""
    return 1 + (value.numerator.bit_length() + value.denominator.bit_length()) // 64


def _bounded(value: Exact) -> Exact:
    if value.numerator.bit_length() > MAX_BITS or value.denominator.bit_length() > MAX_BITS:
        raise TooMuchWork(f"a number grows beyond {MAX_BITS:,} bits")
    return value.numerator if value.denominator == 1 else value


def _compile_fluent(function: str, terms: tuple[str, ...], frame: Frame) -> Value:
    fact = frame.fact(function, terms)

    def value(env: Environment, state: State) -> Exact:
        key = fact(env)
        found = state.values.get(key)
        if found is None:
            raise Meaningless("undefined_value", f"{call_text(key[0], key[1:])} has no value")
        return found

    return value


def _compile_arithmetic(operator: str, parts: list[Value]) -> Value:
    if len(parts) == 1:
        only = parts[0]
        return (lambda env, state: -only(env, state)) if operator == "-" else only

    def value(env: Environment, state: State) -> Exact:
        result = reduce(
            lambda left, right: calculate(operator, left, right), [part(env, state) for part in parts]
        )
        state.spend(len(parts) * work_of_number(result))
        return result

    return value
