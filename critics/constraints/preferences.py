"""Constraints that are only wished for, and the soft critic that ranks by them."""

from __future__ import annotations

import math
from typing import Generic, TypeVar

from modulo.critics.constraints.constraint import Constraint
from modulo.critique import Remark
from modulo.errors import ConfigurationError
from modulo.numeric import is_number
from modulo.protocols import SoftCritic

__all__ = ["Preference", "Preferences", "optional"]

P = TypeVar("P")
C = TypeVar("C")


class Preference(Generic[P, C]):
    """A constraint that is wished for; made by ``optional``. No constraint itself: nothing can demand it.

    Attributes:
        constraint: The constraint.
        weight: What it is worth where it holds.
    """

    def __init__(self, constraint: Constraint[P, C], weight: float) -> None:
        self.constraint, self.weight = constraint, weight

    def __repr__(self) -> str:
        return f"<optional {self.constraint!r}, weight {self.weight}>"


def optional(constraint: Constraint[P, C], *, weight: float = 1.0) -> Preference[P, C]:
    """Wish for a constraint instead of demanding it.

    Args:
        constraint: The constraint.
        weight: What it is worth where it holds, above 0.

    Raises:
        TypeError: It is no constraint.
        ValueError: The weight is no number above 0.
    """
    if not isinstance(constraint, Constraint):
        raise TypeError(f"optional takes a constraint, not {constraint!r}")
    if not is_number(weight) or weight <= 0:
        raise ValueError(f"the weight of {constraint.name!r} is a number above 0, not {weight!r}")
    return Preference(constraint, float(weight))


class Preferences(SoftCritic[P, C]):
    """Ranks candidates by the preferences that hold, and remarks on those that do not.

    The score is the sum of the weights of the preferences that apply to the problem and hold; 0 is the least.

    **Does not check:** anything: it neither certifies nor vetoes.

    Args:
        *preferences: Made by ``optional``; at least one, each under a name of its own.

    Raises:
        ConfigurationError: There is none, or something that is none, or a name stands for two.
    """

    def __init__(self, *preferences: Preference[P, C]) -> None:
        if not preferences:
            raise ConfigurationError("Preferences() without preferences ranks nothing; give it some")
        for item in preferences:
            if not isinstance(item, Preference):
                raise ConfigurationError(
                    f"Preferences takes optional constraints, not {item!r}; write optional(.., weight=..)"
                )
        names = [preference.constraint.name for preference in preferences]
        if len(set(names)) < len(names):
            raise ConfigurationError(f"Preferences has a name twice among {', '.join(names)}")
        self.preferences = preferences

    def remark(self, problem: P, candidate: C) -> Remark:
        """The weight of what holds, and what the others say.

        Raises:
            ConstraintFailed: One crashed, or gave something that is no violation.
        """
        weights, said = [], []
        for preference in self.preferences:
            if not preference.constraint.applies_to(problem):
                continue
            found = preference.constraint.violations(problem, candidate)
            said += [violation.message for violation in found]
            if not found:
                weights.append(preference.weight)
        return Remark(score=math.fsum(weights), text=" ".join(said) or None)
