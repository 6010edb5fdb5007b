"""Symbolic planners as generators, ``planner:fast-downward`` on the command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from modulo.canonical import JsonValue
from modulo.critics.plan import PddlProblem
from modulo.critics.plan.fast_downward import (
    FastDownwardQuestion,
    NoPlan,
    PlanFound,
    Search,
    Unknown,
    find_fast_downward,
)
from modulo.errors import ConfigurationError, GeneratorDepleted, RequestRejected
from modulo.generators.kinds import GeneratorKind
from modulo.protocols import Generation, Generator, Request

__all__ = ["PLANNERS", "FastDownward", "Planners"]

_NO_PLAN: Final = "No plan exists."
"""``parse_plan`` reads this as the claim that there is none."""
_EMPTY_PLAN: Final = "; nothing is to be done"


class FastDownward(Generator):
    """Fast Downward as a generator: it answers with its plan, or that no plan exists if it proved that.

    It is trusted no more than a model: critics judge what it says. It has one answer to a problem. Asked again, it
    is depleted; so it also is where it can say nothing, for example as it ran out of time.

    In a graph it can race a model (``reads=model | planner``), be its last resort with
    ``Refine(last_resort="planner")``, or give the reference cost with ``search="optimal"``.

    Args:
        search: ``satisficing`` for any plan, ``optimal`` for one of least cost, ``exhaustive`` mainly to find out
            that there is none.
        max_seconds: Most wall-clock time for one problem.
        max_memory_mb: Most memory of one program, in units of 1024² bytes; held on Linux.

    Raises:
        ConfigurationError: There is no such search, or a limit makes no sense.
    """

    def __init__(
        self, *, search: Search = "satisficing", max_seconds: float = 60.0, max_memory_mb: int = 2048
    ) -> None:
        self._question = FastDownwardQuestion(
            search=search, max_seconds=max_seconds, max_memory_mb=max_memory_mb
        )

    async def prepare(self, limits: Callable[[str], bool]) -> None:
        """Look for Fast Downward.

        Raises:
            MissingDependencyError: It is not installed.
        """
        find_fast_downward()

    async def generate(self, request: Request) -> Generation:
        """The plan of this problem, or that there is none.

        Raises:
            RequestRejected: The problem is no ``PddlProblem``.
            GeneratorDepleted: There is no answer, or it was given already.
        """
        problem = request.problem.value
        if not isinstance(problem, PddlProblem):
            raise RequestRejected(_not_pddl(type(problem)))
        if request.turn > 0:
            raise GeneratorDepleted("Fast Downward has only one answer to a problem, and gave it before")
        match await self._question.ask(problem):
            case PlanFound() as found:
                return self._generation(found.plan or _EMPTY_PLAN, steps=found.steps)
            case NoPlan():
                return self._generation(_NO_PLAN)
            case Unknown() as unknown:
                raise GeneratorDepleted(f"Fast Downward has no answer: {unknown.detail}")

    def describe(self) -> Mapping[str, JsonValue]:
        """The search and its limits."""
        return {"generator": "fast-downward", **self._question.options()}

    def _generation(self, text: str, **extra: JsonValue) -> Generation:
        return Generation(text=text, model=f"fast-downward {find_fast_downward().version}", extra=extra)


class Planners(GeneratorKind):
    """``planner:fast-downward``, and ``planner:fast-downward-optimal`` for plans of least cost."""

    names = ("fast-downward", "fast-downward-optimal")

    def generator(self, name: str, *, problem_type: type[Any] | None = None) -> Generator:
        """The planner of that name.

        Raises:
            ConfigurationError: There is none, or the problems are no PDDL.
        """
        if name not in self.names:
            raise ConfigurationError(f"there is no planner {name!r}; there are {', '.join(self.names)}")
        if problem_type is not None and not issubclass(problem_type, PddlProblem):
            raise ConfigurationError(_not_pddl(problem_type))
        return FastDownward(search="optimal" if name.endswith("-optimal") else "satisficing")

    def state(self, name: str) -> str:
        """The version of the wheel.

        Raises:
            MissingDependencyError: Fast Downward is not installed.
        """
        return f"up-fast-downward {find_fast_downward().version}"


PLANNERS: Final = Planners()


def _not_pddl(kind: type[Any]) -> str:
    return (
        f"Fast Downward answers problems in PDDL, not a {kind.__name__}; "
        "choose a planning domain, such as pddl or blocksworld, or another model"
    )
