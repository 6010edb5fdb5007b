"""An optional reformulator that asks a model to restate a plan in the format. It is not trusted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from modulo.budget import Budget
from modulo.critics.plan import PddlProblem
from modulo.domains.planning.chat import PLAN_FORM, parse_plan
from modulo.domains.planning.restatement import Restatement, StandsInText
from modulo.domains.planning.words import words_of
from modulo.errors import Malformed
from modulo.graph import Graph
from modulo.nested import NestedLoop
from modulo.problem import NoSolution
from modulo.protocols import Generator

__all__ = ["LLMReformulator"]


class LLMReformulator:
    """Reads a plan as ``parse_plan`` does; where that fails, asks a model to write it in the format.

    The model is a generator like any other, untrusted, and never a critic: what it writes is read by ``parse_plan``
    again and must be, action by action, what the text says (``StandsInText``). A plan with an action that does not
    stand in the text, without one that does, or in another order is malformed, and so is a claim that there is no
    plan. The calls are charged to the run.

    Args:
        generator: The model to ask.
        rounds: How many times it may try.

    Raises:
        ConfigurationError: An option makes no sense.
    """

    returns = str

    def __init__(self, generator: Generator | Callable[..., Any], *, rounds: int = 2) -> None:
        self._loop = NestedLoop(_graph(generator), problem=_restatement, budget=Budget(rounds=rounds))

    async def prepare(self, limits: Callable[[str], bool]) -> None:
        """Let the model get ready before the outer loop's first call.

        Args:
            limits: Tells whether the outer run limits a field of ``Budget``.

        Raises:
            ModuloError: Something that it needs is missing.
        """
        await self._loop.prepare(limits)

    async def __call__(self, text: str, problem: PddlProblem) -> str | NoSolution:
        """The plan in the text.

        Raises:
            Malformed: There is none, or no restatement that keeps to the text; as ``parse_plan`` says it.
        """
        try:
            return parse_plan(text, problem)
        except Malformed as malformed:
            try:
                plan: str = await self._loop(text, problem)
            except Malformed:
                # What was wrong with the text helps its author; what became of the restatement does not.
                raise malformed from None
            return plan


def _graph(generator: Generator | Callable[..., Any]) -> Graph:
    graph = Graph("restated_plan", problem_type=Restatement)
    restater = graph.generator("restater", generator, prompt=_prompt)
    plan = graph.reformulator("plan", _parse_restated, reads=restater)
    graph.critic("stands_in_text", StandsInText(), reads=plan)
    return graph


def _restatement(text: str, problem: PddlProblem) -> Restatement:
    return Restatement(text=text, problem=problem)


def _parse_restated(text: str, restatement: Restatement) -> str | NoSolution:
    return parse_plan(text, restatement.problem)


def _prompt(restatement: Restatement) -> str:
    words = words_of(restatement.problem)
    actions = ", ".join(f"{name} ({arity} arguments)" for name, arity in words.actions.items())
    return (
        "Below is a text with a plan in it. Write down the plan's actions exactly as the text has them, in its "
        "order: add nothing, leave nothing out, correct nothing.\n"
        f"The actions are {actions}. The objects are {', '.join(sorted(words.objects))}.\n"
        f"As your answer, {PLAN_FORM}\n\n[TEXT]\n{restatement.text}\n[TEXT END]"
    )
