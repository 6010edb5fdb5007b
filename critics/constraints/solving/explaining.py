"""Why an assignment fails, and what is near that does not: minimal conflicts, completions, nearest repairs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from modulo.critics.constraints.solving.asking import Answer, Found, Impossible, Patience, Unknown, ask
from modulo.critics.constraints.solving.evaluating import Assignment, Value, holds, is_value_of
from modulo.critics.constraints.solving.system import ConstraintSystem
from modulo.errors import ConfigurationError

__all__ = ["Conflict", "Explanation", "explain", "minimal_conflict", "solution_of", "violated_by"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Conflict:
    """Constraints and values that cannot be had together, as far as the solver is right.

    It is minimal: without any one of them, there is an assignment with all the others, found and evaluated exactly.

    Attributes:
        requirements: Names of the constraints.
        variables: Names of the variables whose values take part.
    """

    requirements: tuple[str, ...]
    variables: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What is wrong with an assignment, perhaps of some variables only.

    Attributes:
        violated: Names of the constraints that it violates, by exact evaluation.
        accepted: The values that can be taken as they are: those of variables of no violated constraint.
        is_completable: Whether the accepted values are part of any solution; None if that is unknown.
        conflict: What cannot be had together, where they are part of none. If no variables are among it, the system
            has no solution at all.
        repair: A solution that changes as few of the given values as any; None if there is none or it is unknown.
    """

    violated: tuple[str, ...]
    accepted: Mapping[str, Value]
    is_completable: bool | None
    conflict: Conflict | None
    repair: Mapping[str, Value] | None


def violated_by(system: ConstraintSystem, values: Assignment) -> tuple[str, ...]:
    """The constraints that are false, of those whose variables all have values; by exact evaluation.

    Args:
        system: The system.
        values: Values, each one that its variable can be.
    """
    return tuple(
        [
            name
            for name, requirement in system.requirements.items()
            if all(variable.name in values for variable in requirement.condition.variables())
            and not holds(requirement.condition, values)
        ]
    )


def explain(system: ConstraintSystem, values: Assignment, *, max_seconds: float = 10.0) -> Explanation:
    """Explain what is wrong with an assignment, and how to mend it.

    Args:
        system: The system.
        values: Values of some or all variables.
        max_seconds: Most wall-clock time. What is not known by then is left out.

    Raises:
        ConfigurationError: A value is none that its variable can have.
        MissingDependencyError: The solver is not installed.
        SolverFailed: It found something that is none.
    """
    _check_values(system, values)
    patience = Patience(max_seconds)
    violated = violated_by(system, values)
    doubted = {v.name for name in violated for v in system.requirements[name].condition.variables()}
    accepted = {name: value for name, value in values.items() if name not in doubted}
    completion = ask(system, patience, fixed=accepted)
    conflict = _conflict(system, accepted, patience) if isinstance(completion, Impossible) else None
    has_none = conflict is not None and not conflict.variables
    repair: Answer = Impossible() if has_none else ask(system, patience, near=values)
    return Explanation(
        violated=violated,
        accepted=accepted,
        is_completable=None if isinstance(completion, Unknown) else isinstance(completion, Found),
        conflict=conflict,
        repair=repair.values if isinstance(repair, Found) else None,
    )


def minimal_conflict(
    system: ConstraintSystem, *, fixed: Assignment | None = None, max_seconds: float = 10.0
) -> Conflict | Found | Unknown:
    """Why a system has no solution.

    Args:
        system: The system.
        fixed: Values that some variables must have.
        max_seconds: Most wall-clock time.

    Returns:
        A minimal conflict; or a solution after all; or that it could not be told in time.

    Raises:
        ConfigurationError: A value is none that its variable can have.
        MissingDependencyError: The solver is not installed.
        SolverFailed: It found something that is none.
    """
    fixed = fixed or {}
    _check_values(system, fixed)
    patience = Patience(max_seconds)
    answer = ask(system, patience, fixed=fixed)
    if not isinstance(answer, Impossible):
        return answer
    return _conflict(system, fixed, patience) or Unknown("a conflict was not made minimal in time")


def solution_of(system: ConstraintSystem, *, max_seconds: float = 10.0) -> Answer:
    """A solution of a system, evaluated exactly; or that there is none, or that it could not be told in time.

    Raises:
        MissingDependencyError: The solver is not installed.
        SolverFailed: It found something that is none.
    """
    return ask(system, Patience(max_seconds))


class _OutOfPatience(Exception):
    """A question on the way to a minimal conflict was not answered."""


def _conflict(system: ConstraintSystem, fixed: Assignment, patience: Patience) -> Conflict | None:
    """A minimal part of a conflict. Values are given up before constraints, so that one without solution shows."""

    def is_conflict(items: Sequence[tuple[str, str]]) -> bool:
        answer = ask(
            system,
            patience,
            requirements=[name for kind, name in items if kind == "requirement"],
            fixed={name: fixed[name] for kind, name in items if kind == "value"},
        )
        if isinstance(answer, Unknown):
            raise _OutOfPatience
        return isinstance(answer, Impossible)

    items = [*(("value", name) for name in fixed), *(("requirement", name) for name in system.requirements)]
    try:
        core = minimal_part(items, is_conflict)
    except _OutOfPatience:
        return None
    return Conflict(
        requirements=tuple([name for kind, name in core if kind == "requirement"]),
        variables=tuple([name for kind, name in core if kind == "value"]),
    )


def minimal_part(items: Sequence[T], is_conflict: Callable[[Sequence[T]], bool]) -> list[T]:
    """A part of some items that still conflicts and does not without any one of them.

    Items are left out in ever smaller groups, at last one by one (deletion-based shrinking). An item that stays was
    tried last together with at least what stays with it; so it is needed there, because a part of what does not
    conflict does not conflict.

    Args:
        items: Items that conflict.
        is_conflict: Whether some of them do.
    """
    kept = list(items)
    size = max(1, len(kept) // 2)
    while size:
        start = 0
        while start < len(kept):
            rest = kept[:start] + kept[start + size :]
            if is_conflict(rest):
                kept = rest
            else:
                start += size
        size //= 2
    return kept


def _check_values(system: ConstraintSystem, values: Assignment) -> None:
    for name, value in values.items():
        variable = system.variables.get(name)
        if variable is None or not is_value_of(variable, value):
            raise ConfigurationError(f"{name!r:.80} cannot be {value!r:.80} in this system")
