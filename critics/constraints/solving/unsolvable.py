"""The critic that proves that a system of constraints has no solution."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any, Final, TypeVar

import anyio.to_thread

from modulo.canonical import JsonValue
from modulo.critics.constraints.solving.asking import (
    Found,
    SolverFailed,
    Unknown,
    load_solver,
    solver_version,
)
from modulo.critics.constraints.solving.critic import checked_seconds, system_name, system_of, values_text
from modulo.critics.constraints.solving.evaluating import Value, holds
from modulo.critics.constraints.solving.explaining import Conflict, minimal_conflict
from modulo.critics.constraints.solving.expressions import BooleanVariable, ChoiceVariable, Variable
from modulo.critics.constraints.solving.system import ConstraintSystem
from modulo.critics.constraints.solving.wording import listed
from modulo.critique import Critique, Violation
from modulo.problem import NO_SOLUTION
from modulo.protocols import Critic

__all__ = ["NoSolutionExists"]

P = TypeVar("P")

_MOST_TRIED: Final = 50_000
"""Up to so many assignments of a conflict's variables are all tried, in Python."""


class NoSolutionExists(Critic[P, object]):
    """Judges the claim that a system of constraints has no solution.

    A certificate names a minimal set of constraints that cannot hold together. Minimal means that without any one of
    them there is an assignment, found and evaluated exactly.

    **Sound for:** no assignment satisfies the constraints that it names. Where their variables have at most 50,000
    assignments, all were tried and evaluated exactly; beyond that, it is so as far as CP-SAT of OR-tools is right.
    The claim says which.

    **Does not check:** that the system says what was meant. What the solver does not finish in time is UNDECIDED.

    Args:
        build: Makes the system of a problem. At the top level of a module, it can go to worker processes.
        version: Changes whenever verdicts may change, so whenever ``build`` does.
        max_solver_seconds: Most wall-clock time for the solver.
        cost: Relative cost; cheaper critics run first.
        max_seconds: Deadline of one call; with one it runs in a worker process.

    Raises:
        ConfigurationError: A setting makes no sense.
    """

    proves = "no assignment satisfies the declared constraints"
    judges = "unsolvability"

    def __init__(
        self,
        build: Callable[[P], ConstraintSystem],
        *,
        version: str = "1",
        max_solver_seconds: float = 30.0,
        cost: float = 1.0,
        max_seconds: float | None = None,
    ) -> None:
        self._build = build
        self._system_name = system_name("NoSolutionExists", build)
        self._max_solver_seconds = checked_seconds("NoSolutionExists", max_solver_seconds)
        self.version, self.cost, self.max_seconds = version, cost, max_seconds
        self.runs_in = "thread" if max_seconds is None else "auto"

    def options(self) -> Mapping[str, JsonValue]:
        """The function that makes the system, and the solver."""
        return {"system": self._system_name, "solver": solver_version()}

    async def prepare(self) -> None:
        """Load the solver.

        Raises:
            MissingDependencyError: It is not installed.
        """
        await anyio.to_thread.run_sync(load_solver)

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Load the solver where a worker process gets this, because that is not counted as judging."""
        vars(self).update(state)
        load_solver()

    def critique(self, problem: P, candidate: object) -> Critique:
        """Look for a solution, and if there is none for a minimal conflict."""
        if candidate is not NO_SOLUTION:
            return Critique.reject(Violation("no_claim", "The answer does not say that no solution exists."))
        system = system_of(self._build, problem)
        match minimal_conflict(system, max_seconds=self._max_solver_seconds):
            case Conflict() as conflict:
                return Critique.accept(proves=_claim(system, conflict))
            case Found(values=values):
                return Critique.reject(
                    Violation("solution_exists", "There is a solution.", hint=values_text(values))
                )
            case Unknown(reason=reason):
                return Critique.undecided(f"whether there is a solution is not known: {reason}")


def _claim(system: ConstraintSystem, conflict: Conflict) -> str:
    names = listed(conflict.requirements, most=len(conflict.requirements))
    tried = _tried_all(system, conflict.requirements)
    shown = "by CP-SAT" if tried is None else f"all {tried} were tried"
    if len(conflict.requirements) == 1:
        return f"there is no assignment for which {names} holds ({shown})"
    minimal = "without any one of them there is one"
    return f"there is no assignment for which {names} hold together ({shown}), and {minimal}"


def _tried_all(system: ConstraintSystem, names: Sequence[str]) -> int | None:
    """How many assignments there are of the variables of some constraints, all of them tried; None if too many.

    Raises:
        SolverFailed: One satisfies all, after all.
    """
    conditions = [system.requirements[name].condition for name in names]
    used = {variable.name: variable for condition in conditions for variable in condition.variables()}
    size = math.prod(_size(variable) for variable in used.values())
    if size > _MOST_TRIED:
        return None
    for values in product(*(_values(variable) for variable in used.values())):
        assignment = dict(zip(used, values, strict=True))
        if all(holds(condition, assignment) for condition in conditions):
            raise SolverFailed(f"the solver found no solution, but there is one: {values_text(assignment)}")
    return size


def _size(variable: Variable) -> int:
    if isinstance(variable, BooleanVariable):
        return 2
    return len(variable.values) if isinstance(variable, ChoiceVariable) else variable.high - variable.low + 1


def _values(variable: Variable) -> Iterator[Value]:
    if isinstance(variable, BooleanVariable):
        return iter((False, True))
    if isinstance(variable, ChoiceVariable):
        return iter(variable.values)
    return iter(range(variable.low, variable.high + 1))
