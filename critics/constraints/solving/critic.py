"""The critic of assignments to declared variables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any, Final, TypeVar

import anyio.to_thread
from msgspec.structs import replace

from modulo.canonical import JsonValue
from modulo.critics.constraints.solving.asking import load_solver
from modulo.critics.constraints.solving.evaluating import Assignment, Value, is_value_of
from modulo.critics.constraints.solving.explaining import Explanation, explain, violated_by
from modulo.critics.constraints.solving.expressions import BooleanVariable, IntegerVariable, Variable
from modulo.critics.constraints.solving.system import ConstraintSystem, Requirement
from modulo.critics.constraints.solving.wording import condition_text, listed
from modulo.critique import Critique, Violation
from modulo.errors import ConfigurationError
from modulo.numeric import is_number
from modulo.protocols import Critic

__all__ = ["SolvesSystem", "checked_seconds", "system_of", "values_text"]

P = TypeVar("P")

_LONGEST: Final = 300
"""Longest condition or list of values in a message, in characters."""
_MOST_CHANGES: Final = 20
"""A repair that changes more is no hint."""
_MOST_UNKNOWN: Final = 20
"""So many names that are none of the system's are reported."""


class SolvesSystem(Critic[P, Mapping[str, Value]]):
    """Judges whether an assignment, an object of values by name, satisfies a system of constraints.

    **Sound for:** the candidate gives every variable of the system, and nothing else, a value that it can be, and
    every constraint holds, evaluated exactly in Python. No verdict depends on a solver.

    **Does not check:** that the system says what was meant.

    With ``explains``, a rejection also names what cannot be had together and hints at a nearest repair, both from a
    solver (extra ``solvers``). What it cannot tell in time is left out.

    Args:
        build: Makes the system of a problem. At the top level of a module, it can go to worker processes.
        proves: What ACCEPT proves; if not given, it names the constraints.
        version: Changes whenever verdicts may change, so whenever ``build`` does.
        explains: Whether to ask the solver about what is rejected.
        max_solver_seconds: Most wall-clock time for that.
        cost: Relative cost; cheaper critics run first.
        max_seconds: Deadline of one call; with one it runs in a worker process.

    Raises:
        ConfigurationError: A setting makes no sense.
    """

    proves = "every variable has an allowed value, and every declared constraint holds"

    def __init__(
        self,
        build: Callable[[P], ConstraintSystem],
        *,
        proves: str | None = None,
        version: str = "1",
        explains: bool = True,
        max_solver_seconds: float = 2.0,
        cost: float = 1.0,
        max_seconds: float | None = None,
    ) -> None:
        self._build = build
        self._system_name = system_name("SolvesSystem", build)
        self._names_constraints = proves is None
        if proves is not None:
            self.proves = proves
        self.version, self.cost, self.max_seconds = version, cost, max_seconds
        self._explains = explains
        self._max_solver_seconds = checked_seconds("SolvesSystem", max_solver_seconds)
        self.runs_in = "thread" if explains and max_seconds is None else "auto"

    def options(self) -> Mapping[str, JsonValue]:
        """The function that makes the system."""
        return {"system": self._system_name}

    async def prepare(self) -> None:
        """Load the solver, if rejections are to be explained.

        Raises:
            MissingDependencyError: It is not installed.
        """
        if self._explains:
            await anyio.to_thread.run_sync(load_solver)

    def critique(self, problem: P, candidate: Mapping[str, Value]) -> Critique:
        """Check every value, evaluate every constraint, and explain what fails."""
        system = system_of(self._build, problem)
        if not isinstance(candidate, Mapping):
            return Critique.reject(Violation("malformed", "The answer is not an object of values by name."))
        faults = list(_faulty_values(system, candidate))
        values = {n: candidate[n] for n, v in system.variables.items() if is_value_of(v, candidate.get(n))}
        violated = violated_by(system, values)
        faults += [_violation(system.requirements[name], values) for name in violated]
        if not faults:
            return Critique.accept(proves=self._claim(system))
        if self._explains:
            faults = _explained(faults, values, explain(system, values, max_seconds=self._max_solver_seconds))
        return Critique.reject(*faults)

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Load the solver where a worker process gets this, because that is not counted as judging."""
        vars(self).update(state)
        if self._explains:
            load_solver()

    def _claim(self, system: ConstraintSystem) -> str | None:
        if not self._names_constraints or not system.requirements:
            return None
        return f"{self.proves}: {listed(system.requirements)}"


def system_of(build: Callable[[P], ConstraintSystem], problem: P) -> ConstraintSystem:
    """The system of a problem.

    Raises:
        TypeError: The function makes something else.
    """
    system = build(problem)
    if not isinstance(system, ConstraintSystem):
        raise TypeError(f"{build!r} made a {type(system).__name__}, not a ConstraintSystem; does it return it?")
    return system


def system_name(owner: str, build: Callable[..., Any]) -> str:
    """Name of the function that makes systems, for certificates.

    Raises:
        ConfigurationError: It is no function with a name.
    """
    name = getattr(build, "__qualname__", None)
    if not callable(build) or not isinstance(name, str):
        raise ConfigurationError(f"{owner} takes a function that makes a ConstraintSystem, not {build!r}")
    return f"{build.__module__}:{name}"


def checked_seconds(owner: str, seconds: float) -> float:
    """A time limit.

    Raises:
        ConfigurationError: It is none.
    """
    if not is_number(seconds) or seconds <= 0:
        raise ConfigurationError(f"{owner}: max_solver_seconds is a number above 0, not {seconds!r}")
    return float(seconds)


def values_text(values: Assignment, *, most: int = _MOST_CHANGES) -> str:
    """Some values in words."""
    shown = [f"{name} = {_value_text(value)}" for name, value in list(values.items())[:most]]
    if len(values) > most:
        shown.append(f"{len(values) - most} more")
    return ", ".join(shown)


def _faulty_values(system: ConstraintSystem, candidate: Mapping[str, object]) -> Iterator[Violation]:
    for name, variable in system.variables.items():
        if name not in candidate:
            message = f"{name} has no value."
            yield Violation("missing_variable", message, location=name, expected=_domain(variable))
        elif not is_value_of(variable, candidate[name]):
            actual = _value_text(candidate[name])
            yield Violation(
                "wrong_value",
                f"{name} is {actual}, and must be {_domain(variable)}.",
                location=name,
                expected=_domain(variable),
                actual=actual,
            )
    unknown = (name for name in candidate if name not in system.variables)
    for name in islice(unknown, _MOST_UNKNOWN):
        yield Violation("unknown_variable", f"There is no variable {name!s:.80}.", location=f"{name!s:.80}")


def _violation(requirement: Requirement, values: Assignment) -> Violation:
    names = list(dict.fromkeys(variable.name for variable in requirement.condition.variables()))
    condition = _shortened(condition_text(requirement.condition))
    given = values_text({name: values[name] for name in names})
    message = f'"{requirement.name}" demands {condition}, which is false.'
    return Violation(
        requirement.name,
        message if requirement.message is None else requirement.message,
        location=_shortened(", ".join(names)),
        expected=condition,
        actual=_shortened(given),
        hint=requirement.hint,
    )


def _explained(faults: list[Violation], values: Assignment, found: Explanation) -> list[Violation]:
    """The faults with a nearest repair as a hint, and with what cannot be had together."""
    hint = _repair_hint(values, found.repair) if found.repair is not None else None
    if hint is not None:
        first = faults[0]
        faults[0] = replace(first, hint=hint if first.hint is None else f"{first.hint}; or {hint}")
    if found.conflict is not None:
        faults.append(_conflict_violation(found))
    return faults


def _conflict_violation(found: Explanation) -> Violation:
    assert found.conflict is not None
    names = listed(found.conflict.requirements)
    if not found.conflict.variables:
        holding = "holds" if len(found.conflict.requirements) == 1 else "hold together"
        return Violation(
            "no_solution",
            f"There is no assignment for which {names} {holding}.",
            hint="say that there is no solution",
        )
    given = {name: found.accepted[name] for name in found.conflict.variables}
    return Violation(
        "no_completion",
        f"With {values_text(given)}, whatever the other values are, {names} cannot hold.",
        location=_shortened(", ".join(found.conflict.variables)),
    )


def _repair_hint(values: Assignment, repair: Assignment) -> str | None:
    changed = {name: value for name, value in repair.items() if values.get(name, None) != value}
    if not changed or len(changed) > _MOST_CHANGES:
        return None
    steps = [
        f"change {name} from {_value_text(values[name])} to {_value_text(value)}"
        if name in values
        else f"let {name} be {_value_text(value)}"
        for name, value in changed.items()
    ]
    return " and ".join(steps)


def _domain(variable: Variable) -> str:
    match variable:
        case BooleanVariable():
            return "true or false"
        case IntegerVariable():
            return f"a whole number from {variable.low} to {variable.high}"
        case _:
            return _shortened(f"one of {', '.join(variable.values)}")


def _value_text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return _shortened(str(value)) if isinstance(value, str | int) else f"a {type(value).__name__}"


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
