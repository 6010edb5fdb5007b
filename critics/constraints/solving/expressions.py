"""Expressions over declared variables: conditions, and whole numbers, written with Python's operators.

What they mean is in ``evaluating``, exactly; a solver gets a translation (``cpsat``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final, Literal, NoReturn, TypeAlias

from modulo.errors import ConfigurationError

__all__ = [
    "Absolute",
    "AllDifferent",
    "BooleanVariable",
    "Both",
    "ChoiceVariable",
    "Comparison",
    "Condition",
    "Either",
    "Expression",
    "Indicator",
    "IntegerVariable",
    "IsOneOf",
    "Not",
    "Number",
    "Product",
    "Relation",
    "SameChoice",
    "Sum",
    "Variable",
]

Relation: TypeAlias = Literal["<", "<=", "==", "!=", ">=", ">"]

MAX_DEPTH: Final = 100
"""Deepest nesting of an expression; long sums and long conjunctions count as one level."""


class Expression:
    """A part of a constraint. It has no truth value of its own: use ``&``, ``|``, ``~`` and ``>>``.

    Raises:
        ConfigurationError: It is nested too deeply, or something stands in it that does not belong there.
    """

    def __init__(self, *parts: Expression) -> None:
        self._parts = parts
        self._depth: int = 1 + max((part._depth for part in parts), default=0)
        if self._depth > MAX_DEPTH:
            raise ConfigurationError(f"an expression is nested more than {MAX_DEPTH} deep; write it flatter")

    def variables(self) -> Iterator[Variable]:
        """Its variables, each as often as it stands there."""
        return chain.from_iterable(part.variables() for part in self._parts)

    def __bool__(self) -> NoReturn:
        raise TypeError(
            "an expression is true or false only of an assignment; write &, |, ~ and >> in place of and, or, not"
            " and if, and compare twice in place of a < b < c"
        )

    __hash__ = object.__hash__


class Condition(Expression):
    """Something that is true or false of an assignment."""

    def __and__(self, other: Condition) -> Condition:
        return Both(self, other)

    def __or__(self, other: Condition) -> Condition:
        return Either(self, other)

    def __rshift__(self, other: Condition) -> Condition:
        """That it implies the other."""
        return Either(Not(self), other)

    def __invert__(self) -> Condition:
        return Not(self)


class Number(Expression):
    """A whole number that an assignment determines."""

    def __add__(self, other: Number | int) -> Number:
        return Sum((1, self), (1, other))

    def __sub__(self, other: Number | int) -> Number:
        return Sum((1, self), (-1, other))

    def __radd__(self, other: int) -> Number:
        return Sum((1, other), (1, self))

    def __rsub__(self, other: int) -> Number:
        return Sum((1, other), (-1, self))

    def __mul__(self, other: Number | int) -> Number:
        return Product(self, other) if isinstance(other, Number) else Sum((_whole(other), self))

    def __rmul__(self, other: int) -> Number:
        return Sum((_whole(other), self))

    def __neg__(self) -> Number:
        return Sum((-1, self))

    def __abs__(self) -> Number:
        return Absolute(self)

    def __lt__(self, other: Number | int) -> Condition:
        return Comparison(self, "<", other)

    def __le__(self, other: Number | int) -> Condition:
        return Comparison(self, "<=", other)

    def __gt__(self, other: Number | int) -> Condition:
        return Comparison(self, ">", other)

    def __ge__(self, other: Number | int) -> Condition:
        return Comparison(self, ">=", other)

    def __eq__(self, other: object) -> Condition:  # type: ignore[override]  # as such languages have it
        return Comparison(self, "==", other)

    def __ne__(self, other: object) -> Condition:  # type: ignore[override]
        return Comparison(self, "!=", other)

    __hash__ = object.__hash__


class BooleanVariable(Condition):
    """A variable that is true or false; made by ``ConstraintSystem.boolean``."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def variables(self) -> Iterator[Variable]:
        """Itself."""
        yield self


class IntegerVariable(Number):
    """A variable that is a whole number from one to another; made by ``ConstraintSystem.integer``."""

    def __init__(self, name: str, low: int, high: int) -> None:
        super().__init__()
        self.name, self.low, self.high = name, low, high

    def variables(self) -> Iterator[Variable]:
        """Itself."""
        yield self


