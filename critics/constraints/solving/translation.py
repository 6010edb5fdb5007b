"""Systems in the terms of CP-SAT."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from modulo.critics.constraints.solving.evaluating import Assignment, Value, bounds, unequal_pairs
from modulo.critics.constraints.solving.expressions import (
    Absolute,
    AllDifferent,
    BooleanVariable,
    Both,
    ChoiceVariable,
    Comparison,
    Condition,
    Either,
    Indicator,
    IntegerVariable,
    IsOneOf,
    Not,
    Number,
    Product,
    SameChoice,
    Sum,
    Variable,
)
from modulo.critics.constraints.solving.system import ConstraintSystem

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

__all__ = ["TooLarge", "Translation"]

_LARGEST: Final = 2**60
"""Largest number in a translation; the solver computes in 64 bits."""
_OPPOSITES: Final = {"<": ">=", "<=": ">", "==": "!=", "!=": "==", ">=": "<", ">": "<="}


class TooLarge(ArithmeticError):
    """The numbers of a system do not fit into the solver."""


class Translation:
    """A system in the solver's terms. Every condition becomes a literal that is true exactly where it holds.

    Args:
        cp: The module of the solver.
        system: The system.

    Attributes:
        model: What to solve.
    """

    def __init__(self, cp: Any, system: ConstraintSystem) -> None:
        self._cp = cp
        self.model: cp_model.CpModel = cp.CpModel()
        self._system = system
        texts = [v.values for v in system.variables.values() if isinstance(v, ChoiceVariable)]
        self._number_of_text = {text: i for i, text in enumerate(dict.fromkeys(t for ts in texts for t in ts))}
        self._variables = {name: self._variable(v) for name, v in system.variables.items()}

    def require(self, condition: Condition) -> None:
        """Demand a condition; common ones in the form that the solver knows best."""
        match condition:
            case Comparison():
                self.model.add(self._compared(condition, condition.relation))
            case AllDifferent():
                self.model.add_all_different([self._item(item) for item in condition.items])
            case Both():
                for part in condition.conditions:
                    self.require(part)
            case Either():
                self.model.add_bool_or([self._literal(part) for part in condition.conditions])
            case _:
                self.model.add_bool_and(self._literal(condition))

    def fix(self, values: Assignment) -> None:
        """Demand values."""
        for name, value in values.items():
            self.model.add(self._variables[name] == self._coded(value))

    def stay_near(self, values: Assignment) -> None:
        """Change as few of these values as possible."""
        changed = []
        for name, value in values.items():
            is_kept = self.model.new_bool_var("")
            self.model.add(self._variables[name] == self._coded(value)).only_enforce_if(is_kept)
            self.model.add_hint(self._variables[name], self._coded(value))
            changed.append(~is_kept)
        self.model.minimize(self._cp.LinearExpr.sum(changed))

    def values(self, solver: Any) -> dict[str, Value]:
        """The value of each variable, when the solver found some."""
        return {name: self._value(solver, variable) for name, variable in self._system.variables.items()}

    def _variable(self, variable: Variable) -> Any:
        match variable:
            case BooleanVariable():
                return self.model.new_bool_var(variable.name)
            case IntegerVariable():
                return self.model.new_int_var(variable.low, variable.high, variable.name)
            case ChoiceVariable():
                numbers = [self._number_of_text[text] for text in variable.values]
                domain = self._cp.Domain.from_values(numbers)
                return self.model.new_int_var_from_domain(domain, variable.name)

    def _coded(self, value: Value) -> int:
        return self._number_of_text[value] if isinstance(value, str) else int(value)

    def _value(self, solver: Any, variable: Variable) -> Value:
        found = self._variables[variable.name]
        match variable:
            case BooleanVariable():
                return bool(solver.boolean_value(found))
            case IntegerVariable():
                return int(solver.value(found))
            case ChoiceVariable():
                number = int(solver.value(found))
                return next(text for text in variable.values if self._number_of_text[text] == number)

    def _literal(self, condition: Condition) -> Any:
        match condition:
            case BooleanVariable():
                return self._variables[condition.name]
            case Not():
                return ~self._literal(condition.condition)
            case Both():
                return self._all([self._literal(part) for part in condition.conditions])
            case Either():
                return ~self._all([~self._literal(part) for part in condition.conditions])
            case AllDifferent():
                return self._all([self._literal(pair) for pair in unequal_pairs(condition)])
            case IsOneOf():
                variable = self._variables[condition.choice.name]
                numbers = [self._number_of_text[text] for text in condition.values]
                domain = self._cp.Domain.from_values(numbers)
                return self._either_way(
                    self.model.add_linear_expression_in_domain(variable, domain),
                    self.model.add_linear_expression_in_domain(variable, domain.complement()),
                )
            case SameChoice():
                one, other = (self._variables[c.name] for c in (condition.one, condition.other))
                return self._either_way(self.model.add(one == other), self.model.add(one != other))
            case Comparison():
                return self._either_way(
                    self.model.add(self._compared(condition, condition.relation)),
                    self.model.add(self._compared(condition, _OPPOSITES[condition.relation])),
                )
        raise TypeError(f"a {type(condition).__name__} is no condition that can be translated")

    def _either_way(self, where_true: Any, where_false: Any) -> Any:
        literal = self.model.new_bool_var("")
        where_true.only_enforce_if(literal)
        where_false.only_enforce_if(~literal)
        return literal

    def _all(self, literals: list[Any]) -> Any:
        literal = self.model.new_bool_var("")
        self.model.add_bool_and(literals).only_enforce_if(literal)
        self.model.add_bool_or([literal, *[~part for part in literals]])
        return literal

    def _compared(self, condition: Comparison, relation: str) -> Any:
        difference = Sum((1, condition.left), (-1, condition.right))
        left = self._number(difference)
        match relation:
            case "<":
                return left < 0
            case "<=":
                return left <= 0
            case "==":
                return left == 0
            case "!=":
                return left != 0
            case ">=":
                return left >= 0
            case ">":
                return left > 0
        raise TypeError(f"{relation!r} is no relation")

    def _item(self, item: Number | ChoiceVariable) -> Any:
        """A variable for an item of those that are all different; the solver takes no sums of several there."""
        if isinstance(item, ChoiceVariable | IntegerVariable):
            return self._variables[item.name]
        result = self.model.new_int_var(*bounds(item), "")
        self.model.add(result == self._number(item))
        return result

    def _number(self, expression: Number) -> Any:
        low, high = bounds(expression)
        if _magnitude(expression) > _LARGEST:
            raise TooLarge("numbers beyond 2**60 do not fit into the solver")
        match expression:
            case IntegerVariable():
                return self._variables[expression.name]
            case Indicator():
                return self._literal(expression.condition)
            case Sum():
                numbers = [self._number(part) for _, part in expression.terms]
                factors = [factor for factor, _ in expression.terms]
                return self._cp.LinearExpr.weighted_sum(numbers, factors) + expression.constant
            case Product():
                result = self.model.new_int_var(low, high, "")
                factors = [self._number(expression.left), self._number(expression.right)]
                self.model.add_multiplication_equality(result, factors)
                return result
            case Absolute():
                result = self.model.new_int_var(low, high, "")
                self.model.add_abs_equality(result, self._number(expression.number))
                return result
        raise TypeError(f"a {type(expression).__name__} is no number that can be translated")


def _magnitude(expression: Number) -> int:
    """How far from 0 an expression gets, or a part of it if it is a sum."""
    if isinstance(expression, Sum):
        parts = (abs(factor) * _magnitude(part) for factor, part in expression.terms)
        return abs(expression.constant) + sum(parts)
    return max(map(abs, bounds(expression)))
