"""What a plan costs."""

from __future__ import annotations

from modulo.critics.plan.pddl.syntax import Exact
from modulo.critics.plan.task import Task
from modulo.critics.plan.validation import Validation

__all__ = ["plan_cost"]


def plan_cost(task: Task, plan: Validation) -> Exact:
    """The value of the metric at the end of a valid plan; the number of steps where there is no metric.

    ``total-time`` is when the last action ends, or the number of steps of a plan without times.

    Raises:
        Meaningless: The metric has no value.
        TooMuchWork: It takes more work than is allowed.
    """
    if task.metric is None:
        return len(plan.steps)
    assert plan.state is not None
    return task.metric(task.metric_frame.environment(()), plan.state)
