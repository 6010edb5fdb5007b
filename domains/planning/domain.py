"""What the planning domains have in common: their problems, graph, prompts and files."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, TypeAlias

import modulo
from modulo.canonical import JsonValue
from modulo.critics.plan import NoPlanExists, PddlProblem, PlanValidator
from modulo.critics.plan.fast_downward import fast_downward_is_installed
from modulo.domain import Domain
from modulo.domains.planning.backprompter import PlanBackprompter
from modulo.domains.planning.chat import parse_plan
from modulo.domains.planning.planbench import find_domain_file, read_pddl_files
from modulo.domains.planning.prompts import pddl_prompt
from modulo.domains.planning.steps import PlanSteps
from modulo.domains.planning.tools import applicable_actions, apply_actions
from modulo.errors import ConfigurationError, Malformed, ProblemError
from modulo.tool import Tool

__all__ = ["PlanningDomain", "PromptKind", "planning_graph"]

PromptKind: TypeAlias = Literal["pddl", "natural"]
"""The problem as it stands in PDDL, or in English."""


def planning_graph(
    name: str,
    generator: modulo.Generator | Callable[..., Any],
    *,
    prompt: Callable[[PddlProblem], str] = pddl_prompt,
    reformulator: Callable[..., Any] = parse_plan,
) -> modulo.Graph:
    """Generator, reformulator and ``PlanValidator``; and ``NoPlanExists`` where Fast Downward is installed.

    Without Fast Downward, the claim that no plan exists can be made but never certified.

    Args:
        name: The graph's name.
        generator: Writes plans.
        prompt: Makes the prompt of a problem.
        reformulator: Reads plans out of the generator's text: ``parse_plan`` or an ``LLMReformulator``.
    """
    graph = modulo.Graph(name, problem_type=PddlProblem)
    planner = graph.generator("planner", generator, prompt=prompt, steps=PlanSteps(prompt))
    plan = graph.reformulator("plan", reformulator, reads=planner)
    graph.critic("valid", PlanValidator(), reads=plan, backprompts=planner)
    if fast_downward_is_installed():
        graph.critic("no_plan", NoPlanExists(), reads=plan, backprompts=planner)
    return graph


class PlanningDomain(Domain[PddlProblem]):
    """Problems are JSON (``domain_pddl``, ``problem_pddl``) or PDDL files; answers are plans, as text.

    Attributes:
        default_prompt: The prompt where none is asked for.
    """

    problem_type = PddlProblem
    local_temperature = 0.5
    default_prompt: PromptKind = "natural"

    @abstractmethod
    def natural_prompt(self, problem: PddlProblem) -> str:
        """The problem in English, and how to answer.

        Raises:
            ProblemError: It cannot be put into words.
        """

    def graph(
        self,
        generator: modulo.Generator,
        *,
        prompt: PromptKind | None = None,
        reformulator: Callable[..., Any] = parse_plan,
    ) -> modulo.Graph:
        """The domain's graph around a generator.

        Args:
            generator: Writes plans.
            prompt: ``pddl`` shows domain and problem as they are, ``natural`` tells them in English; None takes what
                suits the domain.
            reformulator: ``parse_plan`` or an ``LLMReformulator``.

        Raises:
            ConfigurationError: There is no such prompt.
        """
        prompts = {"pddl": pddl_prompt, "natural": self.natural_prompt}
        chosen = self.default_prompt if prompt is None else prompt
        if chosen not in prompts:
            raise ConfigurationError(f"prompt must be 'pddl' or 'natural', not {prompt!r}")
        return planning_graph(self.name, generator, prompt=prompts[chosen], reformulator=reformulator)

    def backprompter(self) -> modulo.Backprompter:
        """What is wrong with the plan, with hints."""
        return PlanBackprompter(granularity="constructive")

    def tools(self) -> tuple[Tool, ...]:
        """A simulator: what can be done after some actions, and where they lead."""
        return applicable_actions(), apply_actions()

    def read_problem_file(self, path: Path) -> PddlProblem:
        """A PDDL problem if the file is called ``*.pddl``, else JSON.

        The domain of a PDDL problem is the nearest ``domain.pddl`` or ``generated_domain.pddl``, beside the file
        or above it.
        """
        if path.suffix != ".pddl":
            return super().read_problem_file(path)
        return read_pddl_files(find_domain_file(path), path)

    def read_candidate(self, document: JsonValue, problem: PddlProblem) -> str:
        """A plan as it is."""
        if not isinstance(document, str):
            raise Malformed("The answer is not a text.", hint="give the plan as one text.")
        return document

    def read_problem(self, document: JsonValue) -> PddlProblem:
        """The two texts.

        Raises:
            ProblemError: They are not there, or are no PDDL.
        """
        match document:
            case {"domain_pddl": str(domain), "problem_pddl": str(problem), **others} if not others:
                return PddlProblem(domain, problem)
        raise ProblemError('a planning problem is {"domain_pddl": TEXT, "problem_pddl": TEXT}')
