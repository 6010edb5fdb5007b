"""The judgement of ``PlanValidator``, by code of other people."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Final

import anyio.to_thread

from modulo.canonical import JsonValue
from modulo.critics.plan.problem import PddlProblem
from modulo.critics.plan.unified_planning.library import (
    Unreadable,
    library_version,
    pddl_reader,
    read_problem,
)
from modulo.critics.plan.unified_planning.plan_lines import Step, read_steps
from modulo.critique import Critique, Violation, malformed_critique
from modulo.errors import ConfigurationError
from modulo.numeric import is_number
from modulo.protocols import Critic

__all__ = ["UnifiedPlanningValidator"]

_NOT_JUDGED: Final = re.compile(
    r"\([ \t\r\n]*+(?:forall|exists|:durative-action|:derived|:constraints|preference|at[ \t\r\n]++[0-9.])"
)
_HAS_TIMES: Final = re.compile(r"[0-9][ \t]*:[ \t]*\(|\)[ \t]*\[")
_MOST_STEPS: Final = 10_000
_MOST_SHOWN: Final = 500


class UnifiedPlanningValidator(Critic[PddlProblem, str]):
    """Judges whether a text is a valid plan of a PDDL problem, with unified-planning (extra ``second-opinion``).

    It is some hundred times slower than ``PlanValidator``, has no hints, and is there to contradict it: see
    ``modulo.critics.n_version``.

    **Sound for:** the text is a plan in the strict format, every step can be carried out where it stands and the goal
    holds at the end, as far as unified-planning's parser and ``SequentialPlanValidator`` are right.

    **Does not check:** problems with quantifiers (the library drops those whose variable does not occur in the
    body), durations, timed literals, derived predicates or constraints, to which it does not apply; problems that the
    library cannot read or says that it cannot judge, and plans with times, which stay UNDECIDED. That a plan is short
    or cheap.

    Args:
        max_seconds: Deadline of one call, which runs in a worker process.

    Raises:
        ConfigurationError: The deadline makes no sense.
    """

    proves = "valid plan of this PDDL problem"
    version = "1"
    cost = 100.0

    def __init__(self, *, max_seconds: float = 60.0) -> None:
        if not is_number(max_seconds) or max_seconds <= 0:
            raise ConfigurationError(
                f"UnifiedPlanningValidator: max_seconds must be above 0, not {max_seconds!r}"
            )
        self.max_seconds = max_seconds

    def applies_to(self, problem: PddlProblem) -> bool:
        """Whether the problem's texts keep to what the library judges as PDDL means it."""
        return not any(_NOT_JUDGED.search(text.lower()) for text in (problem.domain_pddl, problem.problem_pddl))

    def options(self) -> Mapping[str, JsonValue]:
        """The version of the library.

        Raises:
            MissingDependencyError: It is not installed.
        """
        return {"unified_planning": library_version()}

    async def prepare(self) -> None:
        """Load the library.

        Raises:
            MissingDependencyError: It is not installed.
        """
        await anyio.to_thread.run_sync(pddl_reader)

    def critique(self, problem: PddlProblem, candidate: str) -> Critique:
        """Have the plan carried out."""
        if not isinstance(candidate, str):
            return Critique.reject(Violation("malformed_plan", "The answer is not a text."))
        try:
            steps = read_steps(candidate)
        except ValueError as error:
            if _HAS_TIMES.search(candidate):
                return Critique.undecided("plans with times are not judged here")
            return malformed_critique(error, critic="")
        if len(steps) > _MOST_STEPS:
            return Critique.undecided(f"plans of more than {_MOST_STEPS:,} steps are not judged here")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return _judged(read_problem(problem.domain_pddl, problem.problem_pddl), steps)
        except Unreadable as error:
            return Critique.undecided(f"unified-planning cannot read the problem: {error}"[:_MOST_SHOWN])


def _judged(problem: Any, steps: Sequence[Step]) -> Critique:
    from unified_planning.engines import SequentialPlanValidator, ValidationResultStatus
    from unified_planning.plans import SequentialPlan

    if not SequentialPlanValidator.supports(problem.kind):
        return Critique.undecided("unified-planning says that it cannot judge plans of such problems")
    instances = []
    for number, step in enumerate(steps, 1):
        made = _instance(problem, step)
        if isinstance(made, str):
            return Critique.reject(Violation("impossible_step", made, location=f"step {number}"))
        instances.append(made)
    result = SequentialPlanValidator().validate(problem, SequentialPlan(instances))
    if result.status is ValidationResultStatus.VALID:
        return Critique.accept()
    if result.status is not ValidationResultStatus.INVALID:
        return Critique.undecided(f"unified-planning says {result.status}")
    return _rejection(result)


def _instance(problem: Any, step: Step) -> Any:
    """The step as the library has it, or why there is no such step.

    The library sees to this by ``assert`` alone, which is not there in an optimized Python.
    """
    from unified_planning.plans import ActionInstance

    if not problem.has_action(step.action):
        return f"There is no action {step.action!a}."
    action = problem.action(step.action)
    if len(action.parameters) != len(step.arguments):
        return f"The action {step.action!a} takes {len(action.parameters)} objects, not {len(step.arguments)}."
    objects = []
    for parameter, name in zip(action.parameters, step.arguments, strict=True):
        if not problem.has_object(name):
            return f"There is no object {name!a}."
        found = problem.object(name)
        if not parameter.type.is_compatible(found.type):
            return f"{name!a} is a {found.type}; {step.action!a} takes a {parameter.type} there."
        objects.append(problem.environment.expression_manager.ObjectExp(found))
    return ActionInstance(action, tuple(objects))


def _rejection(result: Any) -> Critique:
    from unified_planning.engines.results import FailedValidationReason

    said = " ".join(message.message for message in result.log_messages or ())[:_MOST_SHOWN]
    if result.reason is FailedValidationReason.UNSATISFIED_GOALS:
        return Critique.reject(Violation("goal_not_reached", f"The goal does not hold at the end: {said}"))
    if "creates a UsageError" in said or "creates an Invalid Action" in said:
        # Of our own making or beyond what the library can do; the step may be possible all the same.
        return Critique.undecided(f"unified-planning cannot carry the plan out: {said}")
    return Critique.reject(
        Violation("impossible_step", f"A step is impossible: {said}", location=f"step {len(result.trace)}")
    )
