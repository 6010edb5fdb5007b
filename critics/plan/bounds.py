"""Critics that hold plans to a form, a length or a cost."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from modulo.canonical import JsonValue
from modulo.critics.plan.measuring import plan_cost
from modulo.critics.plan.pddl.printing import number_text
from modulo.critics.plan.pddl.syntax import Exact
from modulo.critics.plan.plan_text import read_plan
from modulo.critics.plan.problem import PddlProblem
from modulo.critics.plan.settings import exact_setting
from modulo.critics.plan.undetermined import Meaningless, TooMuchWork
from modulo.critics.plan.validation import DEFAULT_LIMITS, Limits, malformed_plan, validate
from modulo.critique import Critique, Violation
from modulo.errors import ConfigurationError
from modulo.protocols import Critic

__all__ = ["PlanCostBound", "PlanLengthBound", "WellFormedPlan"]


class WellFormedPlan(Critic[PddlProblem, str]):
    """Judges whether a text is a plan at all: the format critic of plans.

    **Sound for:** the text is nothing but actions in parentheses, comments, times and durations.

    **Does not check:** whether there are such actions, let alone whether they can be carried out.
    """

    proves = "text in the strict plan format"
    version = "1"
    cost = 0.1
    is_format = True

    def critique(self, problem: PddlProblem, candidate: str) -> Critique:
        """Read the text."""
        if not isinstance(candidate, str):
            return Critique.reject(malformed_plan(candidate))
        try:
            read_plan(candidate)
        except ValueError as error:
            return Critique.reject(malformed_plan(error))
        except TooMuchWork as error:
            return Critique.undecided(str(error))
        return Critique.accept()


class PlanLengthBound(Critic[PddlProblem, str]):
    """Judges whether a plan has few enough steps.

    **Sound for:** the text is a plan in the strict format and has at most so many steps.

    **Does not check:** that the plan is valid; ``PlanValidator`` does.

    Args:
        max_steps: Most steps.

    Raises:
        ConfigurationError: It is no whole number, or negative.
    """

    version = "1"
    cost = 0.5

    def __init__(self, max_steps: int) -> None:
        if type(max_steps) is not int or max_steps < 0:
            raise ConfigurationError(
                f"PlanLengthBound: max_steps is a whole number from 0 on, not {max_steps!r}"
            )
        self._max_steps = max_steps
        self.proves = f"plan of at most {max_steps} steps"

    def options(self) -> Mapping[str, JsonValue]:
        """The bound."""
        return {"max_steps": self._max_steps}

    def critique(self, problem: PddlProblem, candidate: str) -> Critique:
        """Count the steps."""
        if not isinstance(candidate, str):
            return Critique.reject(malformed_plan(candidate))
        try:
            count = len(read_plan(candidate))
        except ValueError as error:
            return Critique.reject(malformed_plan(error))
        except TooMuchWork as error:
            return Critique.undecided(str(error))
        if count <= self._max_steps:
            return Critique.accept()
        message = f"The plan has {count} steps, but at most {self._max_steps} are allowed."
        return Critique.reject(
            Violation("too_long", message, expected=f"at most {self._max_steps}", actual=str(count))
        )


class PlanCostBound(Critic[PddlProblem, str]):
    """Judges whether a plan is valid and good enough by the problem's metric.

    A metric that is minimized may be at most the bound, one that is maximized must be at least the bound. Without a
    metric, the cost is the number of steps.

    **Sound for:** the text is a valid plan, as ``PlanValidator`` has it, and its exact cost keeps the bound.

    **Does not check:** that no better plan exists; ``OptimalPlan`` does.

    Args:
        bound: A whole number, a fraction, or a decimal as text.
        epsilon: As for ``PlanValidator``.
        max_evaluations: As for ``PlanValidator``.

    Raises:
        ConfigurationError: A setting makes no sense.
    """

    version = "1"
    cost = 2.0

    def __init__(
        self,
        bound: int | str | Fraction,
        *,
        epsilon: int | str | Fraction = DEFAULT_LIMITS.epsilon,
        max_evaluations: int = DEFAULT_LIMITS.max_evaluations,
    ) -> None:
        self._bound = exact_setting("PlanCostBound", "bound", bound)
        self._limits = Limits.of("PlanCostBound", epsilon, max_evaluations)
        self.proves = f"valid plan whose cost keeps the bound of {number_text(self._bound)}"

    def options(self) -> Mapping[str, JsonValue]:
        """The bound and the limits."""
        return {"bound": number_text(self._bound), **self._limits.options()}

    def critique(self, problem: PddlProblem, candidate: str) -> Critique:
        """Carry the plan out and compare what it costs."""
        if not isinstance(candidate, str):
            return Critique.reject(malformed_plan(candidate))
        task = problem.task()
        found = validate(task, candidate, limits=self._limits)
        if found.undecided is not None:
            return Critique.undecided(found.undecided)
        if found.violations:
            message = "The plan is not valid, so that it has no cost."
            return Critique.reject(Violation("no_cost", message, location=found.violations[0].location))
        try:
            cost = plan_cost(task, found)
        except Meaningless as error:
            return Critique.reject(Violation(error.code, f"The plan has no cost: {error.message}."))
        except TooMuchWork as error:
            return Critique.undecided(str(error))
        return self._compared(cost, is_minimized=self._is_minimized(problem))

    def _is_minimized(self, problem: PddlProblem) -> bool:
        metric = problem.task().problem.metric
        return metric is None or metric.direction == "minimize"

    def _compared(self, cost: Exact, *, is_minimized: bool) -> Critique:
        if cost <= self._bound if is_minimized else cost >= self._bound:
            return Critique.accept()
        wanted = f"at {'most' if is_minimized else 'least'} {number_text(self._bound)}"
        message = f"The plan's cost is {number_text(cost)}, but it must be {wanted}."
        return Critique.reject(
            Violation("cost_out_of_bound", message, expected=wanted, actual=number_text(cost))
        )
