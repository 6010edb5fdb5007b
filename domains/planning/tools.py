"""A simulator for models that can call tools: where a plan has led, and what can be done there."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

from modulo.canonical import JsonValue
from modulo.critics.plan import PddlProblem
from modulo.critics.plan.operators import Operator
from modulo.critics.plan.plan_text import PlanStep, read_plan, step_text
from modulo.critics.plan.state import State
from modulo.critics.plan.stepping import carry_out, goal_holds, step_faults
from modulo.critics.plan.task import Task
from modulo.critics.plan.undetermined import Meaningless
from modulo.errors import Malformed
from modulo.tool import Tool

__all__ = ["applicable_actions", "apply_actions"]

_MOST_WORK: Final = 200_000
_MOST_SHOWN: Final = 100
_LONGEST: Final = 10_000
_PARAMETERS: Final[dict[str, JsonValue]] = {
    "properties": {
        "actions": {
            "type": "string",
            "maxLength": _LONGEST,
            "description": "The plan so far, as (action object ...) one after the other; empty for none.",
        }
    },
    "required": ["actions"],
}


def applicable_actions() -> Tool:
    """A tool ``applicable_actions`` that lists what can be done after some actions, in PDDL.

    For problems whose actions take no time. It judges no plan: the critics of the domain do.
    """
    return Tool(
        _applicable,
        name="applicable_actions",
        description=f"Lists the actions that can be carried out after some others ({_MOST_SHOWN} at most).",
        parameters=_PARAMETERS,
        max_characters=8000,
    )


def apply_actions() -> Tool:
    """A tool ``apply_actions`` that tells what holds after some actions, or which of them fails and why.

    For problems whose actions take no time. It judges no plan: the critics of the domain do.
    """
    return Tool(
        _applied,
        name="apply_actions",
        description="Carries out actions from the beginning: what holds then, whether the goal does, or what fails.",
        parameters=_PARAMETERS,
        max_characters=8000,
    )


def _applicable(problem: PddlProblem, actions: str) -> dict[str, object]:
    task, state = _after(problem, actions)
    found = list(islice(_applicable_in(task, state), _MOST_SHOWN + 1))
    return {"applicable": [*map(step_text, found[:_MOST_SHOWN])], "there_are_more": len(found) > _MOST_SHOWN}


def _applied(problem: PddlProblem, actions: str) -> dict[str, object]:
    task, state = _after(problem, actions)
    facts = [f"({' '.join(fact)})" for fact in state.visible_facts()]
    return {"goal_holds": goal_holds(task, state), "facts": facts}


def _after(problem: PddlProblem, actions: str) -> tuple[Task, State]:
    """Where some actions lead.

    Raises:
        Malformed: They are no plan, one of them fails, or actions take time here.
        TooMuchWork: That takes too long to find out.
    """
    task = problem.task()
    if task.durative or task.problem.timed_facts:
        raise Malformed("Actions take time here, so there is no state after some of them.")
    steps = read_plan(actions)
    if any(step.time is not None for step in steps):
        raise Malformed("Give the actions without times.")
    state = task.start(_MOST_WORK)
    failed = carry_out(task, steps, state)
    if failed is not None:
        faults = step_faults(task, steps[failed], failed, state)
        raise Malformed(f"step {failed + 1}: {faults[0].message}")
    return task, state


def _applicable_in(task: Task, state: State) -> Iterator[PlanStep]:
    for operator in task.operators.values():
        kinds = tuple(parameter.types for parameter in operator.parameters)
        for arguments in state.bindings(kinds, operator.moment.work):
            step = PlanStep(operator.name, arguments)
            if _can_happen(task, operator, step, state):
                yield step


def _can_happen(task: Task, operator: Operator, step: PlanStep, state: State) -> bool:
    try:
        if not operator.moment.condition.holds(operator.frame.environment(step.arguments), state):
            return False
    except Meaningless:
        return False
    # What an action changes may have no value, which only trying it shows; what only adds and deletes always has.
    return operator.moment.is_simple or carry_out(task, [step], state.copy()) is None
