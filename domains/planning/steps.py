"""Plans step by step, for searches over partial plans."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from modulo.critics.plan import PddlProblem, problem_text
from modulo.critics.plan.pddl.syntax import Atom, Exact, Fluent
from modulo.critics.plan.plan_text import read_plan, step_text
from modulo.critics.plan.state import Fact, State
from modulo.critics.plan.stepping import carry_out
from modulo.critics.plan.task import Task
from modulo.critics.plan.undetermined import Meaningless, TooMuchWork
from modulo.domains.planning.beginnings import begun_lines, begun_text
from modulo.steps import Beginning, Steps

__all__ = ["PlanSteps"]

_MOST_STEPS: Final = 100
"""Longest beginning; those of longer plans would fill the memory."""
_MOST_WORK: Final = 1_000_000
_MOST_KEPT: Final = 1_000
"""States that are kept of late, of a few kilobytes each, and as many from before that."""


class _Reached(Struct, frozen=True, gc=False):
    """What holds behind a beginning."""

    facts: frozenset[Fact]
    values: Mapping[Fact, Exact]

    @property
    def key(self) -> str:
        """The same for the same facts and values, in this process."""
        made = hash(self.facts)
        if self.values:
            made = hash((made, frozenset(self.values.items())))
        return f"{made:x}"


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
        self._reached: dict[tuple[str, str, str], _Reached] = {}
        self._reached_before: dict[tuple[str, str, str], _Reached] = {}

    def applies_to(self, problem: PddlProblem) -> bool:
        """Whether plans of this problem are steps one after the other."""
        task = problem.task()
        return not task.durative and not task.problem.timed_facts

    def beginnings(self, problem: PddlProblem, candidate: str) -> Sequence[Beginning]:
        """A beginning for each step that can be carried out, up to one with which the goal holds."""
        return self._beginnings(problem, candidate, "")

    def beginnings_behind(
        self, problem: PddlProblem, candidate: str, beginning: Beginning
    ) -> Sequence[Beginning]:
        """The same without those that the beginning itself has, if the plan begins with it."""
        lines = begun_lines(beginning.text)
        if not f"{candidate}\n".startswith(lines):
            return self.beginnings(problem, candidate)
        return () if beginning.score == 1 else self._beginnings(problem, candidate, lines)

    def prompt(self, problem: PddlProblem, beginning: Beginning) -> str:
        """The prompt of the problem that is left."""
        return self._prompt(_after(problem, self._state(problem, problem.task(), begun_lines(beginning.text))))

    def _beginnings(self, problem: PddlProblem, candidate: str, known: str) -> Sequence[Beginning]:
        """Beginnings behind lines that are known to be one, and with which the candidate begins."""
        task, found = problem.task(), list[Beginning]()
        try:
            state = self._state(problem, task, known)
            length = known.count("\n")
            for step in read_plan(candidate[len(known) :])[: _MOST_STEPS - length]:
                if step.time is not None or carry_out(task, [step], state) is not None:
                    break
                known += step_text(step) + "\n"
                # The set remembers the hashes of its facts, so no fact is looked at for a copy or a key.
                reached, score = _Reached(frozenset(state.facts), state.values.copy()), _score(task, state)
                text = begun_text(known, is_complete=score == 1)
                found.append(Beginning(text=text, state=reached.key, score=score))
                if score == 1:
                    break
                self._keep(problem, known, reached)
        except TooMuchWork:
            return found  # what came before it is worth having
        except ValueError:
            return ()
        return found

    def _state(self, problem: PddlProblem, task: Task, lines: str) -> State:
        """The state that a beginning leads to. That of most is known, since it was found in some answer."""
        reached = self._known(problem, lines)
        if reached is not None:
            return task.state(set(reached.facts), dict(reached.values), _MOST_WORK)
        state = task.start(_MOST_WORK)
        failed = carry_out(task, read_plan(lines), state)
        assert failed is None, "a beginning can be carried out"
        return state

    def _known(self, problem: PddlProblem, lines: str) -> _Reached | None:
        key = problem.domain_pddl, problem.problem_pddl, lines
        reached = self._reached.get(key)
        if reached is None:
            reached = self._reached_before.get(key)
            if reached is not None:
                self._keep(problem, lines, reached)
        return reached

    def _keep(self, problem: PddlProblem, lines: str, reached: _Reached) -> None:
        # What nobody asked for since goes. Whole dictionaries, since several threads may be here.
        if len(self._reached) >= _MOST_KEPT:
            self._reached_before, self._reached = self._reached, {}
        self._reached[problem.domain_pddl, problem.problem_pddl, lines] = reached


def _score(task: Task, state: State) -> float:
    """The share of the goal's parts that hold."""
    parts, env = task.goal.condition.parts, task.goal.frame.environment(())
    unmet = 0
    for _, holds in parts:
        try:
            unmet += not holds(env, state)
        except Meaningless:  # without a value, by a division perhaps
            unmet += 1
    return 1 - unmet / max(len(parts), 1)


def _after(problem: PddlProblem, state: State) -> PddlProblem:
    """The problem that begins with a state."""
    left = replace(
        problem.task().problem,
        facts=tuple(Atom(fact[0], fact[1:]) for fact in sorted(state.facts)),
        values=tuple((Fluent(key[0], key[1:]), value) for key, value in sorted(state.values.items())),
    )
    return PddlProblem(problem.domain_pddl, problem_text(left))
