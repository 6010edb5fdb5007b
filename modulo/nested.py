"""A whole loop as a reformulator of another: what a text says is worked out by generating and criticising too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Unpack

from modulo.api import SolveOptions, run_options, solve
from modulo.budget import Budget
from modulo.errors import ConfigurationError, Malformed
from modulo.graph import Graph
from modulo.outcome import Certified, Unsolvable
from modulo.problem import NO_SOLUTION
from modulo.running.preparing import prepare

__all__ = ["NestedLoop"]


class NestedLoop:
    """A reformulator that is a Modulo loop itself.

    Its calls, tokens and cost are charged to the run that it is part of, whose limits hold for it too; its
    rounds and attempts are its own. An inner loop that certifies nothing makes the text malformed.

    Args:
        graph: The inner graph.
        problem: Makes the inner problem of the outer generator's text and the outer problem's value.
        **options: As for ``modulo.solve`` with a graph.

    Raises:
        ConfigurationError: An option makes no sense.
    """

    def __init__(
        self, graph: Graph, *, problem: Callable[[str, Any], Any], **options: Unpack[SolveOptions]
    ) -> None:
        if not isinstance(graph, Graph):
            raise ConfigurationError(f"NestedLoop runs a Graph, not a {type(graph).__name__}")
        if not callable(problem):
            raise ConfigurationError(
                "NestedLoop: problem is a function of the outer text and the outer problem"
            )
        run_options(options)
        self._graph = graph
        self._problem = problem
        self._options = options

    @property
    def returns(self) -> Any:
        """The type of the inner answers."""
        return self._graph.check().answer.codec.annotation

    async def prepare(self, limits: Callable[[str], bool]) -> None:
        """Let the inner generators and critics get ready before the outer loop's first call.

        Args:
            limits: Tells whether the outer run limits a field of ``Budget``.

        Raises:
            ModuloError: Something that they need is missing.
        """
        program = self._graph.check()
        budget = self._options.get("budget") or Budget()
        critics = [node.critic for node in program.critics]
        soft_critics = [node.critic for node in program.soft_critics]

        def limits_here(name: str) -> bool:
            return getattr(budget, name) is not None or limits(name)

        await prepare(program, critics, soft_critics, limits_here)

    async def __call__(self, text: str, problem: Any) -> Any:
        """The inner loop's certified solution.

        Raises:
            Malformed: There is none.
        """
        outcome = await solve(self._graph, self._problem(text, problem), **self._options)
        if isinstance(outcome, Certified):
            return outcome.solution
        if isinstance(outcome, Unsolvable):
            return NO_SOLUTION
        raise Malformed(f"The answer could not be worked out ({outcome.stop_reason}).", code="nested_exhausted")
