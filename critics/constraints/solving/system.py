"""Variables and named constraints over them, declared once: for checking, explaining and solving."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final, TypeVar

from msgspec import Struct

from modulo.canonical import canonical_json
from modulo.critics.constraints.solving.expressions import (
    AllDifferent,
    BooleanVariable,
    Both,
    ChoiceVariable,
    Condition,
    Either,
    Indicator,
    IntegerVariable,
    Number,
    Sum,
    Variable,
)
from modulo.errors import ConfigurationError, ProblemError
from modulo.numeric import MAX_INTEGER

__all__ = ["ConstraintSystem", "Requirement", "all_different", "both", "count", "either", "total"]

V = TypeVar("V", BooleanVariable, IntegerVariable, ChoiceVariable)


class Requirement(Struct, frozen=True, kw_only=True, eq=False):
    """A named constraint of a system.

    Attributes:
        name: Its name.
        condition: What must hold.
        message: What to say where it is violated; None leaves it to the condition.
        hint: How to mend that; None leaves it to the solver, where there is one.
    """

    name: str
    condition: Condition
    message: str | None
    hint: str | None


class ConstraintSystem:
    """Variables of finite range, and named constraints over them.

    ``system.require("budget", 3 * bread + 2 * milk <= 20)`` declares a constraint. Conditions are combined with
    ``&``, ``|``, ``~`` and ``>>`` (implies), ``all_different``, ``count``, ``total``, ``both`` and ``either``.

    Attributes:
        variables: By name, in the order of declaration.
        requirements: By name, in the order of declaration.
    """

    def __init__(self) -> None:
        self._variables: dict[str, Variable] = {}
        self._requirements: dict[str, Requirement] = {}
        self.variables: Final[Mapping[str, Variable]] = MappingProxyType(self._variables)
        self.requirements: Final[Mapping[str, Requirement]] = MappingProxyType(self._requirements)

    def boolean(self, name: str) -> BooleanVariable:
        """Declare a variable that is true or false.

        Raises:
            ConfigurationError: The name is taken, or none.
        """
        return self._declared(BooleanVariable(_checked_text("variable", name)))

    def integer(self, name: str, low: int, high: int) -> IntegerVariable:
        """Declare a variable that is a whole number.

        Args:
            name: Its name.
            low: The least that it can be.
            high: The most that it can be.

        Raises:
            ConfigurationError: The name is taken, or none; or there is no whole number between the two, or one
                that JSON does not carry exactly.
        """
        if type(low) is not int or type(high) is not int or not -MAX_INTEGER <= low <= high <= MAX_INTEGER:
            raise ConfigurationError(
                f"{name!r} can be no whole number from {low!r:.80} to {high!r:.80}; give low <= high within 2**53"
            )
        return self._declared(IntegerVariable(_checked_text("variable", name), low, high))

    def choice(self, name: str, values: Iterable[str]) -> ChoiceVariable:
        """Declare a variable that is one of some texts.

        Args:
            name: Its name.
            values: What it can be; at least one, each once.

        Raises:
            ConfigurationError: The name is taken, or none; or the values are none, or the same.
        """
        allowed = tuple([_checked_text("value", value) for value in values])
        if not allowed or len(set(allowed)) < len(allowed):
            raise ConfigurationError(f"{name!r} is a choice among different texts, not among {allowed!r:.200}")
        return self._declared(ChoiceVariable(_checked_text("variable", name), allowed))

    def require(
        self, name: str, condition: Condition, *, message: str | None = None, hint: str | None = None
    ) -> None:
        """Declare a constraint.

        Args:
            name: Its name, in violations and certificates.
            condition: What must hold.
            message: What to say where it is violated; if not given, the condition and its variables' values.
            hint: How to mend that; if not given, the nearest repair, where there is a solver.

        Raises:
            ConfigurationError: The name is taken, or none; or it is no condition over variables of this system.
        """
        if _checked_text("constraint", name) in self._requirements:
            raise ConfigurationError(f"there are two constraints {name!r}; give each its own name")
        if not isinstance(condition, Condition):
            advice = "; compare variables, not their values" if isinstance(condition, bool) else ""
            raise ConfigurationError(
                f"constraint {name!r} is a condition over variables, not {condition!r:.80}{advice}"
            )
        for variable in condition.variables():
            if self._variables.get(variable.name) is not variable:
                raise ConfigurationError(
                    f"constraint {name!r} is about {variable.name!r}, a variable of another system"
                )
        self._requirements[name] = Requirement(name=name, condition=condition, message=message, hint=hint)

    def _declared(self, variable: V) -> V:
        if variable.name in self._variables:
            raise ConfigurationError(f"there are two variables {variable.name!r}; give each its own name")
        self._variables[variable.name] = variable
        return variable


def all_different(items: Iterable[Number] | Iterable[ChoiceVariable]) -> Condition:
    """That several numbers, or several choices, are all different."""
    return AllDifferent(tuple(items))  # type: ignore[arg-type]  # of one kind, which it checks


def both(conditions: Iterable[Condition]) -> Condition:
    """That all of several conditions hold; of none, they do."""
    return Both(*conditions)


def either(conditions: Iterable[Condition]) -> Condition:
    """That at least one of several conditions holds; of none, none does."""
    return Either(*conditions)


def count(conditions: Iterable[Condition]) -> Number:
    """How many of several conditions hold: ``count([a, b, c]) <= 2``."""
    return Sum(*((1, Indicator(condition)) for condition in conditions))


def total(numbers: Iterable[Number | int]) -> Number:
    """The sum of several numbers, in one step."""
    return Sum(*((1, number) for number in numbers))


def _checked_text(what: str, text: object) -> str:
    if not isinstance(text, str) or not text.strip():
        raise ConfigurationError(f"the name of a {what} is a text that says something, not {text!r:.80}")
    try:
        canonical_json(text)
    except ProblemError as error:
        raise ConfigurationError(f"the name of a {what} cannot stand in a certificate: {error}") from error
    return text
