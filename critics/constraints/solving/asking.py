"""Asks CP-SAT, the constraint solver of OR-tools, about a system. The one place that imports it.

Its answers explain and propose. An assignment that it finds is evaluated exactly before anybody sees it, and
where it does not know, that is an answer too.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final, TypeAlias

from modulo.critics.constraints.solving.evaluating import Assignment, Value, holds, is_value_of
from modulo.critics.constraints.solving.system import ConstraintSystem
from modulo.critics.constraints.solving.translation import TooLarge, Translation
from modulo.errors import MissingDependencyError, ModuloError

__all__ = [
    "Answer",
    "Found",
    "Impossible",
    "Patience",
    "SolverFailed",
    "Unknown",
    "ask",
    "load_solver",
    "solver_version",
]

MAX_MEMORY_MB: Final = 2048
"""Most memory that the solver is told to use, in units of 1024² bytes."""


class SolverFailed(ModuloError, RuntimeError):
    """The solver answered something that exact evaluation refutes. It is a fault of the translation or the solver."""


class Patience:
    """Wall-clock time for a number of questions taken together.

    Args:
        seconds: How long.

    Raises:
        MissingDependencyError: The solver is not installed.
    """

    def __init__(self, seconds: float) -> None:
        load_solver()  # which takes a second the first time, and is not to count
        self._ends = time.monotonic() + seconds

    @property
    def seconds_left(self) -> float:
        """What is left of it; never below 0."""
        return max(0.0, self._ends - time.monotonic())


@dataclass(frozen=True, slots=True)
class Found:
    """An assignment of every variable for which everything that was asked for holds, by exact evaluation."""

    values: dict[str, Value]


@dataclass(frozen=True, slots=True)
class Impossible:
    """There is none, as far as the solver is right."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """It could not tell, for this reason."""

    reason: str


Answer: TypeAlias = Found | Impossible | Unknown


def load_solver() -> Any:
    """CP-SAT.

    Raises:
        MissingDependencyError: It is not installed.
    """
    try:
        return import_module("ortools.sat.python.cp_model")
    except ImportError as error:
        raise MissingDependencyError(
            "explaining and solving declared constraints needs OR-tools; pip install 'llm-modulo[solvers]'"
        ) from error


def solver_version() -> str | None:
    """Name and version of the solver, for certificates; None if it is not installed."""
    try:
        return f"ortools {version('ortools')}"
    except PackageNotFoundError:
        return None


def ask(
    system: ConstraintSystem,
    patience: Patience,
    *,
    requirements: Collection[str] | None = None,
    fixed: Assignment | None = None,
    near: Assignment | None = None,
) -> Answer:
    """Look for an assignment.

    Args:
        system: The system.
        patience: How long to look.
        requirements: Names of the constraints that must hold; None takes all.
        fixed: Values that some variables must have; each one that its variable can be.
        near: Values to keep as many of as possible; each one that its variable can be. The answer then is a nearest
            assignment, or Unknown.

    Raises:
        MissingDependencyError: The solver is not installed.
        SolverFailed: It found something that is none.
    """
    wanted = list(system.requirements) if requirements is None else list(requirements)
    fixed = fixed or {}
    cp = load_solver()
    try:
        translation = Translation(cp, system)
        for name in wanted:
            translation.require(system.requirements[name].condition)
        translation.fix(fixed)
        if near:
            translation.stay_near(near)
    except TooLarge as error:
        return Unknown(str(error))
    answer = _solved(cp, translation, patience.seconds_left)
    if isinstance(answer, Found):
        _check(system, wanted, fixed, answer.values)
    return answer


def _solved(cp: Any, translation: Translation, max_seconds: float) -> Answer:
    """Run the solver, on one thread and from a fixed seed, so that it does the same every time."""
    if max_seconds <= 0:
        return Unknown("no time was left")
    solver = cp.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 0
    solver.parameters.max_time_in_seconds = max_seconds
    solver.parameters.max_memory_in_mb = MAX_MEMORY_MB
    status = solver.solve(translation.model)
    if status == cp.OPTIMAL:
        return Found(translation.values(solver))
    if status == cp.INFEASIBLE:
        return Impossible()
    return Unknown(f"the solver ended with {solver.status_name(status)}")


def _check(system: ConstraintSystem, names: Collection[str], fixed: Assignment, values: Assignment) -> None:
    wrong = [n for n, variable in system.variables.items() if not is_value_of(variable, values[n])]
    wrong += [n for n, value in fixed.items() if values[n] != value]
    wrong += [n for n in names if not holds(system.requirements[n].condition, values)]
    if wrong:
        raise SolverFailed(f"the solver's assignment is none, by exact evaluation: {', '.join(wrong):.200}")
