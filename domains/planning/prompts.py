"""Prompts: the problem as it stands in PDDL, or in English, and how to answer."""

from __future__ import annotations

from typing import Final

from modulo.critics.plan import PddlProblem

__all__ = ["ANSWER_FORM", "pddl_prompt", "with_answer_form"]

ANSWER_FORM: Final = (
    "Answer with the plan only: one action a line, in the order in which they are done, each written as "
    "(action argument argument). If there is no plan, answer only: No plan exists."
)


def pddl_prompt(problem: PddlProblem, *, example: tuple[PddlProblem, str] | None = None) -> str:
    """Domain and problem in PDDL, as in PlanBench's prompts.

    Args:
        problem: The problem.
        example: Another problem of the same domain with its plan, to be shown first.
    """
    shown = "" if example is None else _example(*example)
    return (
        "Below are a planning domain and a problem in PDDL. Find a plan that leads from the initial state to the "
        f"goal.\n{ANSWER_FORM}\n\n[DOMAIN]\n{problem.domain_pddl.strip()}\n\n{shown}"
        f"[PROBLEM]\n{problem.problem_pddl.strip()}\n\n[PLAN]\n"
    )


def with_answer_form(description: str, action: str) -> str:
    """A problem in English, and how to answer.

    Args:
        description: The problem.
        action: An action of the domain, as an example of the form.
    """
    return f"{description}\n\n{ANSWER_FORM} For example: {action}"


def _example(problem: PddlProblem, plan: str) -> str:
    return f"[EXAMPLE PROBLEM]\n{problem.problem_pddl.strip()}\n\n[PLAN]\n{plan.strip()}\n[PLAN END]\n\n"
