"""Prompts: the problem as it stands in PDDL, or in English, and how to answer."""

from __future__ import annotations

from typing import Final

from modulo.critics.plan import PddlProblem

__all__ = ["ANSWER_FORM", "natural_prompt", "pddl_prompt"]

ANSWER_FORM: Final = (
    "Answer with the plan only: one action a line, in the order in which they are done, each written as "
    "(action argument argument)."
)
# In PDDL prompts only: small models, which do better in English, repeat it whatever the problem.
_NO_PLAN: Final = "If there is no plan, answer only: No plan exists."


def pddl_prompt(problem: PddlProblem, *, example: tuple[PddlProblem, str] | None = None) -> str:
    """Domain and problem in PDDL, as in PlanBench's prompts.

    Args:
        problem: The problem.
        example: Another problem of the same domain with its plan, to be shown first.
    """
    shown = None if example is None else (example[0].problem_pddl, example[1])
    rules = (
        "Below are a planning domain and a problem in PDDL. Find a plan that leads from the initial state to the "
        f"goal. {_NO_PLAN}\n\n[DOMAIN]\n{problem.domain_pddl.strip()}"
    )
    return natural_prompt(rules, problem.problem_pddl, example=shown)


def natural_prompt(rules: str, statement: str, *, example: tuple[str, str] | None = None) -> str:
    """Rules, perhaps another problem with its plan, and the problem.

    Args:
        rules: What there is and what can be done.
        statement: What holds at first and what must hold in the end.
        example: The statement of another problem, and its plan.
    """
    shown = "" if example is None else f"{_statement(example[0])}{example[1].strip()}\n[PLAN END]\n\n"
    return f"{rules}\n\n{ANSWER_FORM}\n\n{shown}{_statement(statement)}"


def _statement(text: str) -> str:
    return f"[PROBLEM]\n{text.strip()}\n\n[PLAN]\n"
