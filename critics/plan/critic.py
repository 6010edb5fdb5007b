"""The sound critic of plans."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Literal

from modulo.canonical import JsonValue
from modulo.critics.plan.problem import PddlProblem
from modulo.critics.plan.tracing import TracedMoment, trace
from modulo.critics.plan.validation import DEFAULT_LIMITS, Limits, malformed_plan, validate
from modulo.critique import Critique
from modulo.errors import ConfigurationError
from modulo.protocols import Critic

__all__ = ["PlanValidator"]


class PlanValidator(Critic[PddlProblem, str]):
    """Judges whether a text is a valid plan of a PDDL problem.

    **Sound for:** the text is a plan in the strict format, every step can be carried out where it stands, and the
    goal holds at the end, by the semantics of PDDL 2.1 (Fox and Long, 2003) and PDDL 2.2 (Edelkamp and Hoffmann,
    2004), as ``docs/design/0009-plan-validation.md`` spells them out.

    **Does not check:** that the plan is short, cheap or fast.

    Args:
        reports: ``"first"`` ends at the first step that fails; ``"all"`` goes on as if it had worked, and says so.
        hints: Whether violations carry hints: what would achieve what is missing, and a repair if a short one is
            found. They reveal part of a solution, and take time.
        epsilon: How far apart happenings that touch the same facts must be, such as ``"0.001"``.
        max_evaluations: How much work judging one plan may take; beyond that it is UNDECIDED.

    Raises:
        ConfigurationError: A setting makes no sense.
    """

    proves = "valid plan of this PDDL problem"
    version = "1"

    def __init__(
        self,
        *,
        reports: Literal["first", "all"] = "first",
        hints: bool = False,
        epsilon: int | str | Fraction = DEFAULT_LIMITS.epsilon,
        max_evaluations: int = DEFAULT_LIMITS.max_evaluations,
    ) -> None:
        if reports not in ("first", "all"):
            raise ConfigurationError(f"reports must be 'first' or 'all', not {reports!r}")
        self._reports: Literal["first", "all"] = reports
        self._hints = hints
        self._limits = Limits.of("PlanValidator", epsilon, max_evaluations)

    def options(self) -> Mapping[str, JsonValue]:
        """The epsilon and the bound on work."""
        return self._limits.options()

    def critique(self, problem: PddlProblem, candidate: str) -> Critique:
        """Carry the plan out."""
        if not isinstance(candidate, str):
            return Critique.reject(malformed_plan(candidate))
        found = validate(
            problem.task(), candidate, limits=self._limits, reports=self._reports, hints=self._hints
        )
        if found.undecided is not None:
            return Critique.undecided(found.undecided)
        return Critique.reject(*found.violations) if found.violations else Critique.accept()

    def trace(self, problem: PddlProblem, candidate: str) -> Iterator[TracedMoment]:
        """The changes of state that a plan makes, up to the first step that fails.

        Raises:
            Malformed: The text is no plan.
            TooMuchWork: Carrying it out takes more than is allowed.
        """
        return trace(problem.task(), candidate, limits=self._limits)
