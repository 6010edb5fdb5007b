"""Carries out plans with times: instantaneous and durative actions, and timed initial literals.

Source: Fox and Long, "PDDL2.1" (2003), sections 8 and 9; Edelkamp and Hoffmann, "PDDL2.2" (2004). At each time at
which anything happens, everything that does looks at the state before and changes it together. Conditions over all
of an action must hold in every state strictly between its start and its end. The goal must hold after everything
has happened, timed initial literals included.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import groupby
from typing import Final, Literal, TypeAlias

from msgspec import Struct

from modulo.critics.plan.conditions import Condition
from modulo.critics.plan.durative import DurativeOperator
from modulo.critics.plan.effects import Change
from modulo.critics.plan.explaining import (
    facts_instead,
    meaningless,
    misnamed,
    supposing,
    unmet_parts,
    unmet_step,
)
from modulo.critics.plan.footprint import Footprint
from modulo.critics.plan.interference import Recent
from modulo.critics.plan.operators import Moment, Operator
from modulo.critics.plan.pddl.printing import call_text, expression_text, number_text
from modulo.critics.plan.pddl.syntax import Exact, ForEach, TimedFact
from modulo.critics.plan.plan_text import PlanStep, step_text
from modulo.critics.plan.state import Environment, State
from modulo.critics.plan.stepping import goal_faults
from modulo.critics.plan.task import Task
from modulo.critics.plan.undetermined import Meaningless, TooMuchWork
from modulo.critique import Violation

__all__ = ["Timeline", "carry_out_timed", "needs_times", "untimely"]

_MAX_STEPS: Final = 100_000
"""Longest plan with times; all of its steps are kept in memory at once."""
When: TypeAlias = Literal["now", "start", "end"]
_PHRASES = {"now": "", "start": " at its start", "end": " at its end", "between": " over its whole duration"}


class _Step(Struct, eq=False):
    """A step at work: its action, its objects, and what it remembers from its start."""

    step: PlanStep
    where: str
    operator: Operator | DurativeOperator
    env: Environment
    binding: dict[str, str]
    begun: list[list[tuple[str, ...]]]


class _Happening(Struct, eq=False):
    """One thing that happens at a time."""

    time: Exact
    order: int
    when: When
    step: _Step | None
    fact: TimedFact | None


def needs_times(task: Task, steps: Sequence[PlanStep]) -> bool:
    """Whether a plan must be judged by its times: it gives some, or the problem is about times."""
    if task.problem.timed_facts:
        return True
    return any(step.time is not None or step.action in task.durative for step in steps)


def carry_out_timed(
    task: Task, steps: Sequence[PlanStep], state: State, epsilon: Exact, *, first_only: bool
) -> Iterator[Violation]:
    """Carry out a plan with times and say what fails.

    Args:
        task: The problem.
        steps: The plan.
        state: The state at the beginning; it is changed.
        epsilon: How far apart happenings that interfere must be.
        first_only: Whether to end at the first moment at which something fails.

    Raises:
        TooMuchWork: Judging takes more than is allowed.
    """
    if len(steps) > _MAX_STEPS:
        raise TooMuchWork(f"a plan with times of more than {_MAX_STEPS:,} steps is not judged")
    is_failed = False
    for fault in untimely(task, steps):
        yield fault
        is_failed = True
        if first_only:
            return
    if is_failed:
        return
    for _, found in Timeline(task, steps, state, epsilon).moments():
        yield from (
            supposing(violation, "what failed before") if is_failed else violation for violation in found
        )
        is_failed = is_failed or bool(found)
        if is_failed and first_only:
            return


def untimely(task: Task, steps: Sequence[PlanStep]) -> Iterator[Violation]:
    """What is wrong with the names, times and durations of a plan with times, before it is carried out.

    One by one, since looking for the nearest names is slow and nobody reads all of many thousand faults.
    """
    for number, step in enumerate(steps, 1):
        where = f"step {number}"
        yield from misnamed(task, step, where, task.parameters_of(step.action))
        if step.time is None:
            message = f"{step_text(step)} has no time, which it needs here: TIME: (ACTION ...) [DURATION]."
            yield Violation("missing_time", message, location=where)
        if step.action in task.durative and not step.duration:
            message = (
                f"{step_text(step)} takes time, so it needs a duration above 0: TIME: (ACTION ...) [DURATION]."
            )
            yield Violation("missing_duration", message, location=where)


class Timeline:
    """A plan with times on its way.

    Args:
        task: The problem.
        steps: The plan, whose names, times and durations are right.
        state: The state at the beginning; it is changed.
        epsilon: How far apart happenings that interfere must be.
    """

    def __init__(self, task: Task, steps: Sequence[PlanStep], state: State, epsilon: Exact) -> None:
        self._task, self._state, self._epsilon = task, state, epsilon
        self._recent = Recent(epsilon)
        self._active: dict[int, _Step] = {}
        self._happenings = [*self._of_steps(steps), *self._of_facts()]
        self._happenings.sort(key=lambda happening: (happening.time, happening.order))
        ends: list[Exact] = [(step.time or 0) + self._length(step) for step in steps]
        state.time = max(ends, default=0)

    def moments(self) -> Iterator[tuple[str, list[Violation]]]:
        """Carry the plan out, time by time: what happens, and what fails, which has its effects where it can.

        At the end comes the goal.

        Raises:
            TooMuchWork: Judging takes more than is allowed.
        """
        for time, group in groupby(self._happenings, key=lambda happening: happening.time):
            together = list(group)
            faults = list(self._happen(together))
            yield f"{number_text(time)}: {', '.join(_name(happening) for happening in together)}", faults
        yield "goal", goal_faults(self._task, self._state)

    def _length(self, step: PlanStep) -> Exact:
        return (step.duration or 0) if step.action in self._task.durative else 0

    def _of_steps(self, steps: Sequence[PlanStep]) -> Iterator[_Happening]:
        for order, step in enumerate(steps):
            operator = self._task.operators.get(step.action) or self._task.durative[step.action]
            env = operator.frame.environment(step.arguments)
            names = [parameter.name for parameter in operator.parameters]
            binding = dict(zip(names, step.arguments, strict=True))
            at_work = _Step(step, f"step {order + 1}", operator, env, binding, [])
            time = step.time or 0
            if isinstance(operator, Operator):
                yield _Happening(time, order, "now", at_work, None)
                continue
            assert step.duration is not None
            env[operator.frame.duration] = step.duration
            yield _Happening(time, order, "start", at_work, None)
            yield _Happening(time + step.duration, order, "end", at_work, None)

    def _of_facts(self) -> Iterator[_Happening]:
        for fact in self._task.problem.timed_facts:
            yield _Happening(fact.time, -1, "now", None, fact)

    def _happen(self, group: list[_Happening]) -> Iterator[Violation]:
        together = Change()
        for happening in group:
            change = Change()
            if happening.fact is not None:
                self._change_fact(happening.fact, change)
            else:
                yield from self._step_faults(happening, change)
            yield from self._interference(happening, change)
            together.include(change)
        try:
            together.apply(self._state)
        except Meaningless as error:
            yield self._meaningless_together(group, error)
        yield from self._between(group)

    def _change_fact(self, fact: TimedFact, change: Change) -> None:
        (change.adds if fact.holds else change.deletes).add((fact.atom.predicate, *fact.atom.terms))

    def _step_faults(self, happening: _Happening, change: Change) -> Iterator[Violation]:
        """What a step lacks in the state before; its changes are added to a change."""
        step = happening.step
        assert step is not None
        moment = _moment(step, happening.when)
        self._state.spend(moment.work)
        yield from self._unmet(step, moment.condition, happening.when)
        try:
            if isinstance(step.operator, DurativeOperator):
                yield from self._wrong_duration(step, step.operator, happening.when)
                self._remember(step, step.operator, happening.when, change)
            moment.changes.collect(step.env, self._state, change)
        except Meaningless as error:
            yield meaningless(step.step, step.where, error)

    def _remember(self, step: _Step, operator: DurativeOperator, when: When, change: Change) -> None:
        if when == "start":
            step.begun = [late.begin(step.env, self._state) for late in operator.late]
            return
        for late, begun in zip(operator.late, step.begun, strict=False):
            late.collect(step.env, self._state, change, begun)

    def _unmet(self, step: _Step, condition: Condition, when: str) -> Iterator[Violation]:
        try:
            if condition.holds(step.env, self._state):
                return
        except Meaningless as error:
            yield meaningless(step.step, step.where, error)
            return
        unmet = unmet_parts(condition, step.env, self._state, step.binding)
        instead = facts_instead(self._task, [part for part, _ in unmet], self._state, step.binding)
        yield unmet_step(step.step, step.where, [text for _, text in unmet], instead, when=_PHRASES[when])

    def _wrong_duration(self, step: _Step, operator: DurativeOperator, when: When) -> Iterator[Violation]:
        given = step.step.duration
        assert given is not None
        for item in operator.bounds:
            if item.bound.at_end != (when == "end"):
                continue
            value = item.value(step.env, self._state)
            if not _fits(given, item.bound.operator, value, self._epsilon):
                wanted = f"(= ?duration {expression_text(item.bound.value, step.binding)})".replace(
                    "=", item.bound.operator, 1
                )
                message = (
                    f"{step_text(step.step)} has the duration {number_text(given)}, "
                    f"but {wanted} asks for {item.bound.operator} {number_text(value)}."
                )
                yield Violation(
                    "wrong_duration",
                    message,
                    location=step.where,
                    expected=number_text(value),
                    actual=number_text(given),
                )

    def _interference(self, happening: _Happening, change: Change) -> Iterator[Violation]:
        footprint = Footprint(self._state, self._task.needs)
        footprint.write(change)
        if happening.step is not None:
            _read(footprint, happening.step, happening.when)
            # Whether the same thing twice at a time counts once or twice is not said anywhere, so it is not done.
            own = happening.step.step
            footprint.assignments.add((happening.when, own.action, *own.arguments))
        name = _name(happening)
        clash = self._recent.add(name, happening.time, footprint)
        if clash is not None:
            message = (
                f"{name} and {clash.other} interfere over {clash.about} and must be at least "
                f"{number_text(self._epsilon)} apart."
            )
            yield Violation("interference", message, location=_where(happening))

    def _between(self, group: list[_Happening]) -> Iterator[Violation]:
        """What does not hold over all of an action that is going on after some happenings."""
        for happening in group:
            if happening.when == "start" and happening.step is not None:
                self._active[happening.order] = happening.step
            elif happening.when == "end":
                self._active.pop(happening.order, None)
        for step in self._active.values():
            assert isinstance(step.operator, DurativeOperator)
            self._state.spend(step.operator.invariant_work)
            yield from self._unmet(step, step.operator.invariant, "between")

    def _meaningless_together(self, group: list[_Happening], error: Meaningless) -> Violation:
        steps = [happening.step for happening in group if happening.step is not None]
        names = " and ".join(f"{step.where} {step_text(step.step)}" for step in steps[:5])
        message = f"At {number_text(group[0].time)}, {names} cannot be carried out: {error.message}."
        return Violation(error.code, message, location=steps[0].where)


def _moment(step: _Step, when: When) -> Moment:
    if isinstance(step.operator, Operator):
        return step.operator.moment
    return step.operator.start if when == "start" else step.operator.end


def _read(footprint: Footprint, step: _Step, when: When) -> None:
    """Take in all that a step looks at when it happens, starts or ends."""
    operator, binding = step.operator, step.binding
    if isinstance(operator, Operator):
        footprint.read_condition(operator.action.condition, binding)
        footprint.read_effect(operator.action.effect, binding)
        return
    action = operator.action
    footprint.read_condition(action.start_condition if when == "start" else action.end_condition, binding)
    footprint.read_effect(action.start_effect if when == "start" else action.end_effect, binding)
    for late in action.late_effects:
        condition = late.start_condition if when == "start" else late.end_condition
        footprint.read_quantified(late.parameters, condition, binding)
        if when == "end":
            footprint.read_effect(ForEach(late.parameters, late.effect), binding)
    for bound in action.durations:
        if bound.at_end == (when == "end"):
            footprint.read_expression(bound.value, binding)


def _name(happening: _Happening) -> str:
    if happening.fact is not None:
        atom = happening.fact.atom
        text = call_text(atom.predicate, atom.terms)
        return f"{text if happening.fact.holds else f'(not {text})'}, which comes at {number_text(happening.time)},"
    step = happening.step
    assert step is not None
    kind = {"now": "", "start": "the start of ", "end": "the end of "}[happening.when]
    return f"{kind}{step_text(step.step)} ({step.where})"


def _where(happening: _Happening) -> str:
    return happening.step.where if happening.step is not None else f"time {number_text(happening.time)}"


def _fits(given: Exact, operator: str, value: Exact, epsilon: Exact) -> bool:
    """Whether a duration keeps a constraint."""
    if operator == "<=":
        return given <= value
    if operator == ">=":
        return given >= value
    # No decimal is exactly a third; one that is as close as epsilon will do, but only then.
    return given == value or (not _is_decimal(value) and abs(Fraction(given) - value) < epsilon)


def _is_decimal(value: Exact) -> bool:
    rest = Fraction(value).denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    return rest == 1
