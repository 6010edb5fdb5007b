"""Costs of actions, where a problem's metric is their sum."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from math import lcm
from typing import Final

from modulo.critics.plan.fast_downward.results import UnsupportedByPlanner
from modulo.critics.plan.pddl.syntax import (
    Action,
    Domain,
    Effect,
    Effects,
    Fluent,
    ForEach,
    Number,
    Problem,
    SetFact,
    Update,
    When,
)

__all__ = ["ActionCosts"]

_TOTAL_COST: Final = Fluent("total-cost", ())
_MOST: Final = 10**6
"""Largest cost that is handed over. Fast Downward adds them up in 32 bits; see docs/design/0010-planners.md."""


class ActionCosts:
    """The costs of a domain's actions, written for Fast Downward.

    It knows whole numbers only, so fractions are written as multiples of the largest unit that measures them all.
    An action may have one cost at most, without a condition, and that may not change.

    Attributes:
        most: The largest cost that is written.

    Raises:
        UnsupportedByPlanner: The metric, or a cost, is of another form.
    """

    def __init__(self, domain: Domain, problem: Problem) -> None:
        metric = problem.metric
        if metric is None or metric.direction != "minimize" or metric.value != _TOTAL_COST:
            raise UnsupportedByPlanner("its metric is not to minimize total-cost")
        self._costs = {action.name: _cost_of(action) for action in domain.actions}
        functions = {cost.function for cost in self._costs.values() if isinstance(cost, Fluent)}
        changed = {update.fluent.function for action in domain.actions for update, _ in _updates(action.effect)}
        if functions & (changed | {_TOTAL_COST.function}):
            raise UnsupportedByPlanner("the cost of an action changes")
        self._arities = {one.name: len(one.parameters) for one in domain.functions if one.name in functions}
        self._names = {name: f"f{n}" for n, name in enumerate(self._arities)}
        self._values = [(fluent, value) for fluent, value in problem.values if fluent.function in functions]
        numbers = [cost.value for cost in self._costs.values() if isinstance(cost, Number)]
        amounts = [*numbers, *(value for _, value in self._values)]
        self._scale = _scale(amounts)
        self.most = int(max(amounts, default=0) * self._scale)

    def declarations(self) -> Iterator[str]:
        """The functions that costs are read from."""
        for name, arity in self._arities.items():
            yield f"({' '.join([self._names[name], *(f'?x{n}' for n in range(arity))])}) - number"

    def values(self, objects: Mapping[str, str]) -> Iterator[str]:
        """The values of these functions, with objects under the given names."""
        for fluent, value in self._values:
            yield f"(= {self._written(fluent, objects)} {int(value * self._scale)})"

    def effect(self, action: Action, names: Mapping[str, str]) -> list[str]:
        """The effect that adds an action's cost; none if it is free."""
        cost = self._costs[action.name]
        if cost is None:
            return []
        written = self._written(cost, names) if isinstance(cost, Fluent) else int(cost.value * self._scale)
        return [f"(increase (total-cost) {written})"]

    def _written(self, fluent: Fluent, names: Mapping[str, str]) -> str:
        return f"({' '.join([self._names[fluent.function], *(names[term] for term in fluent.terms)])})"


def _cost_of(action: Action) -> Number | Fluent | None:
    costs = [found for found in _updates(action.effect) if found[0].fluent == _TOTAL_COST]
    if not costs:
        return None
    update, is_conditional = costs[0]
    if len(costs) > 1 or is_conditional or update.operator != "increase":
        raise UnsupportedByPlanner(f"the cost of {action.name} is no single, unconditional increase")
    if not isinstance(update.value, Number | Fluent):
        raise UnsupportedByPlanner(f"the cost of {action.name} is computed")
    return update.value


def _updates(effect: Effect, is_conditional: bool = False) -> Iterator[tuple[Update, bool]]:
    """Numeric effects, each with whether it stands below a condition or quantifier."""
    match effect:
        case Update():
            yield effect, is_conditional
        case Effects():
            for part in effect.parts:
                yield from _updates(part, is_conditional)
        case When() | ForEach():
            yield from _updates(effect.effect, True)
        case SetFact():
            return


def _scale(numbers: list[int | Fraction]) -> int:
    scale = lcm(*[Fraction(number).denominator for number in numbers])
    if any(not 0 <= number * scale <= _MOST for number in numbers):
        raise UnsupportedByPlanner(
            f"a cost is negative, or more than {_MOST:,} times the smallest unit of costs"
        )
    return scale
