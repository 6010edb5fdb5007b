"""Carries out steps that follow one another, and finds what one lacks in a state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import contains

from modulo.critics.plan.effects import Change
from modulo.critics.plan.explaining import (
    facts_instead,
    meaningless,
    misnamed,
    unmet_goal,
    unmet_parts,
    unmet_step,
)
from modulo.critics.plan.operators import Moment, Operator
from modulo.critics.plan.pddl.syntax import Formula
from modulo.critics.plan.plan_text import PlanStep
from modulo.critics.plan.state import Environment, State
from modulo.critics.plan.task import Task
from modulo.critics.plan.undetermined import Meaningless
from modulo.critique import Violation

__all__ = ["carry_out", "force", "goal_faults", "goal_holds", "step_faults", "unmet_of_goal", "unmet_of_step"]


def carry_out(task: Task, steps: Sequence[PlanStep], state: State, start: int = 0) -> int | None:
    """Carry out steps, from one on, until one fails.

    Returns:
        The place of the step that fails, before which the state stands then; None if none does.

    Raises:
        TooMuchWork: Judging takes more than is allowed.
    """
    operators, facts, work = task.operators, state.facts, state.work
    # One loop without calls for what most plans consist of: this is where validating takes its time.
    for at in range(start, len(steps)):
        step = steps[at]
        operator = operators.get(step.action)
        if operator is None or not _is_well_named(task, step, operator):
            return at
        moment, env = operator.moment, [*step.arguments, *operator.frame.rest]
        work.left -= moment.work
        if work.left < 0 or not moment.is_simple:
            work.spend(0)
            if not _happen_with_care(moment, env, state):
                return at
            continue
        for fact in moment.condition.required:
            if fact(env) not in facts:
                return at
        for fact in moment.condition.forbidden:
            if fact(env) in facts:
                return at
        for fact in moment.changes.deletes:
            facts.discard(fact(env))
        for fact in moment.changes.adds:
            facts.add(fact(env))
        state.changed()
    return None


def _is_well_named(task: Task, step: PlanStep, operator: Operator) -> bool:
    """Whether the objects of a step are as many and of the types that its action takes."""
    allowed = task.allowed(step.action, operator.parameters)
    if len(step.arguments) != len(allowed):
        return False
    return all(map(contains, allowed, step.arguments))


def _happen_with_care(moment: Moment, env: Environment, state: State) -> bool:
    try:
        if not moment.condition.holds(env, state):
            return False
        change = Change()
        moment.changes.collect(env, state, change)
        change.apply(state)
    except Meaningless:
        return False
    return True


def step_faults(task: Task, step: PlanStep, at: int, state: State) -> list[Violation]:
    """What is wrong with a step that fails in a state; never nothing."""
    where = f"step {at + 1}"
    operator = task.operators.get(step.action)
    faults = misnamed(task, step, where, None if operator is None else operator.parameters)
    if faults or operator is None:
        return faults
    env = operator.frame.environment(step.arguments)
    binding = _binding(operator, step)
    try:
        if not operator.moment.condition.holds(env, state):
            unmet = unmet_parts(operator.moment.condition, env, state, binding)
            instead = facts_instead(task, [part for part, _ in unmet], state, binding)
            return [unmet_step(step, where, [text for _, text in unmet], instead)]
        change = Change()
        operator.moment.changes.collect(env, state, change)
        change.apply(state.copy())
    except Meaningless as error:
        return [meaningless(step, where, error)]
    raise AssertionError(f"step {at + 1} failed and then did not")


def goal_faults(task: Task, state: State) -> list[Violation]:
    """What the goal lacks in a state."""
    if goal_holds(task, state):
        return []
    env = task.goal.frame.environment(())
    unmet = unmet_parts(task.goal.condition, env, state, {})
    instead = facts_instead(task, [part for part, _ in unmet], state, {})
    return [unmet_goal([text for _, text in unmet], instead)]


def goal_holds(task: Task, state: State) -> bool:
    """Whether the goal holds for sure."""
    try:
        return task.goal.condition.holds(task.goal.frame.environment(()), state)
    except Meaningless:
        return False


def unmet_of_step(task: Task, step: PlanStep, state: State) -> tuple[list[Formula], Mapping[str, str]]:
    """The parts of a step's condition that do not hold, and the objects for their variables."""
    operator = task.operators.get(step.action)
    if operator is None or not _is_well_named(task, step, operator):
        return [], {}
    env, binding = operator.frame.environment(step.arguments), _binding(operator, step)
    return [part for part, _ in unmet_parts(operator.moment.condition, env, state, binding)], binding


def unmet_of_goal(task: Task, state: State) -> list[Formula]:
    """The parts of the goal that do not hold."""
    env = task.goal.frame.environment(())
    return [part for part, _ in unmet_parts(task.goal.condition, env, state, {})]


def force(task: Task, step: PlanStep, state: State) -> None:
    """Apply the effects of a step that failed, if it has any."""
    operator = task.operators.get(step.action)
    if operator is None or not _is_well_named(task, step, operator):
        return
    try:
        change = Change()
        operator.moment.changes.collect(operator.frame.environment(step.arguments), state, change)
        change.apply(state)
    except Meaningless:
        return  # it cannot have effects; its violation says why


def _binding(operator: Operator, step: PlanStep) -> dict[str, str]:
    return {item.name: argument for item, argument in zip(operator.parameters, step.arguments, strict=True)}
