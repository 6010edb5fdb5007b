"""Plans step by step, for searches over partial plans."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from msgspec.structs import replace

from modulo.critics.plan import PddlProblem, problem_text
from modulo.critics.plan.pddl.syntax import Atom, Fluent
from modulo.critics.plan.plan_text import PlanStep, read_plan, step_text
from modulo.critics.plan.state import State
from modulo.critics.plan.stepping import carry_out, goal_holds, unmet_of_goal
from modulo.critics.plan.task import Task
from modulo.critics.plan.undetermined import TooMuchWork
from modulo.domains.planning.beginnings import begun_text, read_begun
from modulo.steps import Beginning, Steps

__all__ = ["PlanSteps"]

_MOST_STEPS: Final = 100
"""Longest beginning; those of longer plans would fill the memory."""
_MOST_WORK: Final = 1_000_000


class PlanSteps(Steps[PddlProblem, str]):
    """Beginnings of plans whose steps can all be carried out, by the stepping of ``PlanValidator``.

    **Sound for:** a plan is left from the first step on that cannot be carried out: no plan that begins so is valid.
    Beginnings that lead to the same facts and values have the same state: the rest of a plan is valid behind all of
    them or behind none. The score is the share of the goal's parts that hold.

    **Does not check:** durations and times: it applies to no problem that has any. Where length or cost of a plan is
    judged too, beginnings of the same state are not worth the same.

    Args:
        prompt: The prompt of whole problems. The rest of a plan is asked for as that of the problem which begins
            where the beginning has led.
    """

    def __init__(self, prompt: Callable[[PddlProblem], str]) -> None:
        self._prompt = prompt

    def applies_to(self, problem: PddlProblem) -> bool:
        """Whether plans of this problem are steps one after the other."""
        task = problem.task()
        return not task.durative and not task.problem.timed_facts

    def beginnings(self, problem: PddlProblem, candidate: str) -> Sequence[Beginning]:
        """A beginning for each step that can be carried out, up to one with which the goal holds."""
        try:
            steps = read_plan(candidate)
        except (ValueError, TooMuchWork):
            return ()
        return list(_carried_out(problem.task(), steps[:_MOST_STEPS]))

    def prompt(self, problem: PddlProblem, beginning: Beginning) -> str:
        """The prompt of the problem that is left."""
        begun = read_begun(beginning.text)
        assert begun is not None, "its text is ours"
        return self._prompt(_after(problem, read_plan("\n".join(begun.actions))))


def _carried_out(task: Task, steps: Sequence[PlanStep]) -> Iterator[Beginning]:
    state, texts = task.start(_MOST_WORK), list[str]()
    try:
        for step in steps:
            if step.time is not None or carry_out(task, [step], state) is not None:
                return
            texts.append(step_text(step))
            beginning = _beginning(task, state, texts)
            yield beginning
            if beginning.score == 1:
                return
    except TooMuchWork:
        return  # what came before it is worth having


def _beginning(task: Task, state: State, texts: Sequence[str]) -> Beginning:
    is_complete = goal_holds(task, state)
    parts = len(task.goal.condition.parts)
    # A goal that has no value, by a division perhaps, holds as little as one whose parts do not.
    score = 1.0 if is_complete else min(1 - len(unmet_of_goal(task, state)) / max(parts, 1), 0.99)
    return Beginning(text=begun_text(texts, is_complete=is_complete), state=_key(state), score=score)


def _key(state: State) -> str:
    known = repr((sorted(state.facts), sorted(state.values.items())))
    return hashlib.blake2b(known.encode(), digest_size=16).hexdigest()


def _after(problem: PddlProblem, steps: Sequence[PlanStep]) -> PddlProblem:
    """The problem that begins where steps have led."""
    task = problem.task()
    state = task.start(_MOST_WORK)
    failed = carry_out(task, steps, state)
    assert failed is None, "a beginning can be carried out"
    left = replace(
        task.problem,
        facts=tuple(Atom(fact[0], fact[1:]) for fact in sorted(state.facts)),
        values=tuple((Fluent(key[0], key[1:]), value) for key, value in sorted(state.values.items())),
    )
    return PddlProblem(problem.domain_pddl, problem_text(left))