class ChoiceVariable(Expression):
    """A variable that is one of some texts; made by ``ConstraintSystem.choice``. It takes ``==`` and ``!=``."""

    def __init__(self, name: str, values: tuple[str, ...]) -> None:
        super().__init__()
        self.name, self.values = name, values

    def variables(self) -> Iterator[Variable]:
        """Itself."""
        yield self

    def is_in(self, values: Iterable[str]) -> Condition:
        """That it is one of these.

        Raises:
            ConfigurationError: One of them is no value of it.
        """
        return IsOneOf(self, tuple(values))

    def __eq__(self, other: object) -> Condition:  # type: ignore[override]
        return SameChoice(self, other) if isinstance(other, ChoiceVariable) else IsOneOf(self, (other,))

    def __ne__(self, other: object) -> Condition:  # type: ignore[override]
        return Not(self == other)

    __hash__ = object.__hash__


Variable: TypeAlias = BooleanVariable | IntegerVariable | ChoiceVariable


class Not(Condition):
    """That something is false."""

    def __init__(self, condition: Condition) -> None:
        self.condition = _condition(condition)
        super().__init__(condition)


class Both(Condition):
    """That all of several are true; of none, they are."""

    def __init__(self, *conditions: Condition) -> None:
        self.conditions = tuple(_flattened(Both, conditions))
        super().__init__(*self.conditions)


class Either(Condition):
    """That at least one of several is true; of none, none is."""

    def __init__(self, *conditions: Condition) -> None:
        self.conditions = tuple(_flattened(Either, conditions))
        super().__init__(*self.conditions)


class Comparison(Condition):
    """How two numbers compare."""

    def __init__(self, left: Number, relation: Relation, right: object) -> None:
        self.left, self.relation = left, relation
        self.right = right if isinstance(right, Number) else Sum((1, _whole(right)))
        super().__init__(left, self.right)


class IsOneOf(Condition):
    """That a choice is one of some texts."""

    def __init__(self, choice: ChoiceVariable, values: tuple[object, ...]) -> None:
        super().__init__(choice)
        self.choice = choice
        self.values = tuple([value for value in values if isinstance(value, str) and value in choice.values])
        if len(self.values) < len(values):
            raise ConfigurationError(
                f"{choice.name!r} is one of {', '.join(choice.values):.200}, and compared with something else:"
                f" {', '.join(map(repr, values)):.200}"
            )


class SameChoice(Condition):
    """That two choices are the same text."""

    def __init__(self, one: ChoiceVariable, other: ChoiceVariable) -> None:
        super().__init__(one, other)
        self.one, self.other = one, other


class AllDifferent(Condition):
    """That several numbers, or several choices, are all different."""

    def __init__(self, items: tuple[Number, ...] | tuple[ChoiceVariable, ...]) -> None:
        super().__init__(*items)
        kinds = {Number if isinstance(item, Number) else type(item) for item in items}
        if not kinds <= {Number} and not kinds <= {ChoiceVariable}:
            raise ConfigurationError("all_different compares numbers with numbers, or choices with choices")
        self.items = items


class Sum(Number):
    """A sum of multiples; sums inside are taken apart, so that long ones are not deep."""

    def __init__(self, *terms: tuple[int, object]) -> None:
        self.terms: list[tuple[int, Number]] = []
        self.constant = 0
        for factor, item in terms:
            self._take(factor, item)
        super().__init__(*(number for _, number in self.terms))

    def _take(self, factor: int, item: object) -> None:
        if isinstance(item, Sum):
            self.terms += [(factor * inner, number) for inner, number in item.terms]
            self.constant += factor * item.constant
        elif isinstance(item, Number):
            self.terms.append((factor, item))
        else:
            self.constant += factor * _whole(item)


class Product(Number):
    """The product of two numbers."""

    def __init__(self, left: Number, right: Number) -> None:
        super().__init__(left, right)
        self.left, self.right = left, right


class Absolute(Number):
    """A number without its sign."""

    def __init__(self, number: Number) -> None:
        super().__init__(number)
        self.number = number


class Indicator(Number):
    """1 where a condition holds, else 0."""

    def __init__(self, condition: Condition) -> None:
        self.condition = _condition(condition)
        super().__init__(condition)


def _flattened(kind: type[Both | Either], conditions: Iterable[Condition]) -> Iterator[Condition]:
    for condition in conditions:
        if isinstance(condition, kind):
            yield from condition.conditions
        else:
            yield _condition(condition)


def _condition(item: object) -> Condition:
    if not isinstance(item, Condition):
        raise ConfigurationError(f"{item!r:.80} stands where a condition belongs")
    return item


def _whole(item: object) -> int:
    if type(item) is not int:
        raise ConfigurationError(f"{item!r:.80} stands where a whole number belongs")
    return item
