"""Exact numbers that critics are given as settings."""

from __future__ import annotations

from fractions import Fraction

from modulo.critics.plan.pddl.forms import is_number
from modulo.critics.plan.pddl.syntax import Exact
from modulo.critics.plan.pddl.typed_lists import MAX_DIGITS, exact
from modulo.errors import ConfigurationError

__all__ = ["exact_setting"]


def exact_setting(owner: str, name: str, value: int | str | Fraction) -> Exact:
    """A whole number, a fraction, or a decimal as text. Floats are refused: they are not what they look like.

    Raises:
        ConfigurationError: It is something else.
    """
    if isinstance(value, (int, Fraction)) and not isinstance(value, bool):
        return value.numerator if value.denominator == 1 else value
    if isinstance(value, str) and len(value) <= MAX_DIGITS and is_number(value):
        return exact(value)
    raise ConfigurationError(
        f"{owner}: {name} is a whole number, a Fraction or a decimal such as '0.5', not {value!r}"
    )
