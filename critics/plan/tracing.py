"""Shows the states that a plan goes through, step by step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from modulo.critics.plan.pddl.printing import call_text, number_text
from modulo.critics.plan.pddl.syntax import Exact
from modulo.critics.plan.plan_text import PlanStep, read_plan, step_text
from modulo.critics.plan.state import Fact, State
from modulo.critics.plan.stepping import carry_out
from modulo.critics.plan.task import Task
from modulo.critics.plan.timeline import Timeline, needs_times, untimely
from modulo.critics.plan.validation import DEFAULT_LIMITS, Limits

__all__ = ["TracedMoment", "trace"]


class TracedMoment(Struct, frozen=True):
    """What a step, or everything at one time, changes.

    Attributes:
        what: The step, or the time with all that happens then.
        added: Facts that hold now and did not before, in alphabetical order.
        removed: Facts that held before and do not now.
        values: Functions whose values changed, with the new ones.
    """

    what: str
    added: tuple[str, ...]
    removed: tuple[str, ...]
    values: Mapping[str, str]


def trace(task: Task, text: str, *, limits: Limits = DEFAULT_LIMITS) -> Iterator[TracedMoment]:
    """The changes of state that a plan makes, up to the first step that fails.

    Raises:
        Malformed: The text is no plan.
        TooMuchWork: Carrying it out takes more than is allowed.
    """
    steps = read_plan(text)
    state = task.start(limits.max_evaluations)
    moments = (
        _moments_of_timeline(task, steps, state, limits)
        if needs_times(task, steps)
        else _moments_of_steps(task, steps, state)
    )
    facts, values = set(state.visible_facts()), dict(state.values)
    for what in moments:
        after = set(state.visible_facts())
        changed = {key: value for key, value in state.values.items() if values.get(key) != value}
        yield TracedMoment(what, _texts(after - facts), _texts(facts - after), _value_texts(changed))
        facts, values = after, dict(state.values)


def _moments_of_steps(task: Task, steps: Sequence[PlanStep], state: State) -> Iterator[str]:
    for number, step in enumerate(steps, 1):
        if carry_out(task, [step], state) is not None:
            return
        yield f"step {number} {step_text(step)}"


def _moments_of_timeline(task: Task, steps: Sequence[PlanStep], state: State, limits: Limits) -> Iterator[str]:
    if next(untimely(task, steps), None) is not None:
        return
    timeline = Timeline(task, steps, state, limits.epsilon)
    for what, faults in timeline.moments():
        if faults:
            return
        yield what


def _texts(facts: set[Fact]) -> tuple[str, ...]:
    return tuple([call_text(fact[0], fact[1:]) for fact in sorted(facts)])


def _value_texts(values: Mapping[Fact, Exact]) -> dict[str, str]:
    return {call_text(key[0], key[1:]): number_text(value) for key, value in sorted(values.items())}
